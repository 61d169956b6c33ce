//! What a customer may ask for, checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most characters that a user id or a product id may have. Far above any real id, and far below what would
/// swell rows, events and log lines or break a screen: an id is repeated in all of them.
pub const MAX_ID_CHARS: usize = 64;

/// The most pieces of one order.
pub const MAX_QUANTITY: u32 = 1000;

/// A valid order, not yet accepted: the body of `POST /orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewOrder {
    /// Who orders. 1 to 64 characters, none of them a control character.
    #[schemars(length(min = 1, max = MAX_ID_CHARS))]
    pub user_id: String,
    /// What. 1 to 64 characters, none of them a control character.
    #[schemars(length(min = 1, max = MAX_ID_CHARS))]
    pub product_id: String,
    /// How many, 1 to 1000.
    #[schemars(range(min = 1, max = MAX_QUANTITY))]
    pub quantity: u32,
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The field's name as in the JSON; `body` for the whole.
    pub field: String,
    /// What is wrong and what is expected, for people.
    pub problem: String,
}

impl Violation {
    /// A violation of the given field.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

impl NewOrder {
    /// Reads an order from a request body that may hold anything. Fields it does not know are ignored.
    ///
    /// # Errors
    /// Every violation, not just the first, so that a person corrects a request once.
    pub fn from_json(body: &[u8]) -> Result<Self, Vec<Violation>> {
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            vec![Violation::new("body", format!("is not JSON (line {}, column {})", error.line(), error.column()))]
        })?;
        match value {
            Value::Object(fields) => Self::from_fields(&fields),
            other => Err(vec![Violation::new("body", format!("must be a JSON object, not {}", kind(&other)))]),
        }
    }

    fn from_fields(fields: &Map<String, Value>) -> Result<Self, Vec<Violation>> {
        let mut violations = Vec::new();
        let mut keep = |field: &str, problem| violations.push(Violation::new(field, problem));
        let user_id = id(fields.get("userId")).map_err(|problem| keep("userId", problem));
        let product_id = id(fields.get("productId")).map_err(|problem| keep("productId", problem));
        let quantity = quantity(fields.get("quantity")).map_err(|problem| keep("quantity", problem));
        match (user_id, product_id, quantity) {
            (Ok(user_id), Ok(product_id), Ok(quantity)) => Ok(Self { user_id, product_id, quantity }),
            _ => Err(violations),
        }
    }
}

fn id(value: Option<&Value>) -> Result<String, String> {
    match value {
        None | Some(Value::Null) => Err("is missing".to_owned()),
        Some(Value::String(text)) if text.trim().is_empty() => Err("must not be empty".to_owned()),
        Some(Value::String(text)) if text.chars().count() > MAX_ID_CHARS => {
            Err(format!("must have at most {MAX_ID_CHARS} characters"))
        }
        Some(Value::String(text)) if text.chars().any(is_unprintable) => {
            Err("must not contain control characters".to_owned())
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(format!("must be a string, not {}", kind(other))),
    }
}

fn quantity(value: Option<&Value>) -> Result<u32, String> {
    let range = || format!("must be a whole number from 1 to {MAX_QUANTITY}");
    match value {
        None | Some(Value::Null) => Err("is missing".to_owned()),
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|quantity| u32::try_from(quantity).ok())
            .filter(|quantity| (1..=MAX_QUANTITY).contains(quantity))
            .ok_or_else(range),
        Some(other) => Err(format!("{}, not {}", range(), kind(other))),
    }
}

