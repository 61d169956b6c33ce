//! The API: operations on rules and targets. Publishing is in `put_events`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bus, DEFAULT_BUS, NewRule, put_events, rule::RuleState};
use crate::{
    aws::{Arn, Call, Reply, ServiceError, limits::events as limits},
    event_pattern::Pattern,
    stack::{Target, TargetRetryPolicy},
};

type Answer = Result<Reply, ServiceError>;

pub(super) async fn handle(bus: &Arc<Bus>, call: Call) -> Answer {
    match call.operation.as_str() {
        "PutEvents" => put_events::put_events(bus, &call).await,
        "TestEventPattern" => test_event_pattern(&call),
        "DescribeEventBus" => Ok(Reply::Json(describe_bus(bus))),
        "ListEventBuses" => Ok(Reply::Json(json!({ "EventBuses": [describe_bus(bus)] }))),
        "ListRules" => list_rules(bus, &call),
        "ListRuleNamesByTarget" => list_rule_names_by_target(bus, &call),
        "DescribeRule" => named(bus, &call, |name, rule| Ok(describe(name, rule))),
        "EnableRule" => change(bus, &call, |rule| rule.enabled = true),
        "DisableRule" => change(bus, &call, |rule| rule.enabled = false),
        "PutRule" => put_rule(bus, &call),
        "DeleteRule" => delete_rule(bus, &call),
        "ListTargetsByRule" => list_targets(bus, &call),
        "PutTargets" => put_targets(bus, &call),
        "RemoveTargets" => remove_targets(bus, &call),
        other => Err(ServiceError::unsupported("EventBridge", other)),
    }
}

/// The part of the input that most operations share.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct RuleInput {
    name: String,
    rule: String,
    event_bus_name: Option<String>,
}

impl RuleInput {
    fn name(&self) -> &str {
        if self.name.is_empty() { &self.rule } else { &self.name }
    }
}

fn not_found(name: &str) -> ServiceError {
    let message = format!("Rule {name} does not exist on EventBus {DEFAULT_BUS}.");
    ServiceError::new(400, "ResourceNotFoundException", message)
}

fn check_bus(bus: &Bus, name: Option<&str>) -> Result<(), ServiceError> {
    match name {
        None | Some(DEFAULT_BUS) => Ok(()),
        Some(arn) if arn == bus.arn(format!("event-bus/{DEFAULT_BUS}")).to_string() => Ok(()),
        Some(other) => {
            Err(ServiceError::new(400, "ResourceNotFoundException", format!("Event bus {other} does not exist.")))
        }
    }
}

fn named(bus: &Bus, call: &Call, answer: impl FnOnce(&str, &RuleState) -> Result<Value, ServiceError>) -> Answer {
    let input: RuleInput = call.input()?;
    check_bus(bus, input.event_bus_name.as_deref())?;
    let rules = bus.read();
    let rule = rules.get(input.name()).ok_or_else(|| not_found(input.name()))?;
    answer(input.name(), rule).map(Reply::Json)
}

fn change(bus: &Bus, call: &Call, apply: impl FnOnce(&mut RuleState)) -> Answer {
    let input: RuleInput = call.input()?;
    check_bus(bus, input.event_bus_name.as_deref())?;
    let mut rules = bus.write();
    apply(rules.get_mut(input.name()).ok_or_else(|| not_found(input.name()))?);
    Ok(Reply::Empty)
}

fn test_event_pattern(call: &Call) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Input {
        event_pattern: String,
        event: String,
    }
    let input: Input = call.input()?;
    let pattern = read_pattern(&input.event_pattern)?;
    let invalid = |reason: String| ServiceError::validation(format!("Parameter Event is not valid. Reason: {reason}"));
    let event: Value = serde_json::from_str(&input.event).map_err(|error| invalid(error.to_string()))?;
    // Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html
    for field in ["id", "account", "source", "time", "region", "resources", "detail-type"] {
        if event.get(field).is_none() {
            return Err(invalid(format!("Event does not have the field {field}")));
        }
    }
    Ok(Reply::Json(json!({ "Result": pattern.matches(&event) })))
}

fn read_pattern(text: &str) -> Result<Pattern, ServiceError> {
    Pattern::parse(text).map_err(|error| ServiceError::new(400, "InvalidEventPatternException", error.to_string()))
}

fn describe_bus(bus: &Bus) -> Value {
    json!({ "Name": DEFAULT_BUS, "Arn": bus.arn(format!("event-bus/{DEFAULT_BUS}")).to_string() })
}

