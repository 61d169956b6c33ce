//! Resource policies of log groups: whether EventBridge may write.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html> (CloudWatch Logs permissions).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{aws::Arn, stack::LogResourcePolicy};

const PRINCIPAL: &str = "events.amazonaws.com";
const ACTION: &str = "logs:PutLogEvents";

/// Who may write where.
#[derive(Debug, Default)]
pub(super) struct WriteAccess {
    /// By policy: resource patterns of the statements that let EventBridge put log events.
    resources: BTreeMap<String, Vec<String>>,
}

impl WriteAccess {
    /// Puts a policy in force, in the place of one of that name.
    pub(super) fn add(&mut self, policy: &LogResourcePolicy) {
        let statements = list(&policy.document["Statement"]).into_iter();
        let allowing = statements.filter(|statement| {
            statement["Effect"] == "Allow"
                && texts(&statement["Principal"]["Service"]).contains(&PRINCIPAL)
                && texts(&statement["Action"]).iter().any(|action| matches!(*action, ACTION | "logs:*" | "*"))
        });
        let resources = allowing.flat_map(|statement| texts(&statement["Resource"])).map(str::to_owned).collect();
        self.resources.insert(policy.name.clone(), resources);
    }

    /// Takes a policy out of force.
    pub(super) fn remove(&mut self, policy: &str) {
        self.resources.remove(policy);
    }

    /// Whether EventBridge may write to that group. Policies name the group's streams (`…:*`), so both forms are looked at.
    pub(super) fn allows_events(&self, group: &Arn) -> bool {
        let plain = group.to_string();
        let plain = plain.strip_suffix(":*").unwrap_or(&plain);
        let streams = format!("{plain}:log-stream:any");
        self.resources.values().flatten().any(|pattern| covers(pattern, plain) || covers(pattern, &streams))
    }
}

/// Whether a resource pattern with `*` covers an ARN.
fn covers(pattern: &str, arn: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == arn,
        Some((start, rest)) => arn.strip_prefix(start).is_some_and(|tail| {
            rest.is_empty()
                || (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| covers(rest, &tail[at..]))
        }),
    }
}

fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |all| all.iter().collect())
}

fn texts(value: &Value) -> Vec<&str> {
    list(value).into_iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn access(resource: &str) -> WriteAccess {
        let document = json!({"Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": resource,
        }]});
        let mut access = WriteAccess::default();
        access.add(&LogResourcePolicy { name: "p".into(), document });
        access
    }

    #[test]
    fn a_policy_lets_in_where_it_says_and_nowhere_else() {
        let group: Arn = "arn:aws:logs:us-east-1:0:log-group:/aws/events/orders".parse().expect("an ARN");
        assert!(access("arn:aws:logs:us-east-1:0:log-group:/aws/events/*:*").allows_events(&group));
        assert!(access("arn:aws:logs:us-east-1:0:log-group:/aws/events/orders:*").allows_events(&group));
        assert!(!access("arn:aws:logs:us-east-1:0:log-group:/aws/events/other:*").allows_events(&group));
        let mut gone = access("*");
        assert!(gone.allows_events(&group));
        gone.remove("p");
        assert!(!gone.allows_events(&group));
    }
}
