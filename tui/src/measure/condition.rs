//! Conditions over figures: `processPayment.handled == orders.accepted and sendNotification.failed >= 3 * orders.accepted`.

use std::{fmt, str::FromStr};

use super::figures::{Figures, is_figure};

/// Why a condition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{condition}': {problem}")]
pub struct ConditionError {
    /// What was written.
    pub condition: String,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

/// Comparisons that must all hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    comparisons: Vec<Comparison>,
}

#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    left: Sum,
    operator: Operator,
    right: Sum,
}

/// Terms that are added, each a factor and perhaps a figure.
type Sum = Vec<(f64, Option<String>)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds(self, left: f64, right: f64) -> bool {
        // Counts and milliseconds are whole numbers; factors make no difference finer than this.
        let equal = (left - right).abs() < 1e-6;
        match self {
            Self::Equal => equal,
            Self::Unequal => !equal,
            Self::Less => left < right && !equal,
            Self::LessOrEqual => left < right || equal,
            Self::Greater => left > right && !equal,
            Self::GreaterOrEqual => left > right || equal,
        }
    }
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, figures: &Figures) -> bool {
        self.comparisons.iter().all(|one| one.operator.holds(value(&one.left, figures), value(&one.right, figures)))
    }

    /// The names of the figures it speaks of, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let sums = self.comparisons.iter().flat_map(|one| one.left.iter().chain(&one.right));
        sums.filter_map(|(_, name)| name.as_deref())
    }

    /// The condition with each figure's value beside it, for reports: `processPayment.handled (20) == orders.accepted (20)`.
    pub fn measured(&self, figures: &Figures) -> String {
        let words = self
            .text
            .split_whitespace()
            .map(|word| if is_figure(word) { format!("{word} ({})", figures.get(word)) } else { word.to_owned() });
        words.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

fn value(sum: &Sum, figures: &Figures) -> f64 {
    sum.iter().map(|(factor, name)| factor * name.as_deref().map_or(1.0, |name| figures.get(name))).sum()
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |problem: String| ConditionError { condition: text.to_owned(), problem };
        let words: Vec<&str> = text.split_whitespace().collect();
        let comparisons = words.split(|word| *word == "and").map(|words| comparison(words).map_err(wrong));
        Ok(Self { text: words.join(" "), comparisons: comparisons.collect::<Result<_, _>>()? })
    }
}

fn comparison(words: &[&str]) -> Result<Comparison, String> {
    let usage = "a comparison is FIGURE OPERATOR FIGURE, such as processPayment.handled == orders.accepted";
    let found = words.iter().enumerate().find_map(|(at, word)| Some((at, Operator::read(word)?)));
    let (at, operator) = found.ok_or(usage)?;
    if words[at + 1..].iter().any(|word| Operator::read(word).is_some()) {
        return Err("two operators in one comparison; put 'and' between two".to_owned());
    }
    Ok(Comparison { left: sum(&words[..at])?, operator, right: sum(&words[at + 1..])? })
}

/// `3 * orders.accepted + 1 - sendNotification.failed`
fn sum(words: &[&str]) -> Result<Sum, String> {
    let mut terms = Vec::new();
    let mut sign = 1.0;
    let mut expects_term = true;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        if !expects_term {
            sign = match *word {
                "+" => 1.0,
                "-" => -1.0,
                other => return Err(format!("'{other}' is no + or -; figures and signs stand apart by spaces")),
            };
            expects_term = true;
            continue;
        }
        let (mut factor, mut name) = term(word)?;
        while words.next_if(|word| **word == "*").is_some() {
            let (next, figure) = term(words.next().ok_or("there is nothing after *")?)?;
            if name.is_some() && figure.is_some() {
                return Err("two figures cannot be multiplied".to_owned());
            }
            (factor, name) = (factor * next, name.or(figure));
        }
        terms.push((sign * factor, name));
        expects_term = false;
    }
    if expects_term {
        return Err("a figure or a number is missing".to_owned());
    }
    Ok(terms)
}

fn term(word: &str) -> Result<(f64, Option<String>), String> {
    match word.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((number, None)),
        _ if is_figure(word) => Ok((1.0, Some(word.to_owned()))),
        _ => Err(format!(
            "'{word}' is no figure and no number; figures are orders.accepted, FUNCTION.handled, events.DETAIL-TYPE, \
stock.PRODUCT.available and the like"
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn holds(text: &str) -> bool {
        text.parse::<Condition>().unwrap().holds(&Figures::default())
    }

    #[test]
    fn sums_products_and_comparisons_are_evaluated() {
        assert!(holds("1 + 2 == 3") && holds("2 * 3 - 1 >= 5") && holds("1 != 2 and 1 < 2 and 2 > 1"));
        assert!(!holds("1 + 1 < 2") && !holds("1 == 1 and 1 == 2"));
        assert!(holds("orders.accepted == 0") && holds("3 * orders.accepted + 4 == 4"));
    }

    #[test]
    fn what_was_measured_is_shown_beside_each_figure() {
        let condition: Condition = "pay.handled  == 2 * orders.accepted".parse().unwrap();
        assert_eq!(condition.measured(&Figures::default()), "pay.handled (0) == 2 * orders.accepted (0)");
        assert_eq!(condition.names().collect::<Vec<_>>(), ["pay.handled", "orders.accepted"]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, told) in [
            ("", "FIGURE OPERATOR FIGURE"),
            ("orders.accepted", "FIGURE OPERATOR FIGURE"),
            ("1 == 2 == 3", "two operators"),
            ("orders.acepted == 1", "no figure"),
            ("1 + == 2", "missing"),
            ("1 2 == 3", "no + or -"),
            ("orders.open * orders.open == 1", "multiplied"),
            ("1 == 1 and", "FIGURE OPERATOR FIGURE"),
            ("2 * == 1", "nothing after"),
        ] {
            let error = text.parse::<Condition>().unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
