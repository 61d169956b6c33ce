//! `UpdateStack`: what is asked for, and what the stack would be then.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html>

use std::collections::BTreeMap;

use super::{Blueprint, record::Record, validation, xml::Form};
use crate::{
    aws::ServiceError,
    stack::{Stack, StackChange},
    template,
};

/// The fields that are served; a list by what is before its number.
const FIELDS: [&str; 9] = [
    "Action",
    "Version",
    "StackName",
    "UsePreviousTemplate",
    "TemplateBody",
    "Parameters",
    "Capabilities",
    "ClientRequestToken",
    "DisableRollback",
];

/// An update that can be made, as far as the template tells.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) blueprint: Blueprint,
    pub(super) stack: Stack,
    pub(super) change: StackChange,
}

/// Works out the update that a request asks for.
///
/// # Errors
/// `ValidationError` and `InsufficientCapabilitiesException` as CloudFormation answers them; `ValidationError` also for
/// what the embedded cloud cannot change.
pub(super) fn plan(record: &Record, form: &Form) -> Result<Update, ServiceError> {
    if record.is_in_progress() {
        let message = format!("Stack:{} is in {} state and can not be updated.", record.id, record.status);
        return Err(validation(message));
    }
    let unserved = |name: &&str| !FIELDS.contains(&name.split('.').next().unwrap_or_default());
    if let Some(name) = form.names().find(unserved) {
        return Err(validation(format!("The embedded cloud does not serve {name} of UpdateStack; leave it out.")));
    }
    let mut blueprint = record.blueprint.clone();
    blueprint.template = template_text(&blueprint, form)?;
    blueprint.options.parameters = parameters(&record.stack.parameters, form)?;
    let stack = template::load(&blueprint.template, &blueprint.options).map_err(|error| {
        let words = error.cloudformation.clone();
        validation(words.unwrap_or_else(|| format!("Template error: {error}")))
    })?;
    check_capabilities(&stack, form)?;
    let change = StackChange::between(&record.stack, &stack).map_err(|error| validation(error.to_string()))?;
    if change.is_empty() {
        return Err(validation("No updates are to be performed."));
    }
    Ok(Update { blueprint, stack, change })
}

fn template_text(previous: &Blueprint, form: &Form) -> Result<String, ServiceError> {
    match (form.get("UsePreviousTemplate") == Some("true"), form.get("TemplateBody")) {
        (true, None) => Ok(previous.template.clone()),
        (false, Some(body)) => Ok(body.to_owned()),
        _ => Err(validation("Either Template URL or Template Body must be specified.")),
    }
}

/// The values that are given, those before included where they shall stay. A parameter that is not named takes its default.
fn parameters(previous: &BTreeMap<String, String>, form: &Form) -> Result<BTreeMap<String, String>, ServiceError> {
    let keys = form.list("Parameters", "ParameterKey");
    let values = form.list("Parameters", "ParameterValue");
    let stay = form.list("Parameters", "UsePreviousValue");
    let read = |((key, value), stay): ((Option<&str>, Option<&str>), Option<&str>)| {
        let key = key.unwrap_or_default();
        let refused = |why: &str| Err(validation(format!("Invalid input for parameter key {key}. {why}")));
        let value = match (value, stay == Some("true")) {
            (Some(value), true) if !value.is_empty() => {
                return refused("Cannot specify usePreviousValue as true and non empty value for a parameter");
            }
            (_, true) => match previous.get(key) {
                Some(value) => value,
                None => {
                    let why =
                        "Cannot specify usePreviousValue as true for a parameter key not in the previous template";
                    return refused(why);
                }
            },
            (value, false) => value.unwrap_or_default(),
        };
        Ok((key.to_owned(), value.to_owned()))
    };
    keys.zip(values).zip(stay).map(read).collect()
}

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html>, `Capabilities`:
/// whoever may name roles may make some.
fn check_capabilities(stack: &Stack, form: &Form) -> Result<(), ServiceError> {
    let given: Vec<&str> = form.list("Capabilities", "").flatten().collect();
    let has =
        |needed: &str| given.contains(&needed) || needed == "CAPABILITY_IAM" && given.contains(&"CAPABILITY_NAMED_IAM");
    let missing: Vec<&str> = stack.capabilities.iter().copied().filter(|needed| !has(needed)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Requires capabilities : [{}]", missing.join(", "));
    Err(ServiceError::new(400, "InsufficientCapabilitiesException", message))
}