/// Control characters, and the invisible marks that reorder the text around them on a screen.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn problems(body: Value) -> Vec<(String, String)> {
        NewOrder::from_json(body.to_string().as_bytes())
            .unwrap_err()
            .into_iter()
            .map(|violation| (violation.field, violation.problem))
            .collect()
    }

    fn one(body: Value) -> (String, String) {
        let mut all = problems(body);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn a_valid_order_is_read_and_unknown_fields_are_ignored() {
        let body = json!({"userId": "user-1", "productId": "espresso", "quantity": 2, "coupon": "X"});
        assert_eq!(
            NewOrder::from_json(body.to_string().as_bytes()).unwrap(),
            NewOrder { user_id: "user-1".into(), product_id: "espresso".into(), quantity: 2 }
        );
    }

    #[test]
    fn every_violation_is_listed_at_once() {
        let fields: Vec<String> = problems(json!({"userId": 7, "quantity": 0})).into_iter().map(|p| p.0).collect();
        assert_eq!(fields, ["userId", "productId", "quantity"]);
    }

    #[test]
    fn ids_are_present_short_and_printable() {
        let with = |user: Value| one(json!({"userId": user, "productId": "p", "quantity": 1}));
        for (value, problem) in [
            (json!(null), "is missing"),
            (json!(""), "must not be empty"),
            (json!("  "), "must not be empty"),
            (json!(7), "must be a string, not a number"),
            (json!(["u"]), "must be a string, not an array"),
            (json!({}), "must be a string, not an object"),
            (json!(true), "must be a string, not a boolean"),
            (json!("a\u{1b}[2J"), "must not contain control characters"),
            (json!("a\nb"), "must not contain control characters"),
            (json!("a\u{202e}b"), "must not contain control characters"),
            (json!("é".repeat(65)), "must have at most 64 characters"),
        ] {
            assert_eq!(with(value), ("userId".to_owned(), problem.to_owned()));
        }
        let longest = json!({"userId": "é".repeat(64), "productId": "p", "quantity": 1}).to_string();
        assert!(NewOrder::from_json(longest.as_bytes()).is_ok());
    }

    #[test]
    fn the_quantity_is_a_whole_number_in_range() {
        for bad in [json!(0), json!(1001), json!(-1), json!(1.5), json!(1e30), json!("2"), json!(4_294_967_297_u64)] {
            let (field, problem) = one(json!({"userId": "u", "productId": "p", "quantity": bad}));
            assert_eq!(field, "quantity");
            assert!(problem.starts_with("must be a whole number from 1 to 1000"), "{problem}");
        }
        for good in [1, 1000] {
            let body = json!({"userId": "u", "productId": "p", "quantity": good}).to_string();
            assert_eq!(NewOrder::from_json(body.as_bytes()).unwrap().quantity, good);
        }
    }

    #[test]
    fn what_is_no_object_is_refused_as_a_whole() {
        for (body, problem) in [
            ("", "is not JSON (line 1, column 0)"),
            ("{\"userId\":", "is not JSON (line 1, column 10)"),
            ("[]", "must be a JSON object, not an array"),
            ("null", "must be a JSON object, not null"),
            ("\u{feff}{}", "is not JSON (line 1, column 1)"),
        ] {
            assert_eq!(NewOrder::from_json(body.as_bytes()).unwrap_err(), [Violation::new("body", problem)], "{body}");
        }
        assert!(NewOrder::from_json(&[0xff, 0xfe]).is_err());
        assert!(NewOrder::from_json("[".repeat(100_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic_and_what_passes_is_valid(body: Vec<u8>) {
            if let Ok(order) = NewOrder::from_json(&body) {
                prop_assert!((1..=MAX_QUANTITY).contains(&order.quantity));
            }
        }

        #[test]
        fn what_is_accepted_survives_the_way_through_json(user in ".{1,64}", product in ".{1,64}", quantity in 1..=MAX_QUANTITY) {
            let body = json!({"userId": user, "productId": product, "quantity": quantity}).to_string();
            if let Ok(order) = NewOrder::from_json(body.as_bytes()) {
                let again = serde_json::to_vec(&order).unwrap();
                prop_assert_eq!(NewOrder::from_json(&again).unwrap(), order);
            }
        }
    }
}
