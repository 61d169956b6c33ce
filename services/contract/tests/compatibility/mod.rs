//! Whether a changed schema breaks those who read, or write, by the former one.

use serde_json::{Map, Value};

/// Words that describe and do not constrain.
const ANNOTATIONS: [&str; 6] = ["title", "description", "$schema", "$id", "examples", "default"];
/// Words that are compared field by field.
const STRUCTURE: [&str; 2] = ["properties", "required"];

/// Every way in which `after` breaks a party that keeps to `before`, as `field: problem`. Empty when there is none.
///
/// Strict on purpose: both directions count, because events wait in queues while either side is deployed first.
pub(crate) fn breaks(before: &Value, after: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    compare("", before, after, &mut problems);
    problems
}

fn compare(path: &str, before: &Value, after: &Value, problems: &mut Vec<String>) {
    let (Value::Object(was), Value::Object(is)) = (before, after) else {
        if before != after {
            problems.push(format!("{path}: was {before}, is {after}"));
        }
        return;
    };
    compare_words(path, was, is, problems);
    let fields = |schema: &Map<String, Value>| schema.get("properties").and_then(Value::as_object).cloned();
    let (old, new) = (fields(was).unwrap_or_default(), fields(is).unwrap_or_default());
    for (name, field) in &old {
        let path = join(path, name);
        match new.get(name) {
            Some(changed) => compare(&path, field, changed, problems),
            None => problems.push(format!("{path}: removed")),
        }
    }
    let (always, now_always) = (required(was), required(is));
    for name in always.iter().filter(|name| new.contains_key(*name) && !now_always.contains(name)) {
        problems.push(format!("{}: was always there, is optional", join(path, name)));
    }
    for name in now_always.iter().filter(|name| !always.contains(name)) {
        problems.push(format!("{}: newly required", join(path, name)));
    }
}

fn compare_words(path: &str, was: &Map<String, Value>, is: &Map<String, Value>, problems: &mut Vec<String>) {
    let constrains = |word: &&String| !ANNOTATIONS.contains(&word.as_str()) && !STRUCTURE.contains(&word.as_str());
    let added = is.keys().filter(|word| !was.contains_key(*word));
    for word in was.keys().chain(added).filter(constrains) {
        let (old, new) = (constraint(was.get(word)), constraint(is.get(word)));
        if old != new {
            problems.push(format!("{path}: \"{word}\" was {old}, is {new}"));
        }
    }
}

/// A word's value without the texts in it: what is left constrains.
fn constraint(value: Option<&Value>) -> Value {
    match value {
        None => Value::Null,
        Some(Value::Object(words)) => {
            let kept = words.iter().filter(|(word, _)| !ANNOTATIONS.contains(&word.as_str()));
            kept.map(|(word, value)| (word.clone(), constraint(Some(value)))).collect()
        }
        Some(Value::Array(values)) => values.iter().map(|value| constraint(Some(value))).collect(),
        Some(other) => other.clone(),
    }
}

fn required(schema: &Map<String, Value>) -> Vec<String> {
    let names = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
