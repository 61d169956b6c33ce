//! Finds out what a stack consists of, from what AWS tells: outputs, functions, rules, queues, log groups.

mod assemble;
mod bus;
mod functions;
mod stack;

use std::collections::HashMap;

use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use futures::future::try_join_all;

use super::{Connection, Resources, cause};
use crate::app::System;

/// Why a stack could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// A call was refused or did not get through.
    #[error("{attempted} failed: {code}: {reason}. {advice}")]
    Call {
        /// What was attempted, with the names it was attempted on.
        attempted: String,
        /// The AWS error code, or `NoAnswer` when there was none.
        code: String,
        /// What AWS, or the network, said.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// The stack is there but is not one of EventFlow's.
    #[error("the stack {stack} has no output {output}: name a stack that was deployed from EventFlow's template.yaml")]
    MissingOutput {
        /// The stack's name.
        stack: String,
        /// The output that is missing.
        output: &'static str,
    },
    /// The stack has no functions.
    #[error("the stack {0} has no Lambda functions: wait until its deployment is complete, or name another stack")]
    NoFunctions(String),
}

/// Reads what the stack `stack` consists of, as what the dashboard shows and as the names it calls things by.
/// `time_scale` is how many times as fast waits pass, which only the caller knows.
///
/// # Errors
/// [`DiscoveryError`], when there is no such stack, when it is another system's, or when a call fails.
pub async fn discover(
    connection: &Connection,
    stack: &str,
    time_scale: Option<f64>,
) -> Result<(System, Resources), DiscoveryError> {
    let (outputs, names, targets) = tokio::try_join!(
        stack::outputs(connection, stack),
        stack::function_names(connection, stack),
        bus::targets(connection),
    )?;
    if names.is_empty() {
        return Err(DiscoveryError::NoFunctions(stack.to_owned()));
    }
    let functions = try_join_all(names.iter().map(|name| functions::read(connection, name))).await?;
    let found = assemble::assemble(functions, &targets);
    let urls = queue_urls(connection, found.iter().flat_map(|f| &f.dead_letters)).await?;
    let resources = Resources {
        api_url: outputs.api_url.trim_end_matches('/').to_owned(),
        orders_table: outputs.orders_table,
        inventory_table: outputs.inventory_table,
        faults_table: outputs.faults_table,
        event_log_group: outputs.event_log_group,
        functions: found.iter().map(|function| function.resources(&urls)).collect(),
    };
    let system = System {
        stack: stack.to_owned(),
        region: connection.region.clone(),
        stage: outputs.stage,
        time_scale,
        api_url: resources.api_url.clone(),
        fault_injection: outputs.fault_injection,
        functions: found.into_iter().map(assemble::Found::into_function).collect(),
    };
    Ok((system, resources))
}

/// The URL of each queue, by ARN; each is asked for once.
async fn queue_urls(
    connection: &Connection,
    arns: impl Iterator<Item = &String>,
) -> Result<HashMap<String, String>, DiscoveryError> {
    let mut arns: Vec<&String> = arns.collect();
    arns.sort_unstable();
    arns.dedup();
    let urls = arns.into_iter().map(async |arn| {
        let name = arn.rsplit(':').next().unwrap_or(arn);
        let account = arn.split(':').nth(4).unwrap_or_default();
        let call = connection.sqs.get_queue_url().queue_name(name).queue_owner_aws_account_id(account);
        let answer = call.send().await.map_err(failed(|| format!("finding the dead-letter queue {name}")))?;
        Ok((arn.clone(), answer.queue_url.unwrap_or_default()))
    });
    Ok(try_join_all(urls).await?.into_iter().collect())
}

/// Turns an SDK error into one that says what was attempted and what to do.
fn failed<E, R>(
    attempted: impl FnOnce() -> String,
) -> impl FnOnce(aws_smithy_runtime_api::client::result::SdkError<E, R>) -> DiscoveryError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    move |error| {
        let code = error.code().unwrap_or("NoAnswer").to_owned();
        DiscoveryError::Call {
            attempted: attempted(),
            advice: advice(&code),
            reason: error.message().map_or_else(|| cause(&error), str::to_owned),
            code,
        }
    }
}

fn advice(code: &str) -> &'static str {
    match code {
        "NoAnswer" => "Check the network, the Region, the credentials, and --endpoint-url",
        "ValidationError" => "Check the stack's name and the Region",
        "ExpiredToken" | "ExpiredTokenException" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            "Log in again, or choose another --profile"
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            "Check the secret access key, and that this machine's clock is right"
        }
        code if code.contains("AccessDenied") => {
            "Use credentials that may read this stack, or choose another --profile"
        }
        code if code.contains("Throttl") || code.contains("TooManyRequests") => "Wait a little and try again",
        _ => "Try again; if it stays, look at the stack in the CloudFormation console",
    }
}
