//! The record of an asynchronous invocation that its destination gets.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::lambda::outcome::InvokeResult;

/// What became of an event.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
#[derive(Debug)]
pub(super) struct DestinationRecord<'a> {
    /// The function's ARN, unqualified.
    pub(super) function_arn: &'a str,
    pub(super) request_id: &'a str,
    /// The event.
    pub(super) request: &'a [u8],
    /// `Success`, or why it was given up.
    pub(super) condition: &'a str,
    /// How often the function ran.
    pub(super) invocations: u32,
    /// What it answered last; `None` when it never ran.
    pub(super) last: Option<&'a InvokeResult>,
}

impl DestinationRecord<'_> {
    /// The record's JSON text.
    pub(super) fn to_json(&self, time: Timestamp) -> String {
        let mut record = json!({
            "version": "1.0",
            "timestamp": format!("{time:.3}"),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": format!("{}:$LATEST", self.function_arn),
                "condition": self.condition,
                "approximateInvokeCount": self.invocations,
            },
            "requestPayload": payload(self.request),
        });
        if let Some(last) = self.last {
            let mut context = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
            if let Some(error) = &last.function_error {
                context["functionError"] = error.as_str().into();
            }
            record["responseContext"] = context;
            record["responsePayload"] = payload(&last.payload);
        }
        record.to_string()
    }
}

/// A payload as JSON; one that is not JSON is kept as text, so that nothing is lost.
fn payload(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn value(record: &DestinationRecord<'_>) -> Value {
        serde_json::from_str(&record.to_json("2026-01-02T03:04:05.678901Z".parse().unwrap())).unwrap()
    }

    #[test]
    fn a_failure_carries_the_last_answer() {
        let last = InvokeResult {
            request_id: "id".into(),
            payload: r#"{"errorType":"Boom"}"#.into(),
            function_error: Some("Unhandled".into()),
            log_tail: None,
        };
        let record = DestinationRecord {
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f",
            request_id: "id",
            request: br#"{"a":1}"#,
            condition: "RetriesExhausted",
            invocations: 3,
            last: Some(&last),
        };
        let expected = json!({
            "version": "1.0",
            "timestamp": "2026-01-02T03:04:05.678Z",
            "requestContext": {
                "requestId": "id",
                "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": {"a": 1},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorType": "Boom"},
        });
        assert_eq!(value(&record), expected);
    }

    #[test]
    fn an_event_that_never_ran_has_no_answer() {
        let record = DestinationRecord {
            function_arn: "arn",
            request_id: "id",
            request: b"{}",
            condition: "ZeroReservedConcurrency",
            invocations: 0,
            last: None,
        };
        let value = value(&record);
        assert!(value.get("responseContext").is_none() && value.get("responsePayload").is_none(), "{value}");
    }
}
