//! From the JSON of a pattern to its alternatives.

use serde_json::{Map, Value};

use super::{
    Node, PatternError,
    cidr::Cidr,
    matcher::{Bounds, Matcher, TextMatcher},
    wildcard::Wildcard,
};

/// How many alternatives a pattern with `$or` may expand to.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html> ("OR" matching:
/// rules with more than 1000 combinations are refused).
const MAX_ALTERNATIVES: usize = 1000;

/// Numbers in `numeric` and `anything-but` lie between minus and plus this.
///
/// Source: the same page, "Numeric matching".
const MAX_NUMBER: f64 = 5.0e9;

/// Names that make an object of `$or` a list of matchers, and `$or` an ordinary field.
///
/// Source: event-ruler, README, "$or".
const MATCH_TYPES: [&str; 9] =
    ["exactly", "prefix", "suffix", "equals-ignore-case", "numeric", "anything-but", "exists", "cidr", "wildcard"];

type Parsed<T> = Result<T, PatternError>;

fn refuse<T>(reason: impl Into<String>) -> Parsed<T> {
    Err(PatternError::new(reason))
}

/// The alternatives of a whole pattern: one without `$or`.
pub(super) fn alternatives(pattern: &Value) -> Parsed<Vec<Node>> {
    match pattern {
        Value::Object(object) => parse_object(object),
        _ => refuse("Filter is not an object"),
    }
}

fn parse_object(object: &Map<String, Value>) -> Parsed<Vec<Node>> {
    if object.is_empty() {
        return refuse("Empty objects are not allowed");
    }
    let mut all = vec![Node::default()];
    for (name, value) in object {
        let choices = match (name.as_str(), value) {
            ("$or", Value::Array(branches)) if is_or(branches) => parse_or(branches)?,
            (_, Value::Object(inner)) => {
                parse_object(inner)?.into_iter().map(|node| Node::of_object(name, node)).collect()
            }
            (_, Value::Array(values)) => vec![Node::of_matchers(name, parse_matchers(values)?)],
            _ => return refuse(format!("\"{name}\" must be an object or an array")),
        };
        all = combine(&all, &choices)?;
    }
    Ok(all)
}

/// `$or` is the operator when it lists at least two objects of field names; otherwise it is a field of that name.
fn is_or(branches: &[Value]) -> bool {
    let names_fields = |branch: &Value| {
        branch.as_object().is_some_and(|object| !object.keys().any(|name| MATCH_TYPES.contains(&name.as_str())))
    };
    branches.len() >= 2 && branches.iter().all(names_fields)
}

fn parse_or(branches: &[Value]) -> Parsed<Vec<Node>> {
    let mut all = Vec::new();
    for branch in branches.iter().filter_map(Value::as_object) {
        all.extend(parse_object(branch)?);
    }
    Ok(all)
}

/// Every pair of both sides, merged.
fn combine(left: &[Node], right: &[Node]) -> Parsed<Vec<Node>> {
    if left.len() * right.len() > MAX_ALTERNATIVES {
        return refuse(format!("Too many combinations of $or: more than {MAX_ALTERNATIVES}"));
    }
    Ok(left.iter().flat_map(|one| right.iter().map(|other| one.clone().merged(other.clone()))).collect())
}

impl Node {
    fn of_object(name: &str, inside: Self) -> Self {
        let mut node = Self::default();
        node.fields.entry(name.to_owned()).or_default().inside = Some(inside);
        node
    }

    fn of_matchers(name: &str, matchers: Vec<Matcher>) -> Self {
        let mut node = Self::default();
        node.fields.entry(name.to_owned()).or_default().requirements.push(matchers);
        node
    }

    fn merged(mut self, other: Self) -> Self {
        for (name, field) in other.fields {
            let own = self.fields.entry(name).or_default();
            own.requirements.extend(field.requirements);
            own.inside = match (own.inside.take(), field.inside) {
                (Some(one), Some(two)) => Some(one.merged(two)),
                (one, two) => one.or(two),
            };
        }
        self
    }
}

