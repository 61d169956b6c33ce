//! `AWS::Events::Rule`, and what SAM events share with it.

use std::time::Duration;

use serde_json::Value;

use super::{Declared, Draft, Result};
use crate::{
    aws::{Arn, limits::events as limits},
    event_pattern::Pattern,
    stack::{Rule, Target, TargetRetryPolicy, Trigger},
    template::node::Node,
};

pub(super) fn read(draft: &mut Draft<'_>, resource: &Declared) -> Result<()> {
    let properties = &resource.properties;
    properties.only(
        &["Name", "Description", "EventPattern", "ScheduleExpression", "State", "Targets", "EventBusName", "Tags"],
        "a rule",
    )?;
    let trigger = match (properties.get("EventPattern"), properties.get("ScheduleExpression")) {
        (Some(node), None) => Trigger::EventPattern(pattern(node).map_err(|error| error.of_property("EventPattern"))?),
        (None, Some(expression)) => Trigger::Schedule(expression.text()?),
        _ => return Err(properties.error("must have an EventPattern or a ScheduleExpression, and one of them only")),
    };
    let targets =
        properties.get("Targets").map_or(Ok(&[][..]), Node::items).map_err(|error| error.of_property("Targets"))?;
    if targets.len() > limits::MAX_TARGETS {
        return Err(properties
            .error(format!("a rule has at most {} targets", limits::MAX_TARGETS))
            .of_property("Targets"));
    }
    let targets = targets
        .iter()
        .map(|node| target(draft, node).map_err(|error| error.of_property("Targets")))
        .collect::<Result<_>>()?;
    let name = draft.scope.references.get(&resource.logical_id).map(|one| one.reference.clone()).unwrap_or_default();
    draft.stack.rules.push(Rule {
        logical_id: resource.logical_id.clone(),
        arn: draft.arn("events", format!("rule/{name}")),
        name,
        description: properties.get("Description").map_or(Ok(String::new()), Node::text)?,
        enabled: enabled(properties)?,
        trigger,
        targets,
    });
    Ok(())
}

fn target(draft: &Draft<'_>, node: &Node) -> Result<Target> {
    node.only(&["Id", "Arn", "Input", "RetryPolicy", "DeadLetterConfig", "RoleArn"], "a target")?;
    Ok(Target {
        id: node.need("Id")?.text()?,
        arn: draft.arn_of(node.need("Arn")?)?,
        input: node.get("Input").map(Node::text).transpose()?,
        retry: retry_policy(node.get("RetryPolicy"))?,
        dead_letter: dead_letter(draft, node.get("DeadLetterConfig"))?,
    })
}

/// A pattern that EventBridge would take.
pub(super) fn pattern(node: &Node) -> Result<Value> {
    let pattern = node.to_json();
    Pattern::from_value(&pattern).map_err(|error| node.error(error.to_string()))?;
    Ok(pattern)
}

pub(super) fn retry_policy(node: Option<&Node>) -> Result<TargetRetryPolicy> {
    let defaults = TargetRetryPolicy::default();
    let Some(node) = node else { return Ok(defaults) };
    let attempts = node.get("MaximumRetryAttempts").map(|node| node.whole_within(0..=185)).transpose()?;
    let age = node.get("MaximumEventAgeInSeconds").map(|node| node.whole_within(60..=86_400)).transpose()?;
    Ok(TargetRetryPolicy {
        maximum_retry_attempts: attempts.map_or(defaults.maximum_retry_attempts, |attempts| attempts as u32),
        maximum_event_age: age.map_or(defaults.maximum_event_age, Duration::from_secs),
    })
}

pub(super) fn dead_letter(draft: &Draft<'_>, node: Option<&Node>) -> Result<Option<Arn>> {
    let Some(node) = node else { return Ok(None) };
    node.only(&["Arn"], "DeadLetterConfig").map_err(|error| error.of_property("DeadLetterConfig"))?;
    draft.arn_of(node.need("Arn")?).map(Some)
}

pub(super) fn enabled(properties: &Node) -> Result<bool> {
    match (properties.get("State"), properties.get("Enabled")) {
        (Some(state), _) => Ok(state.text()? != "DISABLED"),
        (None, Some(enabled)) => enabled.flag(),
        (None, None) => Ok(true),
    }
}
