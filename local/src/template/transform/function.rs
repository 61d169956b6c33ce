//! `AWS::Serverless::Function`.

use std::{collections::BTreeMap, time::Duration};

use super::{Declared, Draft, Result, event, iam};
use crate::{
    aws::limits::lambda as limits,
    stack::{AsyncInvokeConfig, Function, LogFormat, LogGroup},
    template::node::Node,
};

const PROPERTIES: [&str; 16] = [
    "FunctionName",
    "Description",
    "CodeUri",
    "Handler",
    "Runtime",
    "Architectures",
    "MemorySize",
    "Timeout",
    "Role",
    "Policies",
    "Environment",
    "LoggingConfig",
    "ReservedConcurrentExecutions",
    "EventInvokeConfig",
    "Events",
    "Tags",
];

pub(super) fn read(draft: &mut Draft<'_>, resource: &Declared) -> Result<()> {
    let properties = &resource.properties;
    properties.only(&PROPERTIES, "a function")?;
    let id = &resource.logical_id;
    let name = draft.scope.references.get(id).map(|one| one.reference.clone()).unwrap_or_default();
    let function = Function {
        logical_id: id.clone(),
        arn: draft.arn("lambda", format!("function:{name}")),
        binary: binary(resource)?,
        handler: text_or(properties, "Handler", "bootstrap")?,
        runtime: runtime(properties)?,
        architecture: architecture(properties)?,
        memory_mb: within(properties, "MemorySize", 128..=10_240, 128)?,
        timeout: Duration::from_secs(within(properties, "Timeout", 1..=900, 3)?.into()),
        environment: environment(properties)?,
        reserved_concurrency: reserved(properties)?,
        log_group: String::new(),
        log_format: log_format(properties)?,
        async_invoke: async_invoke(draft, properties).map_err(|error| error.of_property("EventInvokeConfig"))?,
        policy: iam::of_function(draft, properties)?,
        name,
    };
    if properties.get("EventInvokeConfig").is_some() {
        draft.made(
            format!("{id}EventInvokeConfig"),
            "AWS::Lambda::EventInvokeConfig",
            format!("{}:$LATEST", function.name),
        );
    }
    let log_group = log_group(draft, properties, &function.name)?;
    if let Some(events) = properties.get("Events") {
        for (event, declared) in events.entries().map_err(|error| error.of_property("Events"))? {
            event::read(draft, &function, event, declared)
                .map_err(|error| error.of_property(&format!("Events.{event}")))?;
        }
    }
    draft.stack.functions.push(Function { log_group, ..function });
    Ok(())
}

/// The binary that SAM builds for the function.
fn binary(resource: &Declared) -> Result<String> {
    let binary = resource.metadata.as_ref().and_then(|metadata| metadata.get("BuildProperties")?.get("Binary"));
    match binary {
        Some(binary) => binary.text(),
        None => Err(resource
            .properties
            .error("names no executable: set BuildMethod rust-cargolambda and BuildProperties.Binary")
            .of_property("Metadata")),
    }
}

fn runtime(properties: &Node) -> Result<String> {
    let node = properties.need("Runtime")?;
    let runtime = node.text()?;
    if runtime.starts_with("provided.") {
        return Ok(runtime);
    }
    Err(node.error(format!("the embedded cloud runs provided.al2023, not {runtime}")).of_property("Runtime"))
}

fn architecture(properties: &Node) -> Result<String> {
    match properties.get("Architectures") {
        None => Ok("x86_64".into()),
        Some(node) => match node.items()? {
            [one] => one.text(),
            _ => Err(node.error("must name one architecture").of_property("Architectures")),
        },
    }
}

fn text_or(properties: &Node, name: &str, default: &str) -> Result<String> {
    properties
        .get(name)
        .map_or_else(|| Ok(default.to_owned()), |node| node.text().map_err(|error| error.of_property(name)))
}

