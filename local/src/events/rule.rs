//! A rule as it stands now.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    aws::Arn,
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

impl RuleState {
    pub(super) fn of_template(rule: &stack::Rule) -> Result<Self, PatternError> {
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
