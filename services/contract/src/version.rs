//! The version that every event carries, and the rule for reading it.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A version of the contract, written `major.minor`.
///
/// A minor version only adds optional fields, so a reader takes every minor version of the major version it knows.
/// A major version may change anything, so a reader refuses every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// Changes when a reader of the former version would misread an event.
    pub major: u16,
    /// Changes when an optional field is added.
    pub minor: u16,
}

impl Version {
    /// The version that this code writes.
    pub const CURRENT: Self = Self { major: 1, minor: 0 };

    /// Whether this code may read an event of this version.
    pub fn is_readable(self) -> bool {
        self.major == Self::CURRENT.major
    }
}

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a version: expected two numbers with a dot between them, such as {current}", current = Version::CURRENT)]
pub struct VersionError(String);

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `u16::from_str` takes a leading '+', which no version has.
        let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten();
        text.split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }))
            .ok_or_else(|| VersionError(text.chars().take(32).collect()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": format!(r"^{}\.[0-9]+$", Self::CURRENT.major),
            "description": "The version of the contract, major.minor. Readers take any minor version of this major version.",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_own_major_version_is_readable() {
        for text in ["1.0", "1.1", "1.65535"] {
            assert!(text.parse::<Version>().unwrap().is_readable(), "{text}");
        }
        for text in ["0.9", "2.0", "11.0"] {
            assert!(!text.parse::<Version>().unwrap().is_readable(), "{text}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "1", "1.", ".1", "1.0.0", "+1.0", "1.-1", "v1.0", "1.0 ", "70000.0", "one.zero"] {
            assert!(text.parse::<Version>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn the_error_does_not_repeat_an_endless_text() {
        let error = "9".repeat(10_000).parse::<Version>().unwrap_err();
        assert!(error.to_string().len() < 200);
    }

    proptest! {
        #[test]
        fn text_and_version_are_the_same(major: u16, minor: u16) {
            let version = Version { major, minor };
            prop_assert_eq!(version.to_string().parse::<Version>().unwrap(), version);
            prop_assert_eq!(serde_json::from_value::<Version>(serde_json::to_value(version).unwrap()).unwrap(), version);
        }
    }
}
