//! The way from one service to another: an event to a rule's target, a record to an on-failure destination.

use std::{collections::BTreeMap, fmt::Debug};

use futures::future::BoxFuture;

use super::Arn;

/// Something on its way to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it goes: a Lambda function, a log group or a queue.
    pub target: Arn,
    /// The JSON text to hand over. For a function it becomes the event, for a log group the message, for a queue the body.
    pub payload: String,
    /// String message attributes; only queues carry them.
    pub attributes: BTreeMap<String, String>,
}

/// Why a delivery failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct DeliveryError {
    /// The error's code as the rule's dead-letter queue shows it: `RESOURCE_NOT_FOUND`, `NO_PERMISSIONS`, `THROTTLING`.
    pub code: String,
    /// The text for a person.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
}

/// Hands deliveries to the resource they name. The cloud implements it over all its services, so that no service
/// needs to know another.
pub trait Deliver: Debug + Send + Sync {
    /// Delivers once, without retry. For a function this is the asynchronous invoke: it is done once Lambda has queued the event.
    fn deliver(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), DeliveryError>>;
}
