//! Puts together what was read: which function has which role, which rules and which queues.

use std::collections::HashMap;

use super::{
    bus::{Target, Trigger},
    functions::Described,
};
use crate::{
    app::{Function, FunctionRole, Subscription},
    cloud::FunctionResources,
};

/// A function with its role and the ARNs of its dead-letter queues.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    name: String,
    role: FunctionRole,
    log_group: String,
    rules: Vec<String>,
    pub(super) dead_letters: Vec<String>,
}

impl Found {
    /// Its physical names; `urls` are the queues' by ARN.
    pub(super) fn resources(&self, urls: &HashMap<String, String>) -> FunctionResources {
        FunctionResources {
            name: self.name.clone(),
            log_group: self.log_group.clone(),
            rules: self.rules.clone(),
            dead_letter_queues: self.dead_letters.iter().filter_map(|arn| urls.get(arn).cloned()).collect(),
        }
    }

    pub(super) fn into_function(self) -> Function {
        Function { name: self.name, role: self.role }
    }
}

/// The functions, those behind the API first, then those on schedules, then the consumers, each in the order given.
pub(super) fn assemble(functions: Vec<Described>, targets: &[Target]) -> Vec<Found> {
    let mut found: Vec<Found> = functions.into_iter().map(|function| join(function, targets)).collect();
    found.sort_by_key(|function| match &function.role {
        FunctionRole::Api(_) => 0,
        FunctionRole::Scheduled(_) => 1,
        FunctionRole::Consumer(_) => 2,
    });
    found
}

fn join(function: Described, targets: &[Target]) -> Found {
    let aimed: Vec<&Target> = targets.iter().filter(|target| is_of(&target.arn, &function.arn)).collect();
    let mut dead_letters: Vec<String> = function.on_failure.iter().cloned().collect();
    for arn in aimed.iter().filter_map(|target| target.dead_letters.as_ref()) {
        if !dead_letters.contains(arn) {
            dead_letters.push(arn.clone());
        }
    }
    Found {
        role: role(&function, &aimed),
        rules: aimed.iter().map(|target| target.rule.clone()).collect(),
        name: function.name,
        log_group: function.log_group,
        dead_letters,
    }
}

/// Whether a target's ARN is the function's, with or without a version.
fn is_of(target: &str, function: &str) -> bool {
    target.strip_prefix(function).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

fn role(function: &Described, aimed: &[&Target]) -> FunctionRole {
    let subscriptions = aimed.iter().filter_map(|target| match &target.trigger {
        Trigger::Pattern(pattern) => Some(Subscription { rule: target.rule.clone(), pattern: pattern.clone() }),
        Trigger::Schedule(_) => None,
    });
    let subscriptions: Vec<Subscription> = subscriptions.collect();
    if !subscriptions.is_empty() {
        return FunctionRole::Consumer(subscriptions);
    }
    let schedule = aimed.iter().find_map(|target| match &target.trigger {
        Trigger::Schedule(expression) => Some(expression.clone()),
        Trigger::Pattern(_) => None,
    });
    schedule.map_or_else(|| FunctionRole::Api(routes(function)), FunctionRole::Scheduled)
}

/// The routes, or, where nobody tells them, what the function's name gives away: `get...` reads, the others write.
fn routes(function: &Described) -> Vec<String> {
    match &function.routes {
        told if !told.is_empty() => told.clone(),
        _ if ["get", "list", "read"].iter().any(|verb| function.name.starts_with(verb)) => {
            vec!["GET HTTP API".to_owned()]
        }
        _ => vec!["HTTP API".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(name: &str, on_failure: Option<&str>) -> Described {
        let arn = format!("arn:aws:lambda:r:1:function:{name}");
        Described { name: name.into(), arn, on_failure: on_failure.map(Into::into), ..Described::default() }
    }

    fn target(rule: &str, trigger: Trigger, function: &str, queue: &str) -> Target {
        let arn = format!("arn:aws:lambda:r:1:function:{function}");
        Target { rule: rule.into(), trigger, arn, dead_letters: Some(queue.into()) }
    }

    #[test]
    fn each_function_gets_its_role_rules_and_queues_and_callers_come_first() {
        let pattern = json!({"source": ["eventflow.orders"]});
        let targets = [
            target("r1", Trigger::Pattern(pattern.clone()), "pay", "q1"),
            target("r2", Trigger::Pattern(pattern.clone()), "pay", "q2"),
            target("r3", Trigger::Schedule("rate(1 minute)".into()), "again", "q3"),
            target("r4", Trigger::Pattern(pattern), "payMore", "q4"),
        ];
        let functions = vec![described("pay", Some("q1")), described("again", None), described("create", None)];
        let found = assemble(functions, &targets);
        assert_eq!(found.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["create", "again", "pay"]);
        assert_eq!(found[0].role, FunctionRole::Api(vec!["HTTP API".into()]));
        assert_eq!(found[1].role, FunctionRole::Scheduled("rate(1 minute)".into()));
        assert_eq!(
            (&found[2].rules[..], &found[2].dead_letters[..]),
            (&["r1".into(), "r2".into()][..], &["q1".into(), "q2".into()][..])
        );
        let urls = [("q1".to_owned(), "http://q1".to_owned())].into();
        assert_eq!(found[2].resources(&urls).dead_letter_queues, ["http://q1"]);
    }
}
