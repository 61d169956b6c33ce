//! Updating the stack with other parameters while it runs: how a service is added.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, anyhow, bail, ensure};
use aws_sdk_cloudformation::{
    error::ProvideErrorMetadata,
    types::{Capability, Parameter},
};
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::{Connection, cause};

/// How often the state of an update is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOK_EVERY_ON_AWS: Duration = Duration::from_secs(5);
/// How long an update may take.
const PATIENCE: Duration = Duration::from_secs(900);

/// When each resource of a stack was last changed, by logical id.
pub(crate) type Revisions = BTreeMap<String, Option<i64>>;

/// Gives the stack other values of `parameters` and keeps its template and all other values; waits until that is done.
///
/// # Errors
/// When CloudFormation refuses the update, rolls it back, or takes too long.
pub(crate) async fn update(connection: &Connection, stack: &str, parameters: &BTreeMap<String, String>) -> Result<()> {
    // An update of somebody else, or one that was just given up on, has to end first.
    let known = at_rest(connection, stack).await?;
    let keys = known.parameters().iter().filter_map(|parameter| parameter.parameter_key());
    let keys: Vec<&str> = keys.collect();
    for name in parameters.keys() {
        ensure!(keys.contains(&name.as_str()), "the stack {stack} has no parameter {name}; it has {}", keys.join(", "));
    }
    let value = |key: &&str| match parameters.get(*key) {
        Some(value) => Parameter::builder().parameter_key(*key).parameter_value(value).build(),
        None => Parameter::builder().parameter_key(*key).use_previous_value(true).build(),
    };
    let call = connection
        .cloudformation
        .update_stack()
        .stack_name(stack)
        .use_previous_template(true)
        .set_parameters(Some(keys.iter().map(value).collect()))
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityNamedIam)
        .capabilities(Capability::CapabilityAutoExpand);
    match call.send().await {
        Ok(_) => {}
        // It is as it should be already.
        Err(error) if error.message().is_some_and(|message| message.contains("No updates are to be performed")) => {
            return Ok(());
        }
        Err(error) => {
            let reason = error.message().map_or_else(|| cause(&error), str::to_owned);
            bail!("the stack {stack} was not updated: {reason}");
        }
    }
    settled(connection, stack).await
}

async fn settled(connection: &Connection, stack: &str) -> Result<()> {
    let known = at_rest(connection, stack).await?;
    match known.stack_status().map_or("", |status| status.as_str()) {
        "UPDATE_COMPLETE" => Ok(()),
        other => {
            let reason = known.stack_status_reason().unwrap_or("see its events in the CloudFormation console");
            bail!("the update of the stack {stack} ended as {other}: {reason}");
        }
    }
}

/// Waits until nothing is done to the stack; what an update takes away is gone only after its clean-up.
async fn at_rest(connection: &Connection, stack: &str) -> Result<aws_sdk_cloudformation::types::Stack> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let known = describe(connection, stack).await?;
        if !known.stack_status().is_some_and(|status| status.as_str().ends_with("_IN_PROGRESS")) {
            return Ok(known);
        }
        ensure!(Instant::now() < deadline, "the update of the stack {stack} takes more than {} s", PATIENCE.as_secs());
        sleep(if connection.custom_endpoint { LOOK_EVERY } else { LOOK_EVERY_ON_AWS }).await;
    }
}

async fn describe(connection: &Connection, stack: &str) -> Result<aws_sdk_cloudformation::types::Stack> {
    let call = connection.cloudformation.describe_stacks().stack_name(stack);
    let answer = call.send().await.map_err(|error| anyhow!("cannot read the stack {stack}: {}", cause(&error)))?;
    answer.stacks.unwrap_or_default().into_iter().next().with_context(|| format!("there is no stack {stack}"))
}

/// When each resource was last changed.
///
/// # Errors
/// When the stack cannot be read.
pub(crate) async fn revisions(connection: &Connection, stack: &str) -> Result<Revisions> {
    let mut pages = connection.cloudformation.list_stack_resources().stack_name(stack).into_paginator().items().send();
    let mut revisions = Revisions::new();
    while let Some(resource) = pages.next().await {
        let resource = resource.map_err(|error| anyhow!("cannot list the resources of {stack}: {}", cause(&error)))?;
        let changed = resource
            .last_updated_timestamp()
            .and_then(|time| Timestamp::from_second(time.secs()).ok().map(|second| second.as_millisecond()));
        revisions.insert(resource.logical_resource_id().unwrap_or_default().to_owned(), changed);
    }
    Ok(revisions)
}

/// The parameters of a stack and their values.
///
/// # Errors
/// When the stack cannot be read.
pub(crate) async fn parameters(connection: &Connection, stack: &str) -> Result<BTreeMap<String, String>> {
    let known = describe(connection, stack).await?;
    let pairs = known.parameters().iter();
    Ok(pairs.filter_map(|p| Some((p.parameter_key()?.to_owned(), p.parameter_value()?.to_owned()))).collect())
}