fn within(properties: &Node, name: &str, range: std::ops::RangeInclusive<u64>, default: u32) -> Result<u32> {
    let Some(node) = properties.get(name) else { return Ok(default) };
    let number = node.whole_within(range).map_err(|error| error.of_property(name))?;
    u32::try_from(number).map_err(|_| node.error("is too large").of_property(name))
}

fn environment(properties: &Node) -> Result<BTreeMap<String, String>> {
    let Some(environment) = properties.get("Environment") else { return Ok(BTreeMap::new()) };
    let variables = environment.need("Variables").and_then(Node::entries);
    let variables = variables.map_err(|error| error.of_property("Environment"))?;
    let read = |(name, node): &(String, Node)| {
        let value = node.text().map_err(|error| error.of_property(&format!("Environment.Variables.{name}")))?;
        Ok((name.clone(), value))
    };
    variables.iter().map(read).collect()
}

fn reserved(properties: &Node) -> Result<Option<u32>> {
    match properties.get("ReservedConcurrentExecutions") {
        None => Ok(None),
        Some(_) => within(properties, "ReservedConcurrentExecutions", 0..=1_000, 0).map(Some),
    }
}

fn log_format(properties: &Node) -> Result<LogFormat> {
    let Some(node) = properties.get("LoggingConfig") else { return Ok(LogFormat::Text) };
    node.only(&["LogFormat", "LogGroup", "ApplicationLogLevel", "SystemLogLevel"], "LoggingConfig")?;
    match node.get("LogFormat").map(Node::text).transpose()?.as_deref() {
        Some("JSON") => Ok(LogFormat::Json),
        None | Some("Text") => Ok(LogFormat::Text),
        Some(other) => {
            Err(node.error(format!("LogFormat must be JSON or Text, but is {other}")).of_property("LoggingConfig"))
        }
    }
}

/// The group it writes to; one that the template does not declare is made, as Lambda makes it.
fn log_group(draft: &mut Draft<'_>, properties: &Node, function: &str) -> Result<String> {
    let named = properties.get("LoggingConfig").and_then(|config| config.get("LogGroup"));
    let name = named.map_or_else(|| Ok(format!("/aws/lambda/{function}")), Node::text)?;
    if !draft.stack.log_groups.iter().any(|group| group.name == name) {
        let arn = draft.arn("logs", format!("log-group:{name}"));
        draft.stack.log_groups.push(LogGroup {
            logical_id: String::new(),
            name: name.clone(),
            arn,
            retention_days: None,
        });
    }
    Ok(name)
}

fn async_invoke(draft: &Draft<'_>, properties: &Node) -> Result<AsyncInvokeConfig> {
    let defaults = AsyncInvokeConfig::default();
    let Some(config) = properties.get("EventInvokeConfig") else { return Ok(defaults) };
    config.only(&["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"], "EventInvokeConfig")?;
    let destination = |which: &str| {
        let Some(one) = config.get("DestinationConfig").and_then(|all| all.get(which)) else { return Ok(None) };
        let kind = one.get("Type").map(Node::text).transpose()?;
        if kind.as_deref().is_some_and(|kind| kind != "SQS" && kind != "Lambda") {
            return Err(one.error("the embedded cloud sends records to SQS or Lambda only").of_property(which));
        }
        draft.arn_of(one.need("Destination")?).map(Some)
    };
    let attempts = config.get("MaximumRetryAttempts").map(|node| node.whole_within(0..=2)).transpose()?;
    let age = config
        .get("MaximumEventAgeInSeconds")
        .map(|node| node.whole_within(limits::MAXIMUM_EVENT_AGE_SECONDS))
        .transpose()?;
    Ok(AsyncInvokeConfig {
        maximum_retry_attempts: attempts.map_or(defaults.maximum_retry_attempts, |attempts| attempts as u32),
        maximum_event_age: age.map_or(defaults.maximum_event_age, Duration::from_secs),
        on_failure: destination("OnFailure")?,
        on_success: destination("OnSuccess")?,
    })
}
