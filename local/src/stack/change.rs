//! What an update comes to: the difference between the stack as it runs and the stack as it shall be. Pure.

use std::{collections::BTreeSet, fmt};

use super::{Function, LogGroup, LogResourcePolicy, Permission, Queue, Resource, Rule, Stack};

/// What is added to a running stack, and what is taken from it.
#[derive(Debug, Clone, PartialEq)]
pub struct StackChange {
    /// The functions.
    pub functions: Difference<Function>,
    /// The queues.
    pub queues: Difference<Queue>,
    /// The rules.
    pub rules: Difference<Rule>,
    /// The log groups. One that is there only because a function wrote to it is no part of the stack, and stays.
    pub log_groups: Difference<LogGroup>,
    /// The log resource policies.
    pub log_policies: Difference<LogResourcePolicy>,
    /// Who may invoke functions.
    pub permissions: Difference<Permission>,
    /// Everything that CloudFormation lists: the above, and what nothing runs for here, such as roles and alarms.
    pub resources: Difference<Resource>,
}

/// What is new and what is gone of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<T> {
    /// In the new stack only.
    pub added: Vec<T>,
    /// In the old stack only.
    pub removed: Vec<T>,
}

/// Changes that cannot be made to a running stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchangeable {
    /// The resources, each with what would change: `ProcessPayment (Environment)`.
    pub resources: Vec<String>,
}

impl std::error::Error for Unchangeable {}

impl fmt::Display for Unchangeable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The embedded cloud cannot change {} while it runs. It adds and removes functions, rules, queues, log groups and log \
             resource policies, and leaves all others as they are. For anything else start it again with the new values, or \
             use a deployed stack. Nothing was changed.",
            self.resources.join(", ")
        )
    }
}

impl StackChange {
    /// What makes `new` of `old`.
    ///
    /// # Errors
    /// [`Unchangeable`] when something of both would change, or a table or the API would come or go.
    pub fn between(old: &Stack, new: &Stack) -> Result<Self, Unchangeable> {
        let mut fixed = Fixed::default();
        let change = Self {
            functions: Difference::between(
                &old.functions,
                &new.functions,
                |one| &one.name,
                |old, new| fixed.note(&old.logical_id, properties(old, new)),
            ),
            queues: Difference::between(
                &old.queues,
                &new.queues,
                |one| &one.name,
                |old, _| fixed.note(&old.logical_id, "attributes"),
            ),
            rules: Difference::between(
                &old.rules,
                &new.rules,
                |one| &one.name,
                |old, _| fixed.note(&old.logical_id, "pattern, state or targets"),
            ),
            log_groups: log_groups(old, new, &mut fixed),
            log_policies: Difference::between(
                &old.log_policies,
                &new.log_policies,
                |one| &one.name,
                |old, _| fixed.note(&old.name, "PolicyDocument"),
            ),
            permissions: Difference::between(
                &old.permissions,
                &new.permissions,
                |one| &one.id,
                |old, _| fixed.note(&old.id, "function or source"),
            ),
            resources: Difference::between(
                &old.resources,
                &new.resources,
                |one| &one.logical_id,
                |old, _| fixed.note(&old.logical_id, "name or type"),
            ),
        };
        fixed.note_tables(old, new);
        fixed.note_api(old, new);
        fixed.none().map(|()| change)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        let Self { functions, queues, rules, log_groups, log_policies, permissions, resources } = self;
        functions.is_empty()
            && queues.is_empty()
            && rules.is_empty()
            && log_groups.is_empty()
            && log_policies.is_empty()
            && permissions.is_empty()
            && resources.is_empty()
    }
}

impl<T: Clone + PartialEq> Difference<T> {
    /// Compares by `key`; what has the key of another and yet is not the same is told to `changed`.
    fn between(old: &[T], new: &[T], key: impl Fn(&T) -> &String, mut changed: impl FnMut(&T, &T)) -> Self {
        let find = |all: &[T], one: &T| all.iter().find(|other| key(other) == key(one)).cloned();
        for one in old {
            if let Some(other) = find(new, one).filter(|other| other != one) {
                changed(one, &other);
            }
        }
        let only_in =
            |these: &[T], those: &[T]| these.iter().filter(|one| find(those, one).is_none()).cloned().collect();
        Self { added: only_in(new, old), removed: only_in(old, new) }
    }
}

impl<T> Difference<T> {
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// What would have to change and cannot.
#[derive(Debug, Default)]
struct Fixed(BTreeSet<String>);

impl Fixed {
    fn note(&mut self, resource: &str, what: impl fmt::Display) {
        self.0.insert(format!("{resource} ({what})"));
    }

    fn note_tables(&mut self, old: &Stack, new: &Stack) {
        let either = old.tables.iter().filter(|one| !new.tables.contains(one));
        for table in either.chain(new.tables.iter().filter(|one| !old.tables.contains(one))) {
            self.note(&table.logical_id, "a table");
        }
    }

