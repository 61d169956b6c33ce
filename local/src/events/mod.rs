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

pub use self::rule::NewRule;
use self::rule::RuleState;
use crate::{
    aws::{Call, Clock, Deliver, Reply, ServiceError},
    stack,
};

/// The name of the only bus that is served.
pub const DEFAULT_BUS: &str = "default";

/// The embedded EventBridge. Clones share one bus.
#[derive(Debug, Clone)]
pub struct EventBridge {
    bus: Arc<Bus>,
}

/// Why a rule of a template cannot run.
#[derive(Debug, thiserror::Error)]
#[error("rule {rule}: {reason}")]
pub struct RuleError {
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
    pub fn start(rules: &[stack::Rule], settings: BusSettings, deliver: Arc<dyn Deliver>) -> Result<Self, RuleError> {
        let rules = rules.iter().map(NewRule::of_template).collect::<Result<Vec<_>, _>>()?;
        let events = Self { bus: Arc::new(Bus { settings, rules: RwLock::default(), deliver }) };
        rules.into_iter().for_each(|rule| events.add(rule));
        Ok(events)
    }

    /// Adds a rule, in the place of one of that name; its schedule begins to run. Needs a Tokio runtime.
    pub fn add(&self, rule: NewRule) {
        self.bus.add(rule);
    }

    /// Removes a rule and its targets; its schedule ends. Events that it has matched are still delivered, as on AWS.
    pub fn remove(&self, name: &str) {
        self.bus.write().remove(name);
    }

    /// Whether there is a rule of that name.
    pub fn has(&self, name: &str) -> bool {
        self.bus.read().contains_key(name)
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
    fn add(self: &Arc<Self>, rule: NewRule) {
        let NewRule { name, state, period } = rule;
        let generation = state.generation.clone();
        self.write().insert(name.clone(), state);
        if let Some(period) = period {
            schedule::run(self, name, period, generation);
        }
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
