//! How the services fit the gateway, and what they need of each other.

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};

use crate::{
    aws::{Arn, Call, Reply, ServiceError},
    cloudformation::CloudFormation,
    dynamodb::DynamoDb,
    events::EventBridge,
    gateway::Api,
    http_api::{InvokeError, InvokeFunction},
    lambda::{self, Lambda, LogLine, LogSink},
    logs::{LogEvent, Logs},
    sqs::Sqs,
};

macro_rules! behind_the_gateway {
    ($($service:ty),+) => {
        $(impl Api for $service {
            fn handle(&self, call: Call) -> BoxFuture<'_, Result<Reply, ServiceError>> {
                Self::handle(self, call).boxed()
            }
        })+
    };
}

behind_the_gateway!(CloudFormation, DynamoDb, EventBridge, Logs, Sqs);

impl Api for Lambda {
    fn handle(&self, call: Call) -> BoxFuture<'_, Result<Reply, ServiceError>> {
        // Lambda's errors have a shape of their own.
        async move { Ok(Self::handle(self, call).await.unwrap_or_else(|error| Reply::Http(lambda::error_response(&error)))) }
            .boxed()
    }
}

/// Where Lambda writes what functions say.
#[derive(Debug)]
pub(super) struct LambdaLogs(pub(super) Logs);

impl LogSink for LambdaLogs {
    fn put(&self, group: &str, stream: &str, lines: Vec<LogLine>) {
        let event = |line: LogLine| LogEvent { timestamp: line.time.as_millisecond(), message: line.message };
        self.0.put(group, stream, lines.into_iter().map(event).collect());
    }
}

/// What the HTTP API invokes.
pub(super) struct ApiFunctions(pub(super) Lambda);

impl InvokeFunction for ApiFunctions {
    fn invoke(&self, function: &Arn, payload: String) -> BoxFuture<'_, Result<String, InvokeError>> {
        let name = function.to_string();
        async move {
            let result = self.0.invoke(&name, Bytes::from(payload)).await.map_err(|error| {
                tracing::debug!(%error, function = name, "an invocation was refused");
                if error.status == 429 { InvokeError::Unavailable } else { InvokeError::Failed }
            })?;
            if result.function_error.is_some() {
                return Err(InvokeError::Failed);
            }
            String::from_utf8(result.payload.to_vec()).map_err(|_| InvokeError::Failed)
        }
        .boxed()
    }
}
