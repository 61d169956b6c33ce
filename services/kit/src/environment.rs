//! The environment variables that the template gives the functions.

use std::str::FromStr;

/// The orders table.
pub const ORDERS_TABLE: &str = "ORDERS_TABLE";
/// The stock table.
pub const INVENTORY_TABLE: &str = "INVENTORY_TABLE";
/// The faults table; absent when fault injection is off.
pub const FAULTS_TABLE: &str = "FAULTS_TABLE";
/// The index of recent orders; `recent-orders` when absent.
pub const RECENT_ORDERS_INDEX: &str = "RECENT_ORDERS_INDEX";
/// How many partitions that index has; 4 when absent.
pub const RECENT_ORDERS_SHARDS: &str = "RECENT_ORDERS_SHARDS";
/// The event bus; `default` when absent.
pub const EVENT_BUS_NAME: &str = "EVENT_BUS_NAME";
/// The share of payments that the gateway approves, 0 to 1; 0.9 when absent.
pub const PAYMENT_APPROVAL_RATE: &str = "PAYMENT_APPROVAL_RATE";
/// After how many seconds an undecided order is published again; 60 when absent.
pub const STUCK_AFTER_SECONDS: &str = "STUCK_AFTER_SECONDS";

/// Why a function cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A variable that must be there is not.
    #[error("the environment variable {0} is not set; set it in the function's Environment in template.yaml")]
    Missing(&'static str),
    /// A variable cannot be read.
    #[error("the environment variable {name} is '{value}', but must be {expected}; correct it in template.yaml")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
}

/// A variable, when it is set and not empty.
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that must be set.
///
/// # Errors
/// When it is not set, or empty.
pub fn required(name: &'static str) -> Result<String, EnvironmentError> {
    optional(name).ok_or(EnvironmentError::Missing(name))
}

/// A variable as a value that passes `valid`, or `default` when it is not set.
///
/// # Errors
/// When it is set to something that is not `expected`.
pub fn parsed<T: FromStr>(
    name: &'static str,
    default: T,
    expected: &'static str,
    valid: impl Fn(&T) -> bool,
) -> Result<T, EnvironmentError> {
    match optional(name) {
        None => Ok(default),
        Some(value) => read(name, value, expected, valid),
    }
}

fn read<T: FromStr>(
    name: &'static str,
    value: String,
    expected: &'static str,
    valid: impl Fn(&T) -> bool,
) -> Result<T, EnvironmentError> {
    let parsed = value.trim().parse().ok().filter(valid);
    parsed.ok_or(EnvironmentError::Invalid { name, value, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_out_of_range_is_refused_by_name() {
        let rate = |text: &str| read("RATE", text.to_owned(), "0 to 1", |rate: &f64| (0.0..=1.0).contains(rate));
        assert_eq!(rate("0.5"), Ok(0.5));
        for bad in ["1.5", "NaN", "-0.1", "much", ""] {
            let text = rate(bad).map_err(|error| error.to_string());
            assert!(text.as_ref().is_err_and(|text| text.contains("RATE") && text.contains("0 to 1")), "{text:?}");
        }
    }

    #[test]
    fn an_absent_variable_is_the_default_or_missing() {
        assert_eq!(parsed("EVENTFLOW_NOT_SET", 7, "a number", |_| true), Ok(7));
        assert_eq!(required("EVENTFLOW_NOT_SET"), Err(EnvironmentError::Missing("EVENTFLOW_NOT_SET")));
    }
}
