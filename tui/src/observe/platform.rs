//! Invocations, read from the records that Lambda writes about a function.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{InvocationPhase, InvocationRecord, InvocationStatus, text::clean};

/// What a platform record of `kind` tells of an invocation; `None` for the kinds that tell of none.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>
pub(super) fn invocation(function: &str, kind: &str, line: &Value, at: Timestamp) -> Option<InvocationRecord> {
    let record = line.get("record")?;
    let phase = match kind {
        "platform.start" => InvocationPhase::Started,
        "platform.report" => finished(record),
        _ => return None,
    };
    let told = line.get("time").and_then(Value::as_str).and_then(|text| text.parse().ok());
    Some(InvocationRecord {
        function: function.to_owned(),
        request_id: clean(record.get("requestId")?.as_str()?).into_owned(),
        at: told.unwrap_or(at),
        phase,
    })
}

fn finished(record: &Value) -> InvocationPhase {
    let metric = |name: &str| record.get("metrics")?.get(name)?.as_f64();
    InvocationPhase::Finished {
        status: match record.get("status").and_then(Value::as_str) {
            Some("success") => InvocationStatus::Success,
            Some("failure") => InvocationStatus::Failure,
            Some("timeout") => InvocationStatus::Timeout,
            _ => InvocationStatus::Error,
        },
        duration: metric("durationMs").and_then(milliseconds).unwrap_or_default(),
        init: metric("initDurationMs").and_then(milliseconds),
        error_type: record.get("errorType").and_then(Value::as_str).map(|text| clean(text).into_owned()),
        max_memory_mb: metric("maxMemoryUsedMB").map(|mb| mb as u32),
    }
}

/// `None` for what no clock measures: negative, endless.
fn milliseconds(count: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(count / 1e3).ok()
}