fn describe(name: &str, rule: &RuleState) -> Value {
    let mut shown = json!({
        "Name": name,
        "Arn": rule.arn.to_string(),
        "State": if rule.enabled { "ENABLED" } else { "DISABLED" },
        "EventBusName": DEFAULT_BUS,
    });
    if let Some((text, _)) = &rule.pattern {
        shown["EventPattern"] = json!(text);
    }
    if let Some(expression) = &rule.schedule {
        shown["ScheduleExpression"] = json!(expression);
    }
    if !rule.description.is_empty() {
        shown["Description"] = json!(rule.description);
    }
    shown
}

/// One page of a list, and the token of the next one: the place where it begins.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Page {
    limit: Option<usize>,
    next_token: Option<String>,
}

impl Page {
    /// Sources: the API reference of the List operations: at most 100 a page.
    fn of(&self, all: Vec<Value>, field: &str) -> Answer {
        let start = match &self.next_token {
            None => 0,
            Some(token) => token.parse().map_err(|_| ServiceError::validation("Parameter NextToken is not valid."))?,
        };
        let limit = self.limit.unwrap_or(100).clamp(1, 100);
        let more = all.len() > start + limit;
        let mut answer = json!({ field: all.into_iter().skip(start).take(limit).collect::<Vec<_>>() });
        if more {
            answer["NextToken"] = json!((start + limit).to_string());
        }
        Ok(Reply::Json(answer))
    }
}

fn list_rules(bus: &Bus, call: &Call) -> Answer {
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Input {
        name_prefix: String,
        event_bus_name: Option<String>,
    }
    let input: Input = call.input()?;
    check_bus(bus, input.event_bus_name.as_deref())?;
    let rules = bus.read();
    let shown =
        rules.iter().filter(|(name, _)| name.starts_with(&input.name_prefix)).map(|(name, rule)| describe(name, rule));
    call.input::<Page>()?.of(shown.collect(), "Rules")
}

fn list_rule_names_by_target(bus: &Bus, call: &Call) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Input {
        target_arn: String,
    }
    let input: Input = call.input()?;
    let rules = bus.read();
    let aims = |rule: &RuleState| rule.targets.iter().any(|target| target.arn.to_string() == input.target_arn);
    let names = rules.iter().filter(|(_, rule)| aims(rule)).map(|(name, _)| json!(name)).collect();
    call.input::<Page>()?.of(names, "RuleNames")
}

fn put_rule(bus: &Arc<Bus>, call: &Call) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Input {
        name: String,
        event_pattern: Option<String>,
        schedule_expression: Option<String>,
        state: Option<String>,
        #[serde(default)]
        description: String,
        event_bus_name: Option<String>,
    }
    let input: Input = call.input()?;
    check_bus(bus, input.event_bus_name.as_deref())?;
    let named = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if input.name.is_empty() || input.name.len() > 64 || !input.name.chars().all(named) {
        return Err(ServiceError::validation("Value at 'name' failed to satisfy constraint: [\\.\\-_A-Za-z0-9]{1,64}"));
    }
    if input.event_pattern.is_none() && input.schedule_expression.is_none() {
        return Err(ServiceError::validation("Parameter(s) EventPattern or ScheduleExpression must be specified."));
    }
    let pattern = match input.event_pattern {
        Some(text) if text.chars().count() > limits::MAX_PATTERN_CHARACTERS => {
            let reason = format!("Event pattern is over {} characters.", limits::MAX_PATTERN_CHARACTERS);
            return Err(ServiceError::new(400, "LimitExceededException", reason));
        }
        Some(text) => {
            let pattern = read_pattern(&text)?;
            Some((text, pattern))
        }
        None => None,
    };
    let arn = bus.arn(format!("rule/{}", input.name));
    let targets = {
        let rules = bus.read();
        if !rules.contains_key(&input.name) && rules.len() >= limits::MAX_RULES {
            let reason = "The requested resource exceeds the maximum number allowed.";
            return Err(ServiceError::new(400, "LimitExceededException", reason));
        }
        rules.get(&input.name).map(|rule| rule.targets.clone()).unwrap_or_default()
    };
    let state = RuleState {
        arn: arn.clone(),
        description: input.description,
        enabled: input.state.as_deref() != Some("DISABLED"),
        pattern,
        schedule: input.schedule_expression,
        targets,
        generation: Arc::default(),
    };
    bus.add(NewRule::new(input.name, state)?);
    Ok(Reply::Json(json!({ "RuleArn": arn.to_string() })))
}

