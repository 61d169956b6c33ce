//! The deployed system: what a template says once every parameter, condition and intrinsic function is resolved and the
//! SAM transform is applied. Pure data: `template` writes it, each service reads its part.

mod change;

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

pub use self::change::{Difference, StackChange, Unchangeable};
use crate::aws::Arn;

/// A stack, ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// The stack's name: `eventflow-order-system-dev`.
    pub name: String,
    /// The Region it runs in.
    pub region: String,
    /// The account it runs in, twelve digits.
    pub account: String,
    /// What must be acknowledged to deploy it: `CAPABILITY_IAM`, `CAPABILITY_AUTO_EXPAND`.
    pub capabilities: Vec<&'static str>,
    /// Template parameters by name, as resolved.
    pub parameters: BTreeMap<String, String>,
    /// The functions, in template order.
    pub functions: Vec<Function>,
    /// The tables, in template order.
    pub tables: Vec<Table>,
    /// The queues, in template order.
    pub queues: Vec<Queue>,
    /// The rules of the default event bus, in template order, those of SAM events included.
    pub rules: Vec<Rule>,
    /// The log groups, in template order, those of functions that name none included.
    pub log_groups: Vec<LogGroup>,
    /// The log resource policies: who else may write to a log group.
    pub log_policies: Vec<LogResourcePolicy>,
    /// Who may invoke its functions.
    pub permissions: Vec<Permission>,
    /// The HTTP API, when the template has one.
    pub api: Option<HttpApi>,
    /// The stack's outputs, in template order.
    pub outputs: Vec<Output>,
    /// Every resource that `ListStackResources` shows, those that the transform adds included.
    pub resources: Vec<Resource>,
}

/// One resource of the stack as CloudFormation lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The name in the template.
    pub logical_id: String,
    /// The name of the real thing: function name, queue URL, table name.
    pub physical_id: String,
    /// `AWS::Lambda::Function`, ...
    pub kind: String,
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// The name in the template.
    pub logical_id: String,
    /// The function's name: `createOrder`.
    pub name: String,
    /// Its ARN, unqualified.
    pub arn: Arn,
    /// The binary that runs it: `BuildProperties.Binary` of the build metadata.
    pub binary: String,
    /// `Handler`; `bootstrap` for custom runtimes.
    pub handler: String,
    /// `Runtime`: `provided.al2023`.
    pub runtime: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Memory in MB.
    pub memory_mb: u32,
    /// The time-out of one invocation.
    pub timeout: Duration,
    /// The environment the template gives it.
    pub environment: BTreeMap<String, String>,
    /// Reserved concurrency, when the template sets one.
    pub reserved_concurrency: Option<u32>,
    /// The log group it writes to.
    pub log_group: String,
    /// `JSON` or `Text`.
    pub log_format: LogFormat,
    /// What becomes of asynchronous invocations that fail.
    pub async_invoke: AsyncInvokeConfig,
    /// The permissions of its execution role.
    pub policy: Vec<PolicyStatement>,
}

/// A statement of a function's resource-based policy: `AWS::Lambda::Permission`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The statement's id.
    pub id: String,
    /// The function that may be invoked.
    pub function: Arn,
    /// The service that may: `events.amazonaws.com`.
    pub principal: &'static str,
    /// On behalf of what: the ARN of a rule, or of an API's route.
    pub source_arn: Arn,
}

/// How Lambda writes a function's log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, platform records included.
    Json,
    /// Text.
    Text,
}

/// The event-invoke config of a function.
///
/// Source of the defaults: <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsyncInvokeConfig {
    /// How often a failed invocation is tried again: 0 to 2, 2 by default.
    pub maximum_retry_attempts: u32,
    /// How long an event may wait: 60 s to 6 h, 6 h by default.
    pub maximum_event_age: Duration,
    /// Where records of discarded events go: a queue or a function.
    pub on_failure: Option<Arn>,
    /// Where records of successful invocations go.
    pub on_success: Option<Arn>,
}

impl Default for AsyncInvokeConfig {
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 2,
            maximum_event_age: Duration::from_secs(6 * 60 * 60),
            on_failure: None,
            on_success: None,
        }
    }
}