fn parse_matchers(values: &[Value]) -> Parsed<Vec<Matcher>> {
    if values.is_empty() {
        return refuse("Empty arrays are not allowed");
    }
    values.iter().map(parse_matcher).collect()
}

fn parse_matcher(value: &Value) -> Parsed<Matcher> {
    match value {
        Value::String(text) => {
            let equal = || Matcher::Text(TextMatcher::Equal(text.clone()));
            Ok(Cidr::single(text).map_or_else(equal, Matcher::Cidr))
        }
        Value::Number(number) => Ok(Matcher::Number(number.clone())),
        Value::Null | Value::Bool(_) => Ok(Matcher::Literal(value.clone())),
        Value::Object(expression) => parse_expression(expression),
        Value::Array(_) => refuse("Match value must be String, number, true, false, or null"),
    }
}

fn parse_expression(expression: &Map<String, Value>) -> Parsed<Matcher> {
    let (name, operand) = only_entry(expression)?;
    match name {
        "anything-but" => parse_anything_but(operand),
        "numeric" => parse_numeric(operand).map(Matcher::Numeric),
        "exists" => match operand {
            Value::Bool(true) => Ok(Matcher::Present),
            Value::Bool(false) => Ok(Matcher::Absent),
            _ => refuse("exists match pattern must be either true or false."),
        },
        "cidr" => match operand {
            Value::String(text) => Cidr::parse(text).map(Matcher::Cidr).map_err(PatternError::new),
            _ => refuse("cidr match pattern must be a string"),
        },
        _ => parse_text_expression(name, operand).map(Matcher::Text),
    }
}

fn only_entry(object: &Map<String, Value>) -> Parsed<(&str, &Value)> {
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        (None, _) => refuse("Match expression name not found"),
        _ => refuse("Only one key allowed in match expression"),
    }
}

fn parse_text_expression(name: &str, operand: &Value) -> Parsed<TextMatcher> {
    match (name, operand) {
        ("exactly", Value::String(text)) => Ok(TextMatcher::Equal(text.clone())),
        ("equals-ignore-case", Value::String(text)) => Ok(TextMatcher::EqualIgnoreCase(text.to_lowercase())),
        ("prefix", Value::String(text)) => Ok(TextMatcher::Prefix(text.clone())),
        ("suffix", Value::String(text)) => Ok(TextMatcher::Suffix(text.clone())),
        ("prefix", Value::Object(inner)) => ignoring_case(name, inner).map(TextMatcher::PrefixIgnoreCase),
        ("suffix", Value::Object(inner)) => ignoring_case(name, inner).map(TextMatcher::SuffixIgnoreCase),
        ("wildcard", Value::String(text)) => {
            Wildcard::parse(text).map(TextMatcher::Wildcard).map_err(PatternError::new)
        }
        ("exactly" | "equals-ignore-case" | "prefix" | "suffix" | "wildcard", _) => {
            let name = if name == "exactly" { "exact" } else { name };
            refuse(format!("{name} match pattern must be a string"))
        }
        _ => refuse(format!("Unrecognized match type {name}")),
    }
}

fn ignoring_case(outer: &str, inner: &Map<String, Value>) -> Parsed<String> {
    match only_entry(inner)? {
        ("equals-ignore-case", Value::String(text)) => Ok(text.to_lowercase()),
        ("equals-ignore-case", _) => refuse("equals-ignore-case match pattern must be a string"),
        (other, _) => refuse(format!("Unsupported {outer} pattern: {other}")),
    }
}

fn parse_anything_but(operand: &Value) -> Parsed<Matcher> {
    match operand {
        Value::String(text) => Ok(Matcher::NoText(vec![TextMatcher::Equal(text.clone())])),
        Value::Number(_) => Ok(Matcher::NoNumber(vec![bounded(operand, "anything-but")?])),
        Value::Array(values) => parse_anything_but_list(values),
        Value::Object(inner) => parse_anything_but_expression(inner),
        _ => refuse("Value of anything-but must be an array or single string/number value."),
    }
}

