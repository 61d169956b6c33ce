//! The scenarios that come with the program.

use super::{Scenario, ScriptError};

macro_rules! library {
    ($($name:literal),+ $(,)?) => {
        /// Name and text, in the order in which they are best told.
        const LIBRARY: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),+];
    };
}

library! {
    "payment-fails",
    "inventory-fails",
    "notification-fails",
    "throttled",
    "slow-consumer",
    "crash",
    "disconnected-rule",
    "poison-event",
    "duplicate-delivery",
    "flash-sale",
    "publisher-dies",
    "dead-letter-recovery",
    "new-service",
}

/// The names of all scenarios, in the order in which they are best told.
pub fn names() -> impl Iterator<Item = &'static str> {
    LIBRARY.iter().map(|(name, _)| *name)
}

/// A scenario of that name; `None` when there is none.
///
/// # Errors
/// Never for what was released: a test reads them all.
pub fn builtin(name: &str) -> Option<Result<Scenario, ScriptError>> {
    LIBRARY.iter().find(|(known, _)| *known == name).map(|(name, text)| Scenario::parse(name, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_can_be_read() {
        for name in names() {
            if let Some(Err(error)) = builtin(name) {
                panic!("{name}: {error}");
            }
        }
        assert!(builtin("nonsense").is_none());
    }
}
