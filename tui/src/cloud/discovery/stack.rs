//! What CloudFormation tells of the stack.

use std::collections::HashMap;

use super::{DiscoveryError, failed};
use crate::cloud::Connection;

/// The stack's outputs, as the template names them.
#[derive(Debug)]
pub(super) struct Outputs {
    pub(super) api_url: String,
    pub(super) stage: String,
    pub(super) fault_injection: bool,
    pub(super) orders_table: String,
    pub(super) inventory_table: String,
    pub(super) faults_table: String,
    pub(super) event_log_group: String,
}

/// Reads the outputs of `stack`.
pub(super) async fn outputs(connection: &Connection, stack: &str) -> Result<Outputs, DiscoveryError> {
    let call = connection.cloudformation.describe_stacks().stack_name(stack);
    let answer = call.send().await.map_err(failed(|| format!("reading the stack {stack}")))?;
    let outputs = answer.stacks().iter().flat_map(|stack| stack.outputs());
    named(stack, outputs.filter_map(|o| Some((o.output_key()?.to_owned(), o.output_value()?.to_owned()))).collect())
}

fn named(stack: &str, mut outputs: HashMap<String, String>) -> Result<Outputs, DiscoveryError> {
    let mut take = |output: &'static str| {
        outputs.remove(output).ok_or_else(|| DiscoveryError::MissingOutput { stack: stack.to_owned(), output })
    };
    Ok(Outputs {
        api_url: take("ApiUrl")?,
        stage: take("Stage")?,
        fault_injection: matches!(
            take("FaultInjection")?.to_ascii_lowercase().as_str(),
            "on" | "true" | "enabled" | "yes"
        ),
        orders_table: take("OrdersTableName")?,
        inventory_table: take("InventoryTableName")?,
        faults_table: take("FaultsTableName")?,
        event_log_group: take("EventLogGroupName")?,
    })
}

/// The names of the stack's functions, in the order CloudFormation lists them.
pub(super) async fn function_names(connection: &Connection, stack: &str) -> Result<Vec<String>, DiscoveryError> {
    let mut names = Vec::new();
    let mut pages = connection.cloudformation.list_stack_resources().stack_name(stack).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed(|| format!("listing the resources of the stack {stack}")))?;
        let functions =
            page.stack_resource_summaries().iter().filter(|r| r.resource_type() == Some("AWS::Lambda::Function"));
        names.extend(functions.filter_map(|r| r.physical_resource_id()).map(str::to_owned));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_stack_of_another_system_is_told_by_the_output_it_lacks() {
        let outputs = [("ApiUrl".to_owned(), "http://api".to_owned())].into();
        let error = named("shop", outputs).unwrap_err().to_string();
        assert!(error.contains("shop") && error.contains("Stage"), "{error}");
    }
}
