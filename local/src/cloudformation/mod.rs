//! CloudFormation: what the stack consists of, and updates of it while it runs.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html>, Query protocol.

mod record;
mod update;
mod xml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use futures::future::BoxFuture;
use http::{Response, header::CONTENT_TYPE};
use jiff::Timestamp;
use tokio_util::task::TaskTracker;

use self::{
    record::Record,
    update::Update,
    xml::{Form, element, member},
};
use crate::{
    aws::{Call, Reply, ServiceError},
    stack::{Stack, StackChange},
    template::TemplateOptions,
};

/// Resources or events of one answer.
const PAGE: usize = 100;

/// What a stack is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    /// The text of the template.
    pub template: String,
    /// Where and how it is deployed.
    pub options: TemplateOptions,
}

/// Changes what runs. The cloud implements it over its services.
pub trait Deployment: std::fmt::Debug + Send + Sync {
    /// Checks that the change can be made as things are, and answers what makes it. Nothing is changed before that is awaited.
    ///
    /// # Errors
    /// Why it cannot be made, for people.
    fn prepare(&self, change: StackChange) -> Result<BoxFuture<'static, ()>, String>;
}

/// The embedded CloudFormation: one stack, which can be updated. Clones share it.
#[derive(Debug, Clone)]
pub struct CloudFormation {
    record: Arc<Mutex<Record>>,
    deployment: Arc<dyn Deployment>,
    /// Updates under way.
    tasks: TaskTracker,
}

impl CloudFormation {
    /// The service with that stack, deployed now. Updates of it run among `tasks`.
    pub fn new(blueprint: Blueprint, stack: Stack, deployment: Arc<dyn Deployment>, tasks: TaskTracker) -> Self {
        let record = Record::new(blueprint, stack, Timestamp::now());
        Self { record: Arc::new(Mutex::new(record)), deployment, tasks }
    }

    /// The stack as it was deployed or updated last.
    pub fn stack(&self) -> Arc<Stack> {
        Arc::clone(&self.record().stack)
    }

    /// Answers one call.
    ///
    /// # Errors
    /// `ValidationError` when there is no such stack or the update cannot be made, `InsufficientCapabilitiesException`,
    /// `UnknownOperationException` for what is not served.
    pub async fn handle(&self, call: Call) -> Result<Reply, ServiceError> {
        let form = Form::read(&call.body);
        let action = form.get("Action").unwrap_or_default();
        if form.get("StackName").is_some() || action != "DescribeStacks" && action != "ListStacks" {
            self.check_name(form.get("StackName").unwrap_or_default())?;
        }
        let result = match action {
            "DescribeStacks" => describe(&self.record()),
            "ListStacks" => list(&self.record()),
            "ListStackResources" => resources(&self.record(), form.get("NextToken"))?,
            "DescribeStackEvents" => events(&self.record(), form.get("NextToken"))?,
            "UpdateStack" => self.update(&form)?,
            other => return Err(ServiceError::unsupported("CloudFormation", other)),
        };
        let body = format!(
            "<{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{action}Result>{result}\
</{action}Result><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{action}Response>",
            call.request_id
        );
        let response = Response::builder().header(CONTENT_TYPE, "text/xml").body(Body::from(body));
        response.map(Reply::Http).map_err(|error| ServiceError::new(500, "InternalFailure", error.to_string()))
    }

    /// Begins an update. It is done when the stack's status says so.
    ///
    /// Divergence from AWS: what goes is gone before `UPDATE_COMPLETE`; there is no clean-up after it.
    fn update(&self, form: &Form) -> Result<String, ServiceError> {
        let mut record = self.record();
        let Update { blueprint, stack, change } = update::plan(&record, form)?;
        let resources = change.resources.clone();
        let work = self.deployment.prepare(change).map_err(validation)?;
        record.begin(&resources, Timestamp::now());
        let shared = self.clone();
        self.tasks.spawn(async move {
            work.await;
            shared.record().finish(blueprint, stack, Timestamp::now());
        });
        let mut xml = String::new();
        element(&mut xml, "StackId", &record.id);
        Ok(xml)
    }

    fn check_name(&self, name: &str) -> Result<(), ServiceError> {
        let record = self.record();
        if name == record.stack.name || name == record.id {
            return Ok(());
        }
        Err(validation(format!("Stack with id {name} does not exist")))
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn validation(message: impl Into<String>) -> ServiceError {
    ServiceError::new(400, "ValidationError", message)
}

fn describe(record: &Record) -> String {
    let mut xml = String::from("<Stacks><member>");
    head(&mut xml, record);
    xml.push_str("<Capabilities>");
    record.stack.capabilities.iter().for_each(|capability| element(&mut xml, "member", capability));
    xml.push_str("</Capabilities><Parameters>");
    for (key, value) in &record.stack.parameters {
        member(&mut xml, &[("ParameterKey", key), ("ParameterValue", value)]);
    }
    xml.push_str("</Parameters><Outputs>");
    for output in &record.stack.outputs {
        let fields = [("OutputKey", &output.key), ("OutputValue", &output.value), ("Description", &output.description)];
        member(&mut xml, &fields.map(|(name, value)| (name, value.as_str())));
    }
    xml.push_str("</Outputs></member></Stacks>");
    xml
}

fn list(record: &Record) -> String {
    let mut xml = String::from("<StackSummaries><member>");
    head(&mut xml, record);
    xml.push_str("</member></StackSummaries>");
    xml
}

fn head(xml: &mut String, record: &Record) {
    element(xml, "StackName", &record.stack.name);
    element(xml, "StackId", &record.id);
    element(xml, "CreationTime", &record.created.to_string());
    if let Some(updated) = record.updated {
        element(xml, "LastUpdatedTime", &updated.to_string());
    }
    element(xml, "StackStatus", record.status);
}

fn resources(record: &Record, token: Option<&str>) -> Result<String, ServiceError> {
    page("StackResourceSummaries", &record.resources, token, |xml, listed| {
        let fields = [
            ("LogicalResourceId", listed.resource.logical_id.as_str()),
            ("PhysicalResourceId", &listed.resource.physical_id),
            ("ResourceType", &listed.resource.kind),
            ("LastUpdatedTimestamp", &listed.at.to_string()),
            ("ResourceStatus", listed.status),
        ];
        member(xml, &fields);
    })
}

fn events(record: &Record, token: Option<&str>) -> Result<String, ServiceError> {
    page("StackEvents", record.events.iter(), token, |xml, event| {
        let fields = [
            ("EventId", event.id.as_str()),
            ("StackId", &record.id),
            ("StackName", &record.stack.name),
            ("LogicalResourceId", &event.resource.logical_id),
            ("PhysicalResourceId", &event.resource.physical_id),
            ("ResourceType", &event.resource.kind),
            ("Timestamp", &event.at.to_string()),
            ("ResourceStatus", event.status),
        ];
        member(xml, &fields);
    })
}

/// One page of a list, and the token of the next one: the place where it begins.
fn page<T>(
    name: &str,
    all: impl IntoIterator<Item = T>,
    token: Option<&str>,
    show: impl Fn(&mut String, T),
) -> Result<String, ServiceError> {
    let start: usize = token.map_or(Ok(0), str::parse).map_err(|_| validation("NextToken is not valid"))?;
    let mut rest = all.into_iter().skip(start);
    let mut xml = format!("<{name}>");
    rest.by_ref().take(PAGE).for_each(|one| show(&mut xml, one));
    xml.push_str(&format!("</{name}>"));
    if rest.next().is_some() {
        element(&mut xml, "NextToken", &(start + PAGE).to_string());
    }
    Ok(xml)
}
