//! Which events a rule hears, as far as the map needs it: by `source` and `detail-type`.
//!
//! Counting what waits for a service needs to know where an event goes. The full grammar is the embedded cloud's; rules
//! that look deeper than these two fields count as hearing what the two fields let pass.

use serde_json::Value;

/// Whether `pattern` lets an event of this source and detail-type pass.
pub(crate) fn hears(pattern: &Value, source: &str, detail_type: &str) -> bool {
    field(pattern, "source", source) && field(pattern, "detail-type", detail_type)
}

fn field(pattern: &Value, name: &str, text: &str) -> bool {
    match pattern.get(name) {
        None => true,
        Some(Value::Array(alternatives)) => alternatives.iter().any(|alternative| element(alternative, text)),
        Some(_) => false,
    }
}

fn element(alternative: &Value, text: &str) -> bool {
    match alternative {
        Value::String(exact) => exact == text,
        Value::Object(matcher) => matcher.iter().all(|(name, operand)| match (name.as_str(), operand) {
            ("prefix", Value::String(prefix)) => text.starts_with(prefix.as_str()),
            ("suffix", Value::String(suffix)) => text.ends_with(suffix.as_str()),
            ("equals-ignore-case", Value::String(other)) => text.eq_ignore_ascii_case(other),
            ("anything-but", Value::String(other)) => text != other,
            ("anything-but", Value::Array(others)) => others.iter().all(|other| other != text),
            ("exists", Value::Bool(exists)) => *exists,
            _ => true,
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_fields_must_pass() {
        let pattern = json!({"source": ["eventflow.orders"], "detail-type": ["OrderCreated", {"prefix": "Payment"}]});
        assert!(hears(&pattern, "eventflow.orders", "OrderCreated"));
        assert!(hears(&pattern, "eventflow.orders", "PaymentFailed"));
        assert!(!hears(&pattern, "eventflow.orders", "InventoryFailed"));
        assert!(!hears(&pattern, "other", "OrderCreated"));
        assert!(hears(&json!({}), "any", "Thing"));
        assert!(!hears(&json!({"source": [{"anything-but": ["aws.ec2"]}]}), "aws.ec2", "Thing"));
    }
}
