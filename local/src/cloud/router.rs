//! Deliveries between services: to a function's queue, a log group, a queue.

use std::sync::OnceLock;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, ready};

use crate::{
    aws::{Deliver, Delivery, DeliveryError, ServiceError},
    lambda::Lambda,
    logs::Logs,
    sqs::Sqs,
};

/// Knows the services that can be delivered to. Lambda is connected after it was started, because it delivers too.
#[derive(Debug)]
pub(super) struct Router {
    logs: Logs,
    sqs: Sqs,
    lambda: OnceLock<Lambda>,
}

impl Router {
    pub(super) fn new(logs: Logs, sqs: Sqs) -> Self {
        Self { logs, sqs, lambda: OnceLock::new() }
    }

    /// Connects Lambda; a second time changes nothing.
    pub(super) fn connect(&self, lambda: Lambda) {
        let _ = self.lambda.set(lambda);
    }

    fn hand_over(&self, delivery: Delivery) -> Result<(), DeliveryError> {
        let Delivery { target, payload, attributes } = delivery;
        match target.service.as_str() {
            "lambda" => match self.lambda.get() {
                Some(lambda) => lambda.invoke_async(&target.to_string(), Bytes::from(payload)).map(|_| ()),
                None => Err(ServiceError::new(503, "ServiceException", "Lambda is starting")),
            },
            "logs" => self.logs.put_from_event_bus(&target, payload),
            "sqs" => self.sqs.send(&target, payload, attributes),
            other => Err(ServiceError::validation(format!(
                "the embedded cloud delivers to Lambda, Logs and SQS, not {other}"
            ))),
        }
        .map_err(|error| failure(&error))
    }
}

impl Deliver for Router {
    fn deliver(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), DeliveryError>> {
        ready(self.hand_over(delivery)).boxed()
    }
}

/// The failure as a rule's dead-letter queue names it.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
fn failure(error: &ServiceError) -> DeliveryError {
    let retryable = error.status >= 500 || error.status == 429;
    let code = match error.code.as_str() {
        "AccessDeniedException" => "NO_PERMISSIONS",
        "ResourceNotFoundException" | "AWS.SimpleQueueService.NonExistentQueue" => "NO_RESOURCE",
        _ if error.status == 429 => "THROTTLING",
        _ if retryable => "ERROR_FROM_TARGET",
        _ => "SDK_CLIENT_ERROR",
    };
    DeliveryError { code: code.into(), message: error.message.clone(), retryable }
}
