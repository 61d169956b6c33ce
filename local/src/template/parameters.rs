//! Parameters: what is given, what is the default, and what is refused.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>; the words of
//! the refusals are those that CloudFormation answers with.

use std::collections::BTreeMap;

use super::{TemplateError, node::Node};

type Result<T> = std::result::Result<T, TemplateError>;

/// The value of every parameter: the one given, or the default.
pub(super) fn values(template: &Node, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let declared = template.get("Parameters").map_or(Ok(&[][..]), Node::entries)?;
    if let Some(unknown) = given.keys().find(|name| !declared.iter().any(|(declared, _)| declared == *name)) {
        let known: Vec<&str> = declared.iter().map(|(name, _)| name.as_str()).collect();
        let reason = format!("there is no parameter {unknown}; the template has {}", known.join(", "));
        let words = format!("Parameters: [{unknown}] do not exist in the template");
        return Err(TemplateError::at(0, reason).in_words_of_cloudformation(words));
    }
    let value = |(name, node): &(String, Node)| {
        let value = match (given.get(name), node.get("Default")) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => default.text()?,
            (None, None) => {
                let words = format!("Parameters: [{name}] must have values");
                let error = node.error("has no default, and no value was given");
                return Err(error.in_words_of_cloudformation(words));
            }
        };
        check(name, node, &value)?;
        Ok((name.clone(), value))
    };
    declared.iter().map(|entry| value(entry).map_err(|error| error.of_property(&entry.0))).collect()
}

fn check(name: &str, parameter: &Node, value: &str) -> Result<()> {
    let kind = parameter.need("Type")?.text()?;
    match kind.as_str() {
        "String" | "CommaDelimitedList" => {}
        "Number" => check_number(name, parameter, value)?,
        other => return Err(parameter.error(format!("the embedded cloud does not know the parameter type {other}"))),
    }
    if let Some(allowed) = parameter.get("AllowedValues") {
        let allowed = allowed.items()?.iter().map(Node::text).collect::<Result<Vec<_>>>()?;
        if !allowed.iter().any(|one| one == value) {
            let error = parameter.error(format!("must be one of {}, but is '{value}'", allowed.join(", ")));
            let words = format!("Parameter '{name}' must be one of AllowedValues");
            return Err(error.in_words_of_cloudformation(words));
        }
    }
    Ok(())
}

fn check_number(name: &str, parameter: &Node, value: &str) -> Result<()> {
    let number = value.parse::<f64>().map_err(|_| {
        let words = format!("Parameter '{name}' must be a number");
        parameter.error(format!("must be a number, but is '{value}'")).in_words_of_cloudformation(words)
    })?;
    type Fits = fn(&f64, &f64) -> bool;
    for (bound, fits, beyond) in [("MinValue", f64::ge as Fits, "less"), ("MaxValue", f64::le, "greater")] {
        let Some(node) = parameter.get(bound) else { continue };
        let limit = node.text()?.parse().map_err(|_| node.error("must be a number"))?;
        if !fits(&number, &limit) {
            let words = format!("Parameter '{name}' must be a number not {beyond} than {limit}");
            let error = node.error(format!("the value {value} is beyond {bound} {limit}"));
            return Err(error.in_words_of_cloudformation(words));
        }
    }
    Ok(())
}
