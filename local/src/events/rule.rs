//! A rule as it stands now.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{RuleError, schedule};
use crate::{
    aws::{Arn, ServiceError},
    event_pattern::{Pattern, PatternError},
    stack::{self, Target, Trigger},
};

/// A rule of the bus.
#[derive(Debug, Clone)]
pub(super) struct RuleState {
    pub(super) arn: Arn,
    pub(super) description: String,
    pub(super) enabled: bool,
    /// The pattern as it was given, and as it is matched.
    pub(super) pattern: Option<(String, Pattern)>,
    /// The schedule expression as it was given.
    pub(super) schedule: Option<String>,
    pub(super) targets: Vec<Target>,
    /// Tells this version of the rule from later ones of the same name, so that an old schedule ends.
    pub(super) generation: Arc<()>,
}

/// A rule that is found to be valid, ready to be added.
#[derive(Debug)]
pub struct NewRule {
    pub(super) name: String,
    pub(super) state: RuleState,
    /// Of its schedule, when it has one.
    pub(super) period: Option<Duration>,
}

impl NewRule {
    /// The rule of a template.
    ///
    /// # Errors
    /// When its pattern or schedule is not valid.
    pub fn of_template(rule: &stack::Rule) -> Result<Self, RuleError> {
        let refused = |reason: String| RuleError { rule: rule.logical_id.clone(), reason };
        let state = RuleState::of_template(rule).map_err(|error| refused(error.to_string()))?;
        Self::new(rule.name.clone(), state).map_err(|error| refused(error.message))
    }

    pub(super) fn new(name: String, state: RuleState) -> Result<Self, ServiceError> {
        let period = state.schedule.as_deref().map(schedule::period).transpose()?;
        Ok(Self { name, state, period })
    }
}

impl RuleState {
    fn of_template(rule: &stack::Rule) -> Result<Self, PatternError> {
        let (pattern, schedule) = match &rule.trigger {
            Trigger::EventPattern(pattern) => (Some((pattern.to_string(), Pattern::from_value(pattern)?)), None),
            Trigger::Schedule(expression) => (None, Some(expression.clone())),
        };
        Ok(Self {
            arn: rule.arn.clone(),
            description: rule.description.clone(),
            enabled: rule.enabled,
            pattern,
            schedule,
            targets: rule.targets.clone(),
            generation: Arc::default(),
        })
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        self.pattern.as_ref().is_some_and(|(_, pattern)| pattern.matches(event))
    }
}
