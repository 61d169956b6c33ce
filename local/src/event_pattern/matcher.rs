//! What one value of an event must be.

use serde_json::{Number, Value};

use super::{cidr::Cidr, wildcard::Wildcard};

/// One matcher of a field's list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matcher {
    /// `null`, `true` or `false`, as it is.
    Literal(Value),
    /// This number, however it is written.
    Number(Number),
    /// A text.
    Text(TextMatcher),
    /// `numeric`: within bounds.
    Numeric(Bounds),
    /// `cidr`: an address within a range.
    Cidr(Cidr),
    /// `exists: true`.
    Present,
    /// `exists: false`. Asked of the whole event, not of a value.
    Absent,
    /// `anything-but`: a value that none of these texts matches.
    NoText(Vec<TextMatcher>),
    /// `anything-but`: a value that is none of these numbers.
    NoNumber(Vec<f64>),
}

/// A matcher of texts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TextMatcher {
    /// Exactly this.
    Equal(String),
    /// `equals-ignore-case`; holds lower case.
    EqualIgnoreCase(String),
    /// `prefix`.
    Prefix(String),
    /// `prefix` with `equals-ignore-case`; holds lower case.
    PrefixIgnoreCase(String),
    /// `suffix`.
    Suffix(String),
    /// `suffix` with `equals-ignore-case`; holds lower case.
    SuffixIgnoreCase(String),
    /// `wildcard`.
    Wildcard(Wildcard),
}

/// The bounds of `numeric`; each with whether the bound itself is within.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Bounds {
    pub(super) low: Option<(f64, bool)>,
    pub(super) high: Option<(f64, bool)>,
}

impl Matcher {
    /// Whether it holds for a scalar of the event.
    pub(super) fn matches(&self, value: &Value) -> bool {
        match self {
            Self::Literal(literal) => literal == value,
            Self::Number(number) => value.as_number().is_some_and(|other| equal(number, other)),
            Self::Text(matcher) => value.as_str().is_some_and(|text| matcher.matches(text)),
            Self::Numeric(bounds) => value.as_f64().is_some_and(|number| bounds.contain(number)),
            Self::Cidr(range) => value.as_str().is_some_and(|text| range.contains(text)),
            Self::Present => true,
            Self::Absent => false,
            Self::NoText(matchers) => {
                !value.as_str().is_some_and(|text| matchers.iter().any(|matcher| matcher.matches(text)))
            }
            Self::NoNumber(numbers) => !value.as_f64().is_some_and(|number| numbers.contains(&number)),
        }
    }
}

/// Whole numbers are compared exactly, whatever their size: account ids do not fit a float without loss.
fn equal(left: &Number, right: &Number) -> bool {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left == right,
        _ => left.as_f64() == right.as_f64(),
    }
}

impl TextMatcher {
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Equal(other) => text == other,
            Self::EqualIgnoreCase(lower) => text.to_lowercase() == *lower,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::PrefixIgnoreCase(lower) => text.to_lowercase().starts_with(lower),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::SuffixIgnoreCase(lower) => text.to_lowercase().ends_with(lower),
            Self::Wildcard(wildcard) => wildcard.matches(text),
        }
    }
}

impl Bounds {
    fn contain(&self, number: f64) -> bool {
        let above = self.low.is_none_or(|(low, within)| number > low || within && number == low);
        let below = self.high.is_none_or(|(high, within)| number < high || within && number == high);
        above && below
    }
}
