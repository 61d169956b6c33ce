//! What Lambda tells of one function.

use aws_sdk_lambda::{error::ProvideErrorMetadata, types::DestinationConfig};
use serde_json::Value;

use super::{DiscoveryError, failed};
use crate::cloud::Connection;

/// A function as Lambda describes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Described {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) log_group: String,
    /// The ARN of the queue for events it could not handle.
    pub(super) on_failure: Option<String>,
    /// The API routes that may invoke it; empty when its policy names none or may not be read.
    pub(super) routes: Vec<String>,
}

/// Reads the function `name`: its settings, where its failures go, and who may call it, all at once.
pub(super) async fn read(connection: &Connection, name: &str) -> Result<Described, DiscoveryError> {
    let lambda = &connection.lambda;
    let (configuration, on_failure, policy) = tokio::join!(
        lambda.get_function_configuration().function_name(name).send(),
        on_failure(connection, name),
        lambda.get_policy().function_name(name).send(),
    );
    let configuration = configuration.map_err(failed(|| format!("reading the function {name}")))?;
    let log_group = configuration.logging_config().and_then(|config| config.log_group());
    Ok(Described {
        name: name.to_owned(),
        arn: configuration.function_arn().unwrap_or_default().to_owned(),
        log_group: log_group.map_or_else(|| format!("/aws/lambda/{name}"), str::to_owned),
        on_failure: on_failure?,
        // Routes only put a name to an arrow: a policy that is not there or may not be read is no reason to stop.
        routes: policy.ok().and_then(|answer| answer.policy).map(|policy| routes(&policy)).unwrap_or_default(),
    })
}

async fn on_failure(connection: &Connection, name: &str) -> Result<Option<String>, DiscoveryError> {
    match connection.lambda.get_function_event_invoke_config().function_name(name).send().await {
        Ok(answer) => Ok(answer.destination_config().and_then(destination)),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(failed(|| format!("reading where failures of the function {name} go"))(error)),
    }
}

/// Only queues can be counted and sent again from; topics and other functions cannot.
fn destination(config: &DestinationConfig) -> Option<String> {
    config.on_failure()?.destination().filter(|arn| arn.contains(":sqs:")).map(str::to_owned)
}

/// The routes in a function's policy: `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/POST/orders` is `POST /orders`.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
fn routes(policy: &str) -> Vec<String> {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else { return Vec::new() };
    let statements = policy.get("Statement").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let arns = statements.iter().filter_map(|statement| {
        let conditions = statement.get("Condition")?.as_object()?;
        conditions.values().find_map(|of| of.get("AWS:SourceArn").or_else(|| of.get("aws:SourceArn")))?.as_str()
    });
    arns.filter_map(route).collect()
}

fn route(arn: &str) -> Option<String> {
    let resource = arn.split(':').nth(5).filter(|_| arn.contains(":execute-api:"))?;
    let mut parts = resource.splitn(4, '/').skip(2);
    let (method, path) = (parts.next()?, parts.next()?);
    Some(format!("{} /{path}", if method == "*" { "ANY" } else { method }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn routes_are_read_from_the_policy() {
        let allow = |arn: &str| json!({"Effect": "Allow", "Condition": {"ArnLike": {"AWS:SourceArn": arn}}});
        let policy = json!({"Statement": [
            allow("arn:aws:execute-api:eu-west-1:123456789012:api1/*/POST/orders"),
            allow("arn:aws:execute-api:eu-west-1:123456789012:api1/*/*/orders/*"),
            allow("arn:aws:events:eu-west-1:123456789012:rule/r"),
            {"Effect": "Allow"},
        ]});
        assert_eq!(routes(&policy.to_string()), ["POST /orders", "ANY /orders/*"]);
        assert!(routes("not JSON").is_empty());
    }
}