fn delete_rule(bus: &Bus, call: &Call) -> Answer {
    let input: RuleInput = call.input()?;
    check_bus(bus, input.event_bus_name.as_deref())?;
    let mut rules = bus.write();
    if rules.get(input.name()).is_some_and(|rule| !rule.targets.is_empty()) {
        return Err(ServiceError::validation("Rule can't be deleted since it has targets."));
    }
    rules.remove(input.name());
    Ok(Reply::Empty)
}

/// A target as the API writes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TargetInput {
    id: String,
    arn: String,
    input: Option<String>,
    retry_policy: Option<RetryInput>,
    dead_letter_config: Option<DeadLetterInput>,
    /// Everything else: options that are not served here.
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RetryInput {
    maximum_retry_attempts: Option<u32>,
    maximum_event_age_in_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetterInput {
    arn: Option<String>,
}

impl TargetInput {
    fn read(self) -> Result<Target, ServiceError> {
        if let Some(option) = self.other.keys().find(|key| *key != "RoleArn") {
            return Err(ServiceError::validation(format!(
                "The embedded cloud does not serve {option} of target {}. Leave it out, or use a deployed stack.",
                self.id
            )));
        }
        let arn = |text: &str| {
            text.parse::<Arn>()
                .map_err(|_| ServiceError::validation(format!("Parameter {text} is not valid. Reason: not an ARN.")))
        };
        let defaults = TargetRetryPolicy::default();
        let retry = self.retry_policy.map_or(defaults, |policy| TargetRetryPolicy {
            maximum_retry_attempts: policy.maximum_retry_attempts.unwrap_or(defaults.maximum_retry_attempts),
            maximum_event_age: policy
                .maximum_event_age_in_seconds
                .map_or(defaults.maximum_event_age, Duration::from_secs),
        });
        let age = retry.maximum_event_age.as_secs();
        if retry.maximum_retry_attempts > 185 || !(60..=86_400).contains(&age) {
            return Err(ServiceError::validation("RetryPolicy: 0 to 185 attempts, 60 to 86400 seconds."));
        }
        let dead_letter = self.dead_letter_config.and_then(|config| config.arn).map(|text| arn(&text)).transpose()?;
        Ok(Target { arn: arn(&self.arn)?, id: self.id, input: self.input, retry, dead_letter })
    }
}

fn show_target(target: &Target) -> Value {
    let mut shown = json!({
        "Id": target.id,
        "Arn": target.arn.to_string(),
        "RetryPolicy": {
            "MaximumRetryAttempts": target.retry.maximum_retry_attempts,
            "MaximumEventAgeInSeconds": target.retry.maximum_event_age.as_secs(),
        },
    });
    if let Some(input) = &target.input {
        shown["Input"] = json!(input);
    }
    if let Some(queue) = &target.dead_letter {
        shown["DeadLetterConfig"] = json!({ "Arn": queue.to_string() });
    }
    shown
}

fn list_targets(bus: &Bus, call: &Call) -> Answer {
    let page: Page = call.input()?;
    let Reply::Json(Value::Array(targets)) =
        named(bus, call, |_, rule| Ok(Value::Array(rule.targets.iter().map(show_target).collect())))?
    else {
        return page.of(Vec::new(), "Targets");
    };
    page.of(targets, "Targets")
}

fn put_targets(bus: &Bus, call: &Call) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Input {
        rule: String,
        targets: Vec<TargetInput>,
    }
    let input: Input = call.input()?;
    let targets = input.targets.into_iter().map(TargetInput::read).collect::<Result<Vec<_>, _>>()?;
    let mut rules = bus.write();
    let rule = rules.get_mut(&input.rule).ok_or_else(|| not_found(&input.rule))?;
    let mut all = rule.targets.clone();
    for target in targets {
        all.retain(|other| other.id != target.id);
        all.push(target);
    }
    if all.len() > limits::MAX_TARGETS {
        let reason = "The requested resource exceeds the maximum number allowed.";
        return Err(ServiceError::new(400, "LimitExceededException", reason));
    }
    rule.targets = all;
    Ok(Reply::Json(json!({ "FailedEntryCount": 0, "FailedEntries": [] })))
}

fn remove_targets(bus: &Bus, call: &Call) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Input {
        rule: String,
        ids: Vec<String>,
    }
    let input: Input = call.input()?;
    let mut rules = bus.write();
    let rule = rules.get_mut(&input.rule).ok_or_else(|| not_found(&input.rule))?;
    rule.targets.retain(|target| !input.ids.contains(&target.id));
    Ok(Reply::Json(json!({ "FailedEntryCount": 0, "FailedEntries": [] })))
}
