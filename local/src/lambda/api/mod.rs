//! Lambda's REST API.

mod configuration;
mod error;
mod route;

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use serde::de::{DeserializeOwned, IgnoredAny};

pub use self::error::error_response;
pub(super) use self::error::too_many_requests;
use self::{
    configuration::{EventInvokeConfig, PutConcurrency},
    route::{Operation, route},
};
use super::Lambda;
use crate::aws::{Call, Reply, ServiceError};

/// Answers a call.
pub(super) async fn handle(lambda: &Lambda, call: Call) -> Result<Reply, ServiceError> {
    let operation = route(&call.method, &call.uri)?;
    match operation {
        Operation::Invoke { function } => invoke(lambda, &function, call).await,
        Operation::ListFunctions => Ok(Reply::Json(configuration::list(lambda))),
        Operation::GetFunction { function } => Ok(Reply::Json(configuration::get(lambda, &function)?)),
        Operation::GetFunctionConfiguration { function } => {
            Ok(Reply::Json(configuration::get_configuration(lambda, &function)?))
        }
        Operation::GetPolicy { function } => configuration::get_policy(lambda, &function).map(Reply::Json),
        Operation::PutFunctionConcurrency { function } => {
            let PutConcurrency { reserved } = input(&call.body)?;
            configuration::put_concurrency(lambda, &function, reserved).map(Reply::Json)
        }
        Operation::GetFunctionConcurrency { function } => {
            configuration::get_concurrency(lambda, &function).map(Reply::Json)
        }
        Operation::DeleteFunctionConcurrency { function } => {
            configuration::delete_concurrency(lambda, &function)?;
            no_content()
        }
        Operation::GetEventInvokeConfig { function } => {
            configuration::get_event_invoke_config(lambda, &function).map(Reply::Json)
        }
        Operation::PutEventInvokeConfig { function } => {
            let config: EventInvokeConfig = input(&call.body)?;
            configuration::put_event_invoke_config(lambda, &function, config).map(Reply::Json)
        }
        Operation::UpdateEventInvokeConfig { function } => {
            let config: EventInvokeConfig = input(&call.body)?;
            configuration::update_event_invoke_config(lambda, &function, config).map(Reply::Json)
        }
        Operation::DeleteEventInvokeConfig { function } => {
            configuration::delete_event_invoke_config(lambda, &function)?;
            no_content()
        }
    }
}

/// `Invoke`.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
async fn invoke(lambda: &Lambda, function: &str, call: Call) -> Result<Reply, ServiceError> {
    let header = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok());
    let with_tail = header("x-amz-log-type") == Some("Tail");
    match header("x-amz-invocation-type").unwrap_or("RequestResponse") {
        "RequestResponse" => {
            let result = lambda.invoke_with(function, call.body, call.request_id, with_tail).await?;
            let mut response = Response::builder()
                .status(200)
                .header("content-type", "application/json")
                .header("x-amz-executed-version", "$LATEST");
            if let Some(error) = &result.function_error {
                response = response.header("x-amz-function-error", error);
            }
            if let Some(tail) = &result.log_tail {
                response = response.header("x-amz-log-result", aws_smithy_types::base64::encode(tail));
            }
            finish(response, Body::from(result.payload))
        }
        "Event" => {
            lambda.invoke_async_with(function, call.body, call.request_id)?;
            finish(Response::builder().status(202), Body::empty())
        }
        "DryRun" => {
            lambda.find(function)?;
            no_content()
        }
        other => Err(error::invalid_parameter(format!(
            "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: \
             Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
        ))),
    }
}

/// Checks the size and form of an event; none at all is `{}`.
pub(super) fn check_payload(payload: Bytes, limit: usize) -> Result<Bytes, ServiceError> {
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    if payload.len() > limit {
        let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        return Err(ServiceError::new(413, "RequestTooLargeException", message));
    }
    match serde_json::from_slice::<IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => Err(ServiceError::new(
            400,
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        )),
    }
}

fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| ServiceError::new(400, "InvalidRequestContentException", error.to_string()))
}

fn no_content() -> Result<Reply, ServiceError> {
    finish(Response::builder().status(204), Body::empty())
}

fn finish(response: http::response::Builder, body: Body) -> Result<Reply, ServiceError> {
    response.body(body).map(Reply::Http).map_err(|error| {
        ServiceError::new(500, "ServiceException", format!("The answer could not be written: {error}"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_event_is_json_of_bounded_size() {
        assert_eq!(check_payload(Bytes::new(), 10).unwrap(), "{}");
        assert_eq!(check_payload("[1,2]".into(), 10).unwrap(), "[1,2]");
        assert_eq!(check_payload("{".into(), 10).unwrap_err().code, "InvalidRequestContentException");
        let too_large = check_payload("\"0123456789\"".into(), 10).unwrap_err();
        assert_eq!((too_large.status, too_large.code.as_str()), (413, "RequestTooLargeException"));
    }
}
