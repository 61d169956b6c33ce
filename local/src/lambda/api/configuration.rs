//! Reading and changing how functions are set up.

use std::{sync::PoisonError, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::invalid_parameter;
use crate::{
    aws::{
        Arn, ServiceError,
        limits::lambda::{
            ACCOUNT_CONCURRENCY, MAXIMUM_EVENT_AGE_SECONDS, MAXIMUM_RETRY_ATTEMPTS, UNRESERVED_CONCURRENCY,
        },
    },
    lambda::{Deployed, Lambda},
    stack::{AsyncInvokeConfig, LogFormat, Permission},
};

/// Input of `PutFunctionConcurrency`.
#[derive(Debug, Deserialize)]
pub(super) struct PutConcurrency {
    #[serde(rename = "ReservedConcurrentExecutions")]
    pub(super) reserved: u32,
}

/// Input of `PutFunctionEventInvokeConfig` and `UpdateFunctionEventInvokeConfig`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventInvokeConfig {
    maximum_retry_attempts: Option<u32>,
    maximum_event_age_in_seconds: Option<u64>,
    destination_config: Option<DestinationConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DestinationConfig {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    destination: Option<String>,
}

pub(super) fn list(lambda: &Lambda) -> Value {
    let functions: Vec<Value> = lambda.deployed().iter().map(|deployed| describe(deployed)).collect();
    json!({ "Functions": functions })
}

pub(super) fn get(lambda: &Lambda, function: &str) -> Result<Value, ServiceError> {
    let deployed = lambda.find(function)?;
    let mut output = json!({ "Configuration": describe(&deployed), "Tags": {} });
    if let Some(reserved) = deployed.pool.reserved() {
        output["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    Ok(output)
}

pub(super) fn get_configuration(lambda: &Lambda, function: &str) -> Result<Value, ServiceError> {
    Ok(describe(&*lambda.find(function)?))
}

/// The resource-based policy, as one JSON text.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html>
pub(super) fn get_policy(lambda: &Lambda, function: &str) -> Result<Value, ServiceError> {
    let deployed = lambda.find(function)?;
    let arn = &deployed.function().arn;
    let statement = |permission: &Permission| {
        json!({
            "Sid": permission.id,
            "Effect": "Allow",
            "Principal": { "Service": permission.principal },
            "Action": "lambda:InvokeFunction",
            "Resource": arn.to_string(),
            "Condition": { "ArnLike": { "AWS:SourceArn": permission.source_arn.to_string() } },
        })
    };
    let permissions = lambda.shared.permissions.read().unwrap_or_else(PoisonError::into_inner);
    let statements: Vec<Value> = permissions.iter().filter(|one| one.function == *arn).map(statement).collect();
    if statements.is_empty() {
        return Err(ServiceError::new(404, "ResourceNotFoundException", "The resource you requested does not exist."));
    }
    let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements });
    Ok(json!({ "Policy": policy.to_string() }))
}

/// A `FunctionConfiguration`.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>
fn describe(deployed: &Deployed) -> Value {
    let function = deployed.function();
    let log_format = match function.log_format {
        LogFormat::Json => "JSON",
        LogFormat::Text => "Text",
    };
    json!({
        "FunctionName": function.name,
        "FunctionArn": function.arn.to_string(),
        "Runtime": function.runtime,
        "Handler": function.handler,
        "Description": "",
        "Timeout": function.timeout.as_secs(),
        "MemorySize": function.memory_mb,
        "LastModified": deployed.at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string(),
        "Version": "$LATEST",
        "Environment": { "Variables": function.environment },
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [function.architecture],
        "LoggingConfig": { "LogFormat": log_format, "LogGroup": function.log_group },
    })
}

pub(super) fn get_concurrency(lambda: &Lambda, function: &str) -> Result<Value, ServiceError> {
    let reserved = lambda.find(function)?.pool.reserved();
    Ok(reserved.map_or_else(|| json!({}), |reserved| json!({ "ReservedConcurrentExecutions": reserved })))
}

pub(super) fn put_concurrency(lambda: &Lambda, function: &str, reserved: u32) -> Result<Value, ServiceError> {
    let deployed = lambda.find(function)?;
    let _one_at_a_time = lambda.shared.reservations.lock().unwrap_or_else(PoisonError::into_inner);
    let functions = lambda.deployed();
    let others = functions.iter().filter(|other| other.function().name != deployed.function().name);
    let others: u32 = others.filter_map(|other| other.pool.reserved()).fold(0, u32::saturating_add);
    if others.saturating_add(reserved) > ACCOUNT_CONCURRENCY - UNRESERVED_CONCURRENCY {
        return Err(invalid_parameter(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution \
             below its minimum value of [{UNRESERVED_CONCURRENCY}]."
        )));
    }
    deployed.pool.reserve(Some(reserved));
    Ok(json!({ "ReservedConcurrentExecutions": reserved }))
}

pub(super) fn delete_concurrency(lambda: &Lambda, function: &str) -> Result<(), ServiceError> {
    lambda.find(function)?.pool.reserve(None);
    Ok(())
}

