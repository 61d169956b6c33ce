//! EventBridge: the default event bus, its rules, and the way from an event to every target whose rule it matches.

mod api;
mod delivery;
mod put_events;
mod rule;
mod schedule;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::rule::RuleState;
use crate::{
    aws::{Call, Clock, Deliver, Reply, ServiceError},
    event_pattern::PatternError,
    stack,
};

/// The name of the only bus that is served.
pub const DEFAULT_BUS: &str = "default";

/// The embedded EventBridge. Clones share one bus.
#[derive(Debug, Clone)]
pub struct EventBridge {
    bus: Arc<Bus>,
}

/// Why EventBridge did not start.
#[derive(Debug, thiserror::Error)]
#[error("rule {rule}: {reason}")]
pub struct StartError {
    rule: String,
    reason: String,
}

/// Where a bus is, and what it works with.
#[derive(Debug, Clone)]
pub struct BusSettings {
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// How fast AWS's waits pass.
    pub clock: Clock,
    /// Cancelled when the cloud stops.
    pub stop: CancellationToken,
}

#[derive(Debug)]
struct Bus {
    settings: BusSettings,
    rules: RwLock<BTreeMap<String, RuleState>>,
    deliver: Arc<dyn Deliver>,
}

impl EventBridge {
    /// A default bus with these rules; their schedules begin to run. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When a rule's pattern or schedule is not valid.
    pub fn start(rules: &[stack::Rule], settings: BusSettings, deliver: Arc<dyn Deliver>) -> Result<Self, StartError> {
        let bus = Arc::new(Bus { settings, rules: RwLock::default(), deliver });
        for rule in rules {
            let state = RuleState::of_template(rule).map_err(|error: PatternError| StartError {
                rule: rule.logical_id.clone(),
                reason: error.to_string(),
            })?;
            bus.add(&rule.name, state)
                .map_err(|error| StartError { rule: rule.logical_id.clone(), reason: error.message })?;
        }
        Ok(Self { bus })
    }

    /// Answers one call.
    ///
    /// # Errors
    /// As the operation's API reference lists them.
    pub async fn handle(&self, call: Call) -> Result<Reply, ServiceError> {
        api::handle(&self.bus, call).await
    }
}

impl Bus {
    /// Puts a rule in the place of the one of that name, and starts its schedule when it has one.
    fn add(self: &Arc<Self>, name: &str, state: RuleState) -> Result<(), ServiceError> {
        let period = state.schedule.as_deref().map(schedule::period).transpose()?;
        let generation = state.generation.clone();
        self.write().insert(name.to_owned(), state);
        if let Some(period) = period {
            schedule::run(self, name.to_owned(), period, generation);
        }
        Ok(())
    }

    /// Hands an event to every target of every enabled rule that matches it. Returns once each delivery was tried once;
    /// those that may still succeed go on by themselves.
    async fn route(self: &Arc<Self>, event: Value) {
        let matching: Vec<_> = {
            let rules = self.read();
            let enabled = rules.values().filter(|rule| rule.enabled && rule.matches(&event));
            enabled.flat_map(|rule| rule.targets.iter().map(|target| (rule.arn.clone(), target.clone()))).collect()
        };
        if matching.is_empty() {
            return;
        }
        let text: Arc<str> = event.to_string().into();
        for (rule, target) in matching {
            delivery::deliver(self, rule, target, Arc::clone(&text)).await;
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, RuleState>> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, RuleState>> {
        self.rules.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ARN of a thing of this bus.
    fn arn(&self, resource: String) -> crate::aws::Arn {
        crate::aws::Arn {
            partition: "aws".into(),
            service: "events".into(),
            region: self.settings.region.clone(),
            account: self.settings.account.clone(),
            resource,
        }
    }
}
