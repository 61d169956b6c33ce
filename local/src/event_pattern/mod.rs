//! EventBridge event patterns: the full grammar, as rules and TestEventPattern take it. No I/O.
//!
//! A pattern mirrors the event: an object for an object, and for a field an array of matchers of which one must hold.
//! Fields that the pattern does not name may hold anything. `$or` is expanded when the pattern is read, so that matching
//! is one walk for each alternative.
//!
//! Sources: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>, and for what that
//! page leaves open (arrays, `exists`, error texts) the engine that AWS publishes: <https://github.com/aws/event-ruler>.

mod cidr;
mod matcher;
mod parse;
mod wildcard;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use self::matcher::Matcher;

/// A pattern, ready to be matched against events.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    alternatives: Vec<Node>,
}

/// Why a pattern is not valid. The text is the one that AWS gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Event pattern is not valid. Reason: {reason}")]
pub struct PatternError {
    reason: String,
}

impl PatternError {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What an object of the event must hold, by field.
#[derive(Debug, Clone, PartialEq, Default)]
struct Node {
    fields: BTreeMap<String, Field>,
}

/// What one field must hold. Both parts when `$or` names a field that is named beside it too.
#[derive(Debug, Clone, PartialEq, Default)]
struct Field {
    /// Each list is one requirement: one of its matchers must hold for one of the field's values.
    requirements: Vec<Vec<Matcher>>,
    /// What an object in this field must hold.
    inside: Option<Node>,
}

impl Pattern {
    /// Reads a pattern from its JSON text.
    ///
    /// # Errors
    /// [`PatternError`] for what AWS refuses, in AWS's words.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let value: Value = serde_json::from_str(text).map_err(|error| PatternError::new(error.to_string()))?;
        Self::from_value(&value)
    }

    /// Reads a pattern from JSON.
    ///
    /// # Errors
    /// [`PatternError`] for what AWS refuses, in AWS's words.
    pub fn from_value(value: &Value) -> Result<Self, PatternError> {
        parse::alternatives(value).map(|alternatives| Self { alternatives })
    }

    /// Whether the event satisfies the pattern.
    pub fn matches(&self, event: &Value) -> bool {
        self.alternatives.iter().any(|node| node.matches(event, event, &mut Vec::new()))
    }
}

/// Stands for what is not there: it has no fields and no values.
const MISSING: Value = Value::Null;

impl Node {
    /// Whether one object satisfies the whole node, so that fields of different elements of an array are never mixed.
    fn matches<'a>(&'a self, value: &Value, event: &Value, path: &mut Vec<&'a str>) -> bool {
        match value {
            Value::Array(elements) if elements.is_empty() => self.fields_match(&MISSING, event, path),
            Value::Array(elements) => elements.iter().any(|element| self.matches(element, event, path)),
            object => self.fields_match(object, event, path),
        }
    }

    fn fields_match<'a>(&'a self, object: &Value, event: &Value, path: &mut Vec<&'a str>) -> bool {
        self.fields.iter().all(|(name, field)| {
            path.push(name);
            let holds = field.matches(object.get(name), event, path);
            path.pop();
            holds
        })
    }
}

impl Field {
    fn matches<'a>(&'a self, value: Option<&Value>, event: &Value, path: &mut Vec<&'a str>) -> bool {
        let one_holds = |matchers: &Vec<Matcher>| {
            matchers.iter().any(|matcher| match matcher {
                Matcher::Absent => !has_value(event, path),
                matcher => value.is_some_and(|value| any_scalar(value, &|scalar| matcher.matches(scalar))),
            })
        };
        self.requirements.iter().all(one_holds)
            && self.inside.as_ref().is_none_or(|node| node.matches(value.unwrap_or(&MISSING), event, path))
    }
}

/// Whether `holds` for the scalar, or for one of the scalars of the array. Objects are no values.
fn any_scalar(value: &Value, holds: &impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(elements) => elements.iter().any(|element| any_scalar(element, holds)),
        scalar => holds(scalar),
    }
}

/// Whether the event holds a scalar anywhere under that path. `exists` looks at leaves only, and at the whole event:
/// an object, or an empty array, does not exist for it.
fn has_value(value: &Value, path: &[&str]) -> bool {
    match (value, path) {
        (Value::Array(elements), path) => elements.iter().any(|element| has_value(element, path)),
        (value, [name, rest @ ..]) => value.get(name).is_some_and(|inner| has_value(inner, rest)),
        (value, []) => !value.is_object(),
    }
}