pub(super) fn get_event_invoke_config(lambda: &Lambda, function: &str) -> Result<Value, ServiceError> {
    let deployed = lambda.find(function)?;
    Ok(describe_event_invoke_config(&deployed))
}

/// Replaces the config: what the input leaves out falls back to Lambda's default.
pub(super) fn put_event_invoke_config(
    lambda: &Lambda,
    function: &str,
    input: EventInvokeConfig,
) -> Result<Value, ServiceError> {
    change(lambda, function, AsyncInvokeConfig::default(), input)
}

/// Changes the config: what the input leaves out stays.
pub(super) fn update_event_invoke_config(
    lambda: &Lambda,
    function: &str,
    input: EventInvokeConfig,
) -> Result<Value, ServiceError> {
    let current = lambda.find(function)?.queue.config();
    change(lambda, function, current, input)
}

pub(super) fn delete_event_invoke_config(lambda: &Lambda, function: &str) -> Result<(), ServiceError> {
    lambda.find(function)?.queue.configure(AsyncInvokeConfig::default());
    Ok(())
}

fn change(
    lambda: &Lambda,
    function: &str,
    base: AsyncInvokeConfig,
    input: EventInvokeConfig,
) -> Result<Value, ServiceError> {
    let deployed = lambda.find(function)?;
    deployed.queue.configure(merge(base, input)?);
    Ok(describe_event_invoke_config(&deployed))
}

/// Lays an input over a config, within Lambda's limits.
fn merge(mut config: AsyncInvokeConfig, input: EventInvokeConfig) -> Result<AsyncInvokeConfig, ServiceError> {
    if let Some(attempts) = input.maximum_retry_attempts {
        if attempts > MAXIMUM_RETRY_ATTEMPTS {
            return Err(invalid_parameter(format!(
                "MaximumRetryAttempts must be 0 to {MAXIMUM_RETRY_ATTEMPTS}, got {attempts}."
            )));
        }
        config.maximum_retry_attempts = attempts;
    }
    if let Some(age) = input.maximum_event_age_in_seconds {
        if !MAXIMUM_EVENT_AGE_SECONDS.contains(&age) {
            let (least, most) = MAXIMUM_EVENT_AGE_SECONDS.into_inner();
            return Err(invalid_parameter(format!("MaximumEventAgeInSeconds must be {least} to {most}, got {age}.")));
        }
        config.maximum_event_age = Duration::from_secs(age);
    }
    if let Some(destinations) = input.destination_config {
        config.on_success = destinations.on_success.map(arn).transpose()?.flatten();
        config.on_failure = destinations.on_failure.map(arn).transpose()?.flatten();
    }
    Ok(config)
}

fn arn(destination: Destination) -> Result<Option<Arn>, ServiceError> {
    destination
        .destination
        .filter(|text| !text.is_empty())
        .map(|text| text.parse().map_err(|error| invalid_parameter(format!("The destination {error}"))))
        .transpose()
}

fn describe_event_invoke_config(deployed: &Deployed) -> Value {
    let config = deployed.queue.config();
    let destination = |arn: Option<Arn>| arn.map_or_else(|| json!({}), |arn| json!({ "Destination": arn.to_string() }));
    json!({
        "LastModified": deployed.at.as_second(),
        "FunctionArn": format!("{}:$LATEST", deployed.pool.runtime.arn_text),
        "MaximumRetryAttempts": config.maximum_retry_attempts,
        "MaximumEventAgeInSeconds": config.maximum_event_age.as_secs(),
        "DestinationConfig": {
            "OnSuccess": destination(config.on_success),
            "OnFailure": destination(config.on_failure),
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn input(value: Value) -> EventInvokeConfig {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_update_keeps_what_it_does_not_name() {
        let queue = "arn:aws:sqs:us-east-1:000000000000:dead";
        let first =
            json!({ "MaximumRetryAttempts": 1, "DestinationConfig": { "OnFailure": { "Destination": queue } } });
        let config = merge(AsyncInvokeConfig::default(), input(first)).unwrap();
        let config = merge(config, input(json!({ "MaximumEventAgeInSeconds": 60 }))).unwrap();
        assert_eq!((config.maximum_retry_attempts, config.maximum_event_age.as_secs()), (1, 60));
        assert_eq!(config.on_failure.unwrap().to_string(), queue);
    }

    #[test]
    fn a_config_outside_the_limits_is_refused() {
        for bad in [
            json!({ "MaximumRetryAttempts": 3 }),
            json!({ "MaximumEventAgeInSeconds": 59 }),
            json!({ "MaximumEventAgeInSeconds": 21_601 }),
            json!({ "DestinationConfig": { "OnFailure": { "Destination": "queue" } } }),
        ] {
            let error = merge(AsyncInvokeConfig::default(), input(bad.clone())).unwrap_err();
            assert_eq!(error.code, "InvalidParameterValueException", "{bad}");
        }
    }
}