    fn note_api(&mut self, old: &Stack, new: &Stack) {
        if old.api != new.api
            && let Some(api) = old.api.as_ref().or(new.api.as_ref())
        {
            self.note(&api.logical_id, "routes or CORS");
        }
    }

    fn none(self) -> Result<(), Unchangeable> {
        if self.0.is_empty() { Ok(()) } else { Err(Unchangeable { resources: self.0.into_iter().collect() }) }
    }
}

fn log_groups(old: &Stack, new: &Stack, fixed: &mut Fixed) -> Difference<LogGroup> {
    let changed = |old: &LogGroup, _: &LogGroup| fixed.note(&old.logical_id, "RetentionInDays");
    let mut groups = Difference::between(&old.log_groups, &new.log_groups, |one| &one.name, changed);
    groups.removed.retain(|group| !group.logical_id.is_empty());
    groups
}

/// The properties in which two versions of a function differ, as the template names them.
fn properties(old: &Function, new: &Function) -> String {
    let differ = [
        ("Environment", old.environment != new.environment),
        ("Role", old.policy != new.policy),
        ("EventInvokeConfig", old.async_invoke != new.async_invoke),
        ("LoggingConfig", (&old.log_group, old.log_format) != (&new.log_group, new.log_format)),
        ("ReservedConcurrentExecutions", old.reserved_concurrency != new.reserved_concurrency),
        ("MemorySize", old.memory_mb != new.memory_mb),
        ("Timeout", old.timeout != new.timeout),
    ];
    let names: Vec<&str> = differ.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    if names.is_empty() { "its code or events".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::template::{TemplateOptions, load};

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    fn own(parameters: &[(&str, &str)]) -> Stack {
        stack(TEMPLATE, parameters)
    }

    fn stack(template: &str, parameters: &[(&str, &str)]) -> Stack {
        let options = TemplateOptions {
            stack_name: "shop".into(),
            region: "eu-west-1".into(),
            account: "111122223333".into(),
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            endpoint_url: "http://127.0.0.1:4566".into(),
            api_url: "http://127.0.0.1:4567".into(),
        };
        load(template, &options).unwrap()
    }

    fn refused(old: &Stack, new: &Stack) -> String {
        StackChange::between(old, new).unwrap_err().to_string()
    }

    #[test]
    fn a_service_that_comes_is_all_that_comes() {
        let (without, with) = (own(&[]), own(&[("FraudDetection", "on")]));
        let change = StackChange::between(&without, &with).unwrap();
        let names = |functions: &[Function]| functions.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&change.functions.added), ["detectFraud"]);
        assert_eq!((change.rules.added.len(), change.queues.added.len(), change.log_groups.added.len()), (1, 1, 1));
        assert!(change.log_policies.is_empty());
        assert!(change.resources.added.iter().all(|one| one.logical_id.starts_with("DetectFraud")), "{change:?}");
        assert!(change.resources.removed.is_empty() && change.functions.removed.is_empty());

        let back = StackChange::between(&with, &without).unwrap();
        assert_eq!(back.resources.removed, change.resources.added);
        assert_eq!(back.rules.removed, change.rules.added);
        assert!(back.functions.added.is_empty() && !back.is_empty());
    }

    #[test]
    fn what_stays_as_it_is_is_no_change() {
        assert!(StackChange::between(&own(&[]), &own(&[])).unwrap().is_empty());
    }

    #[test]
    fn what_runs_is_not_changed_and_each_resource_that_would_be_is_named() {
        let now = own(&[]);
        let rate = refused(&now, &own(&[("PaymentApprovalRate", "0.5"), ("FraudDetection", "on")]));
        assert!(rate.contains("cannot change ProcessPayment (Environment) while it runs"), "{rate}");
        let retention = refused(&now, &own(&[("LogRetentionDays", "7")]));
        assert!(retention.contains("EventLogGroup (RetentionInDays), GetOrderLogs (RetentionInDays)"), "{retention}");
        let stage = refused(&now, &own(&[("Stage", "prod")]));
        assert!(stage.contains("OrdersTable (a table)") && stage.contains("CreateOrder (name or type)"), "{stage}");
    }

    #[test]
    fn tables_and_routes_neither_come_nor_go() {
        let without = stack("Resources:\n  Q: {Type: AWS::SQS::Queue}\n", &[]);
        let table = "Resources:\n  Q: {Type: AWS::SQS::Queue}\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties: {TableName: t}\n";
        let api = "Resources:\n  Q: {Type: AWS::SQS::Queue}\n  A: {Type: AWS::Serverless::HttpApi}\n";
        assert!(refused(&without, &stack(table, &[])).contains("cannot change T (a table)"));
        assert!(refused(&stack(table, &[]), &without).contains("cannot change T (a table)"));
        assert!(refused(&without, &stack(api, &[])).contains("cannot change A (routes or CORS)"));
    }
}
