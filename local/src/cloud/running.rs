//! What runs of a stack: how it starts, and how an update changes it.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use tokio_util::sync::CancellationToken;

use super::{apis::LambdaLogs, router::Router};
use crate::{
    aws::{Clock, Principal},
    cloudformation::Deployment,
    events::{BusSettings, EventBridge, NewRule, RuleError},
    gateway::{AccessKey, Credentials},
    lambda::{FunctionPrograms, FunctionSetup, Lambda, LambdaOptions, LambdaServices},
    logs::Logs,
    sqs::Sqs,
    stack::{Function, Stack, StackChange},
};

/// The services that an update adds to and takes from. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) credentials: Credentials,
    pub(super) events: EventBridge,
    pub(super) lambda: Lambda,
    pub(super) logs: Logs,
    pub(super) sqs: Sqs,
}

/// What the services run in.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) clock: Clock,
    /// The gateway's address.
    pub(super) endpoint_url: String,
    pub(super) stop: CancellationToken,
}

impl Running {
    /// Starts the services with what the stack has of each. Must be called within a Tokio runtime.
    pub(super) fn start(
        stack: &Stack,
        credentials: Credentials,
        programs: FunctionPrograms,
        surroundings: &Surroundings,
    ) -> Result<Self, RuleError> {
        let Surroundings { clock, endpoint_url, stop } = surroundings;
        let Stack { region, account, .. } = stack;
        let logs = Logs::new(&stack.log_groups, &stack.log_policies, region, account, *clock);
        let sqs = Sqs::new(&stack.queues, endpoint_url, region, account);
        let router = Arc::new(Router::new(logs.clone(), sqs.clone()));
        let services = LambdaServices {
            clock: *clock,
            deliver: router.clone(),
            logs: Arc::new(LambdaLogs(logs.clone())),
            endpoint_url: endpoint_url.clone(),
            cancel: stop.clone(),
        };
        let functions = stack.functions.iter().map(|function| set_up(function, &credentials)).collect();
        let lambda = Lambda::start(functions, programs, &LambdaOptions::new(std::env::temp_dir()), &services);
        stack.permissions.iter().for_each(|permission| lambda.permit(permission.clone()));
        router.connect(lambda.clone());
        let settings =
            BusSettings { account: account.clone(), region: region.clone(), clock: *clock, stop: stop.clone() };
        let events = EventBridge::start(&stack.rules, settings, router)?;
        Ok(Self { credentials, events, lambda, logs, sqs })
    }
}

impl Deployment for Running {
    fn prepare(&self, change: StackChange) -> Result<BoxFuture<'static, ()>, String> {
        self.check_names(&change)?;
        let rules = change.rules.added.iter().map(NewRule::of_template).collect::<Result<Vec<_>, _>>();
        let rules = rules.map_err(|error| error.to_string())?;
        let running = self.clone();
        Ok(async move {
            running.add(&change, rules);
            running.remove(&change).await;
        }
        .boxed())
    }
}

impl Running {
    /// What comes must not be there: somebody made it by another way, and CloudFormation takes nothing over.
    fn check_names(&self, change: &StackChange) -> Result<(), String> {
        let taken = |id: &str, name: &str| Err(format!("{id} cannot be created: {name} already exists"));
        let queues = change.queues.added.iter().find(|queue| self.sqs.has(&queue.name));
        let rules = change.rules.added.iter().find(|rule| self.events.has(&rule.name));
        // A group that only a function's writing makes has no logical id, and may be there.
        let own_groups = change.log_groups.added.iter().filter(|group| !group.logical_id.is_empty());
        let groups = own_groups.into_iter().find(|group| self.logs.has_group(&group.name));
        match (queues, rules, groups) {
            (Some(queue), ..) => taken(&queue.logical_id, &queue.name),
            (_, Some(rule), _) => taken(&rule.logical_id, &rule.name),
            (.., Some(group)) => taken(&group.logical_id, &group.name),
            (None, None, None) => Ok(()),
        }
    }

    /// What others need comes first: the rules last, so that a function hears nothing before it is whole.
    fn add(&self, change: &StackChange, rules: Vec<NewRule>) {
        change.log_groups.added.iter().for_each(|group| self.logs.add_group(group));
        change.log_policies.added.iter().for_each(|policy| self.logs.add_policy(policy));
        change.queues.added.iter().for_each(|queue| self.sqs.add(queue));
        for function in &change.functions.added {
            self.lambda.add(set_up(function, &self.credentials));
        }
        change.permissions.added.iter().for_each(|permission| self.lambda.permit(permission.clone()));
        rules.into_iter().for_each(|rule| self.events.add(rule));
    }

    /// The other way round. A log group goes when its function is gone, or the function's last line would bring it back.
    async fn remove(&self, change: &StackChange) {
        change.rules.removed.iter().for_each(|rule| self.events.remove(&rule.name));
        change.permissions.removed.iter().for_each(|permission| self.lambda.forbid(&permission.id));
        for function in &change.functions.removed {
            self.lambda.remove(&function.name).await;
            self.credentials.revoke(&Principal::Function(function.name.clone()));
        }
        change.queues.removed.iter().for_each(|queue| self.sqs.remove(&queue.name));
        change.log_policies.removed.iter().for_each(|policy| self.logs.remove_policy(&policy.name));
        change.log_groups.removed.iter().for_each(|group| self.logs.remove_group(&group.name));
    }
}

/// A function with a key of its own, so that the gateway knows who calls.
fn set_up(function: &Function, credentials: &Credentials) -> FunctionSetup {
    let key = AccessKey::temporary();
    let variables = [
        ("AWS_ACCESS_KEY_ID", Some(key.id.clone())),
        ("AWS_SECRET_ACCESS_KEY", Some(key.secret.clone())),
        ("AWS_SESSION_TOKEN", key.session_token.clone()),
    ];
    credentials.admit(key, Principal::Function(function.name.clone()));
    let variables = variables.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    FunctionSetup { spec: function.clone(), credentials: variables }
}
