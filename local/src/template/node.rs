//! A template as a tree whose every part knows its line.

use serde_json::{Map, Number, Value};

use super::TemplateError;

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// In the order of the text.
    Map(Vec<(String, Node)>),
}

type Result<T> = std::result::Result<T, TemplateError>;

impl Node {
    pub(super) fn text_of(line: usize, text: impl Into<String>) -> Self {
        Self { line, kind: Kind::Text(text.into()) }
    }

    pub(super) fn error(&self, reason: impl Into<String>) -> TemplateError {
        TemplateError::at(self.line, reason)
    }

    /// The value of a key; `None` for a missing one.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str) -> Result<&Self> {
        self.get(key).ok_or_else(|| self.error(format!("{key} is missing")))
    }

    pub(super) fn entries(&self) -> Result<&[(String, Self)]> {
        match &self.kind {
            Kind::Map(entries) => Ok(entries),
            _ => Err(self.error(format!("must be a mapping, but is {}", self.describe()))),
        }
    }

    pub(super) fn items(&self) -> Result<&[Self]> {
        match &self.kind {
            Kind::List(items) => Ok(items),
            _ => Err(self.error(format!("must be a list, but is {}", self.describe()))),
        }
    }

    /// The items of a list; a single value is a list of itself, as policies write actions.
    pub(super) fn one_or_many(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// A text; numbers and booleans are texts too, as CloudFormation takes them.
    pub(super) fn text(&self) -> Result<String> {
        match &self.kind {
            Kind::Text(text) => Ok(text.clone()),
            Kind::Number(number) => Ok(number.to_string()),
            Kind::Bool(bool) => Ok(bool.to_string()),
            _ => Err(self.error(format!("must be a text, but is {}", self.describe()))),
        }
    }

    /// A whole number, or a text that is one, as parameters are.
    pub(super) fn whole(&self) -> Result<u64> {
        let text = self.text()?;
        text.parse().map_err(|_| self.error(format!("must be a whole number, but is '{text}'")))
    }

    pub(super) fn whole_within(&self, range: std::ops::RangeInclusive<u64>) -> Result<u64> {
        let number = self.whole()?;
        if range.contains(&number) {
            return Ok(number);
        }
        Err(self.error(format!("must be from {} to {}, but is {number}", range.start(), range.end())))
    }

    pub(super) fn flag(&self) -> Result<bool> {
        match &self.kind {
            Kind::Bool(bool) => Ok(*bool),
            Kind::Text(text) if text == "true" || text == "false" => Ok(text == "true"),
            _ => Err(self.error(format!("must be true or false, but is {}", self.describe()))),
        }
    }

    /// The same as JSON.
    pub(super) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(bool) => Value::Bool(*bool),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|(name, node)| (name.clone(), node.to_json())).collect::<Map<_, _>>())
            }
        }
    }

    fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// Refuses keys that are not among the known ones.
    pub(super) fn only(&self, known: &[&str], whose: &str) -> Result<()> {
        match self.entries()?.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, node)) => Err(node
                .error(format!(
                    "the embedded cloud does not run this property of {whose}; leave it out, or use a deployed stack"
                ))
                .of_property(name)),
        }
    }
}