/// One statement of a permissions policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyStatement {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Actions, wildcards included: `dynamodb:PutItem`.
    pub actions: Vec<String>,
    /// Resource ARNs, wildcards included.
    pub resources: Vec<String>,
    /// The condition block as written, `Null` when there is none.
    pub condition: Value,
}

/// The effect of a policy statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The statement allows.
    Allow,
    /// The statement denies, whatever others allow.
    Deny,
}

/// A DynamoDB table, as the input of DynamoDB's own `CreateTable`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The name in the template.
    pub logical_id: String,
    /// The table's name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// The JSON input of `CreateTable`: keys, attributes, billing mode, indexes.
    pub create_table: Value,
    /// The attribute that holds a row's expiry, when time-to-live is enabled.
    pub ttl_attribute: Option<String>,
}

/// An SQS queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The name in the template.
    pub logical_id: String,
    /// The queue's name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// Queue attributes under their API names, as text: `MessageRetentionPeriod` -> `1209600`.
    pub attributes: BTreeMap<String, String>,
}

/// A rule of the default event bus.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The name in the template.
    pub logical_id: String,
    /// The rule's name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// The text for people; empty when there is none.
    pub description: String,
    /// Whether it starts enabled.
    pub enabled: bool,
    /// What makes it fire.
    pub trigger: Trigger,
    /// Where matching events go, at most five.
    pub targets: Vec<Target>,
}

/// What makes a rule fire.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// Events that match this pattern.
    EventPattern(Value),
    /// Time: `rate(1 minute)`. As written.
    Schedule(String),
}

/// A target of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The target's id within its rule.
    pub id: String,
    /// A function, a log group or a queue.
    pub arn: Arn,
    /// A constant JSON text handed over in place of the event.
    pub input: Option<String>,
    /// What to do when the delivery fails.
    pub retry: TargetRetryPolicy,
    /// The queue for what could not be delivered.
    pub dead_letter: Option<Arn>,
}

/// The retry policy of a rule's target.
///
/// Source of the defaults: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetRetryPolicy {
    /// 0 to 185, 185 by default.
    pub maximum_retry_attempts: u32,
    /// 60 s to 24 h, 24 h by default.
    pub maximum_event_age: Duration,
}

impl Default for TargetRetryPolicy {
    fn default() -> Self {
        Self { maximum_retry_attempts: 185, maximum_event_age: Duration::from_secs(24 * 60 * 60) }
    }
}

/// A CloudWatch log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    /// The name in the template; empty for a group that exists only because a function writes to it.
    pub logical_id: String,
    /// The group's name.
    pub name: String,
    /// Its ARN without the trailing `:*`.
    pub arn: Arn,
    /// After how many days lines expire; `None` keeps them for ever.
    pub retention_days: Option<u32>,
}

/// A CloudWatch Logs resource policy.
#[derive(Debug, Clone, PartialEq)]
pub struct LogResourcePolicy {
    /// Its name.
    pub name: String,
    /// The policy document.
    pub document: Value,
}

/// An HTTP API with Lambda proxy integrations of payload format 2.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpApi {
    /// The name in the template.
    pub logical_id: String,
    /// The API's id: ten letters and digits.
    pub id: String,
    /// The stage; `$default` has no path prefix.
    pub stage: String,
    /// The routes, in template order.
    pub routes: Vec<Route>,
    /// What browsers may do, when the template says so.
    pub cors: Option<Cors>,
}

/// A route of an HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `GET`, ..., or `ANY`.
    pub method: String,
    /// `/orders/{orderId}`; `{proxy+}` takes all that is left.
    pub path: String,
    /// The function that answers.
    pub function: Arn,
}

/// The CORS configuration of an HTTP API.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cors {
    /// Origins, or `*`.
    pub allow_origins: Vec<String>,
    /// Methods, or `*`.
    pub allow_methods: Vec<String>,
    /// Request headers, or `*`.
    pub allow_headers: Vec<String>,
    /// Response headers that scripts may read.
    pub expose_headers: Vec<String>,
    /// For how many seconds a browser may keep the preflight answer.
    pub max_age: Option<u32>,
    /// Whether cookies may be sent.
    pub allow_credentials: bool,
}

/// An output of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The output's name.
    pub key: String,
    /// Its resolved value.
    pub value: String,
    /// The text for people; empty when there is none.
    pub description: String,
}