fn parse_anything_but_list(values: &[Value]) -> Parsed<Matcher> {
    if values.iter().any(|value| !value.is_string() && !value.is_number()) {
        return refuse("Inside anything but list, start|null|boolean is not supported.");
    }
    let texts: Vec<_> = values.iter().filter_map(Value::as_str).map(|text| TextMatcher::Equal(text.into())).collect();
    match (texts.len(), values.len()) {
        (0, 1..) => {
            values.iter().map(|value| bounded(value, "anything-but")).collect::<Parsed<_>>().map(Matcher::NoNumber)
        }
        (some, all) if some == all && all > 0 => Ok(Matcher::NoText(texts)),
        _ => refuse("Inside anything but list, either all values are number or string, mixed type is not supported"),
    }
}

fn parse_anything_but_expression(inner: &Map<String, Value>) -> Parsed<Matcher> {
    let (name, operand) = only_entry(inner)?;
    if !matches!(name, "prefix" | "suffix" | "equals-ignore-case" | "wildcard") {
        return refuse(format!("Unsupported anything-but pattern: {name}"));
    }
    let operands = match operand {
        Value::Array(operands) if operands.is_empty() => return refuse("Empty arrays are not allowed"),
        Value::Array(operands) => &operands[..],
        single => std::slice::from_ref(single),
    };
    let text = |operand: &Value| match operand {
        Value::String(text) if text.is_empty() && matches!(name, "prefix" | "suffix") => {
            refuse("Null prefix/suffix not allowed")
        }
        Value::String(_) => parse_text_expression(name, operand),
        _ => refuse(format!("Inside anything-but/{name} list, number|start|null|boolean is not supported.")),
    };
    operands.iter().map(text).collect::<Parsed<_>>().map(Matcher::NoText)
}

fn parse_numeric(operand: &Value) -> Parsed<Bounds> {
    let Value::Array(terms) = operand else { return refuse("Value of numeric must be an array.") };
    let operator = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        other => refuse(format!("Invalid member in numeric match: {other}")),
    };
    let value_of = |operator: &str, value: Option<&Value>| match value {
        Some(value) if value.is_number() => bounded(value, "numeric"),
        _ => refuse(format!("Value of {operator} must be numeric")),
    };
    let Some(first) = terms.first() else { return refuse("Invalid member in numeric match: ]") };
    let first = operator(first)?;
    let number = match first.as_str() {
        "=" => value_of("equals", terms.get(1))?,
        "<" | "<=" | ">" | ">=" => value_of(&first, terms.get(1))?,
        other => return refuse(format!("Unrecognized numeric range operator: {other}")),
    };
    let one_sided = terms.len() == 2;
    match first.as_str() {
        "=" if one_sided => Ok(Bounds { low: Some((number, true)), high: Some((number, true)) }),
        "<" | "<=" if one_sided => Ok(Bounds { low: None, high: Some((number, first == "<=")) }),
        ">" | ">=" if one_sided => Ok(Bounds { low: Some((number, first == ">=")), high: None }),
        ">" | ">=" => {
            let second = operator(&terms[2])?;
            if !matches!(second.as_str(), "<" | "<=") {
                return refuse(format!("Bad numeric range operator: {second}"));
            }
            let high = value_of(&second, terms.get(3))?;
            if terms.len() > 4 {
                return refuse("Too many terms in numeric range expression");
            }
            if high < number || high == number && (first, second.as_str()) != (">=".to_owned(), "<=") {
                return refuse("Bottom must be less than top");
            }
            Ok(Bounds { low: Some((number, terms[0] == ">=")), high: Some((high, second == "<=")) })
        }
        _ => refuse("Too many elements in numeric expression"),
    }
}

fn bounded(value: &Value, what: &str) -> Parsed<f64> {
    match value.as_f64() {
        Some(number) if number.abs() <= MAX_NUMBER => Ok(number),
        _ => refuse(format!("Value of {what} must be between {:.1e} and {MAX_NUMBER:.1e}, inclusive", -MAX_NUMBER)),
    }
}
