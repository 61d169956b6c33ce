//! Reading and writing the attributes of DynamoDB items.

use std::{collections::HashMap, fmt, str::FromStr};

use aws_sdk_dynamodb::types::AttributeValue;

/// A row as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// Why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a row of the {table} table has a bad '{attribute}': {problem}; correct the row")]
pub struct RowError {
    /// Which kind of table: `orders`, `inventory`, `faults`.
    pub table: &'static str,
    /// The attribute.
    pub attribute: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads attributes and says which one is wrong.
pub(crate) struct Reader<'a> {
    table: &'static str,
    item: &'a Item,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(table: &'static str, item: &'a Item) -> Self {
        Self { table, item }
    }

    pub(crate) fn error(&self, attribute: &str, problem: impl fmt::Display) -> RowError {
        RowError { table: self.table, attribute: attribute.to_owned(), problem: problem.to_string() }
    }

    pub(crate) fn optional_text(&self, attribute: &str) -> Result<Option<&'a str>, RowError> {
        match self.item.get(attribute) {
            None | Some(AttributeValue::Null(_)) => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(attribute, "it is not a string")),
        }
    }

    pub(crate) fn text(&self, attribute: &str) -> Result<&'a str, RowError> {
        self.optional_text(attribute)?.ok_or_else(|| self.error(attribute, "it is missing"))
    }

    pub(crate) fn optional_number<T: FromStr<Err: fmt::Display>>(
        &self,
        attribute: &str,
    ) -> Result<Option<T>, RowError> {
        match self.item.get(attribute) {
            None | Some(AttributeValue::Null(_)) => Ok(None),
            Some(AttributeValue::N(text)) => {
                text.parse().map(Some).map_err(|error| self.error(attribute, format!("{error} ({text})")))
            }
            Some(_) => Err(self.error(attribute, "it is not a number")),
        }
    }

    pub(crate) fn number<T: FromStr<Err: fmt::Display>>(&self, attribute: &str) -> Result<T, RowError> {
        self.optional_number(attribute)?.ok_or_else(|| self.error(attribute, "it is missing"))
    }

    pub(crate) fn parsed<T: FromStr<Err: fmt::Display>>(&self, attribute: &str) -> Result<T, RowError> {
        self.text(attribute)?.parse().map_err(|error| self.error(attribute, error))
    }
}

/// A string attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn n(number: impl fmt::Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
