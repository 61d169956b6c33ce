//! Filter patterns of CloudWatch Logs: terms, and conditions on JSON. No I/O.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>. Regular expressions
//! (`%…%`) and space-delimited patterns (`[a, b]`) are not served here and are refused.

mod json;
mod terms;

#[cfg(test)]
mod tests;

use self::{json::Condition, terms::Terms};
use crate::aws::limits::logs as limits;

/// A filter pattern, ready to be matched against lines.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterPattern {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    All,
    Terms(Terms),
    Json(Condition),
}

/// Why a filter pattern is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid filter pattern: {0}")]
pub struct FilterPatternError(String);

impl FilterPattern {
    /// Reads a filter pattern; the empty one matches every line.
    ///
    /// # Errors
    /// [`FilterPatternError`] when the text does not follow the grammar.
    pub fn parse(text: &str) -> Result<Self, FilterPatternError> {
        let trimmed = text.trim();
        if trimmed.chars().count() > limits::MAX_FILTER_PATTERN_CHARACTERS {
            return Err(FilterPatternError(format!("over {} characters", limits::MAX_FILTER_PATTERN_CHARACTERS)));
        }
        let kind = match trimmed.chars().next() {
            None => Kind::All,
            Some('{') => Kind::Json(json::parse(trimmed).map_err(FilterPatternError)?),
            Some('[') => {
                return Err(FilterPatternError("space-delimited patterns are not served by the embedded cloud".into()));
            }
            Some(_) => Kind::Terms(terms::parse(trimmed).map_err(FilterPatternError)?),
        };
        Ok(Self { kind })
    }

    /// Whether a line satisfies the pattern.
    pub fn matches(&self, line: &str) -> bool {
        match &self.kind {
            Kind::All => true,
            Kind::Terms(terms) => terms.matches(line),
            Kind::Json(condition) => {
                line.trim_start().starts_with('{')
                    && serde_json::from_str(line).is_ok_and(|value| condition.holds(&value))
            }
        }
    }
}
