//! The events, exactly as published.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Envelope, Version};

/// The detail of one kind of event.
pub trait Detail: Serialize + DeserializeOwned {
    /// Who publishes it: the event's `source`.
    const SOURCE: &'static str;
    /// What it is called: the event's `detail-type`.
    const DETAIL_TYPE: &'static str;
}

/// Defines the details that share their first fields and their last two, and the enum over all of them.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident from $source:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "camelCase")]
            pub struct $name {
                /// The order it is about.
                pub order_id: String,
                /// Who ordered.
                pub user_id: String,
                /// What was ordered.
                pub product_id: String,
                /// How many were ordered.
                pub quantity: u32,
                $($(#[$field_doc])* pub $field: $type,)*
                /// When it was published, or for OrderCreated when the order was accepted. RFC 3339, UTC.
                #[schemars(with = "String", extend("format" = "date-time"))]
                pub timestamp: Timestamp,
                /// The version of the contract it keeps to.
                pub version: Version,
            }

            impl Detail for $name {
                const SOURCE: &'static str = $source;
                const DETAIL_TYPE: &'static str = stringify!($name);
            }

            impl From<$name> for Event {
                fn from(detail: $name) -> Self {
                    Self::$name(detail)
                }
            }
        )*

        /// An event of EventFlow.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name($name),)*
        }

        impl Event {
            /// Source and detail-type of every event there is.
            pub const ALL: &'static [(&'static str, &'static str)] = &[$(($source, stringify!($name)),)*];

            /// Who publishes it: `eventflow.orders`.
            pub fn source(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::SOURCE,)* }
            }

            /// What it is called: `OrderCreated`.
            pub fn detail_type(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::DETAIL_TYPE,)* }
            }

            /// The order it is about.
            pub fn order_id(&self) -> &str {
                match self { $(Self::$name(detail) => &detail.order_id,)* }
            }

            /// The detail as JSON text, as PutEvents takes it.
            ///
            /// # Errors
            /// None that a detail of this contract can cause; the signature is the serializer's.
            pub fn detail_json(&self) -> Result<String, serde_json::Error> {
                match self { $(Self::$name(detail) => serde_json::to_string(detail),)* }
            }

            fn from_detail(source: &str, detail_type: &str, detail: &Value) -> Result<Self, ContractError> {
                match (source, detail_type) {
                    $(($name::SOURCE, $name::DETAIL_TYPE) => $name::deserialize(detail).map(Self::$name),)*
                    _ => return Err(ContractError::UnknownEvent {
                        event_source: source.to_owned(),
                        detail_type: detail_type.to_owned(),
                    }),
                }
                .map_err(|error| ContractError::Malformed {
                    detail_type: detail_type.to_owned(),
                    problem: error.to_string(),
                })
            }
        }
    };
}

events! {
    /// An order was accepted and stored.
    OrderCreated from "eventflow.orders" {}

    /// The gateway approved the payment.
    PaymentSucceeded from "eventflow.payment" {}

    /// The gateway declined the payment.
    PaymentFailed from "eventflow.payment" {
        /// Why, for people.
        reason: String,
    }

    /// The payment was given back because the stock was missing.
    PaymentRefunded from "eventflow.payment" {}

    /// The stock was set aside.
    InventoryReserved from "eventflow.inventory" {
        /// How many of the product could still be reserved when this was published.
        available_qty: u32,
    }

    /// There was not enough stock, or no such product.
    InventoryFailed from "eventflow.inventory" {
        /// How many of the product could be reserved when the reservation failed.
        available_qty: u32,
        /// Why, for people.
        reason: String,
    }

    /// The stock was given back because the payment failed.
    InventoryReleased from "eventflow.inventory" {
        /// How many of the product could be reserved when this was published.
        available_qty: u32,
    }
}

/// Why an event cannot be read. None of these is cured by a retry: the event belongs in a dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// No event of EventFlow has this source and detail-type.
    #[error(
        "no EventFlow event is '{detail_type}' from '{event_source}'; check the rule's event pattern or the publisher"
    )]
    UnknownEvent {
        /// The event's source.
        event_source: String,
        /// The event's detail-type.
        detail_type: String,
    },
    /// The event is of another major version.
    #[error(
        "{detail_type} is of version {found}, but this reader knows {supported} and any other {major}.x; \
         deploy a reader of version {found_major} before its publisher", major = supported.major, found_major = found.major
    )]
    UnsupportedVersion {
        /// The event's detail-type.
        detail_type: String,
        /// The version of the event.
        found: Version,
        /// The version of the reader.
        supported: Version,
    },
    /// The event is not what its detail-type promises.
    #[error("{detail_type} breaks the contract: {problem}; correct the publisher")]
    Malformed {
        /// The event's detail-type.
        detail_type: String,
        /// What is wrong.
        problem: String,
    },
    /// The input is not an EventBridge event at all.
    #[error("the input is not an EventBridge event: {problem}; invoke this function by a rule, or with a whole event")]
    NotAnEvent {
        /// What is wrong.
        problem: String,
    },
}

impl ContractError {
    /// A short name of the kind of error, as metrics and error records show it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::UnknownEvent { .. } => "UnknownEvent",
            Self::UnsupportedVersion { .. } => "UnsupportedVersion",
            Self::Malformed { .. } => "MalformedEvent",
            Self::NotAnEvent { .. } => "NotAnEvent",
        }
    }
}

impl Event {
    /// Reads the event in an envelope.
    ///
    /// The version is looked at before the rest: of another major version nothing else can be known.
    ///
    /// # Errors
    /// When source and detail-type are unknown, the version is missing or of another major version, or the detail lacks
    /// a field or has one of the wrong type.
    pub fn parse(envelope: &Envelope<Value>) -> Result<Self, ContractError> {
        let (source, detail_type) = (envelope.source.as_str(), envelope.detail_type.as_str());
        if Self::ALL.contains(&(source, detail_type)) {
            check_version(detail_type, &envelope.detail)?;
        }
        Self::from_detail(source, detail_type, &envelope.detail)
    }
}

fn check_version(detail_type: &str, detail: &Value) -> Result<(), ContractError> {
    let malformed = |problem: String| ContractError::Malformed { detail_type: detail_type.to_owned(), problem };
    let text = match detail.get("version") {
        Some(Value::String(text)) => text,
        Some(_) => return Err(malformed("`version` must be a string such as \"1.0\"".to_owned())),
        None => return Err(malformed("missing field `version`".to_owned())),
    };
    let found: Version = text.parse().map_err(|error| malformed(format!("`version`: {error}")))?;
    if found.is_readable() {
        Ok(())
    } else {
        let detail_type = detail_type.to_owned();
        Err(ContractError::UnsupportedVersion { detail_type, found, supported: Version::CURRENT })
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
