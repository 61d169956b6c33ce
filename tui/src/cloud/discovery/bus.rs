//! The rules of the default bus and what they aim at.

use futures::future::try_join_all;
use serde_json::Value;

use super::{DiscoveryError, failed};
use crate::cloud::Connection;

/// One target of one rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub(super) rule: String,
    pub(super) trigger: Trigger,
    /// The ARN of what it aims at.
    pub(super) arn: String,
    /// The ARN of the queue for what could not be delivered.
    pub(super) dead_letters: Option<String>,
}

/// What makes a rule fire.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trigger {
    Pattern(Value),
    Schedule(String),
}

/// All targets of all rules of the default bus.
pub(super) async fn targets(connection: &Connection) -> Result<Vec<Target>, DiscoveryError> {
    let mut rules = Vec::new();
    let mut token = None;
    loop {
        let call = connection.events.list_rules().set_next_token(token);
        let page = call.send().await.map_err(failed(|| "listing the rules of the default bus".to_owned()))?;
        for rule in page.rules() {
            let schedule = rule.schedule_expression().map(|text| Trigger::Schedule(text.to_owned()));
            let pattern = || Some(Trigger::Pattern(serde_json::from_str(rule.event_pattern()?).ok()?));
            if let (Some(name), Some(trigger)) = (rule.name(), schedule.or_else(pattern)) {
                rules.push((name.to_owned(), trigger));
            }
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let targets = rules.into_iter().map(|(rule, trigger)| targets_of(connection, rule, trigger));
    Ok(try_join_all(targets).await?.into_iter().flatten().collect())
}

async fn targets_of(connection: &Connection, rule: String, trigger: Trigger) -> Result<Vec<Target>, DiscoveryError> {
    let mut targets = Vec::new();
    let mut token = None;
    loop {
        let call = connection.events.list_targets_by_rule().rule(&rule).set_next_token(token);
        let page = call.send().await.map_err(failed(|| format!("listing the targets of the rule {rule}")))?;
        targets.extend(page.targets().iter().map(|target| Target {
            rule: rule.clone(),
            trigger: trigger.clone(),
            arn: target.arn().to_owned(),
            dead_letters: target.dead_letter_config().and_then(|config| config.arn()).map(str::to_owned),
        }));
        token = page.next_token;
        if token.is_none() {
            return Ok(targets);
        }
    }
}
