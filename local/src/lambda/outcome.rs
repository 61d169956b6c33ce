//! How an invocation, or the start of an environment, ended.

use std::os::unix::process::ExitStatusExt;
use std::{process::ExitStatus, time::Duration};

use bytes::Bytes;
use serde_json::json;

/// The id of an invocation: a UUID. It stays the same across the retries of an asynchronous event.
pub type RequestId = String;

/// What an invocation came to, as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvokeResult {
    /// The invocation's id.
    pub request_id: RequestId,
    /// What the function answered, or the error as JSON: `{"errorType", "errorMessage"}`.
    pub payload: Bytes,
    /// `X-Amz-Function-Error`: `Unhandled` when the function failed, `None` when it answered.
    pub function_error: Option<String>,
    /// The last lines of the invocation's log, at most 4 KB, when the caller asked for them.
    pub log_tail: Option<String>,
}

/// The `status` of platform records.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// All went well.
    Success,
    /// The function reported an error.
    Error,
    /// The function's process ended.
    Failure,
    /// It took too long.
    Timeout,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Failure => "failure",
            Self::Timeout => "timeout",
        }
    }
}

/// A failure, as it is answered and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    /// `Runtime.ExitError`, `Sandbox.Timedout`, or what the function said.
    pub(crate) error_type: String,
    /// The JSON to answer.
    pub(crate) payload: Bytes,
}

impl Failure {
    fn new(status: Status, error_type: &str, message: &str) -> Self {
        let payload = json!({ "errorType": error_type, "errorMessage": message }).to_string().into();
        Self { status, error_type: error_type.to_owned(), payload }
    }

    /// The runtime reported an error, of the invocation or of its start. Records name its type only when it is of the
    /// form `Runtime.Name` or `Function.Name`, as Lambda's own supervisor does; what the runtime wrote is in the payload.
    ///
    /// Source: `GetValidRuntimeOrFunctionErrorType` in <https://github.com/aws/aws-lambda-runtime-interface-emulator>
    pub(crate) fn reported(error_type: Option<String>, payload: Bytes) -> Self {
        let named = |text: &String| {
            let name = text.strip_prefix("Runtime.").or_else(|| text.strip_prefix("Function."));
            name.is_some_and(|name| name.len() > 1 && name.starts_with(|c: char| c.is_ascii_uppercase()))
        };
        let error_type = match error_type {
            Some(error_type) if named(&error_type) => error_type,
            Some(error_type) if error_type.starts_with("Function.") => "Function.Unknown".to_owned(),
            _ => "Runtime.Unknown".to_owned(),
        };
        Self { status: Status::Error, error_type, payload }
    }

    /// The process ended before it had answered.
    pub(crate) fn exited(request_id: &str, status: Option<ExitStatus>) -> Self {
        let how = match status.map(|status| (status.code(), status.signal())) {
            Some((Some(0), _)) | None => "Runtime exited without providing a reason".to_owned(),
            Some((Some(code), _)) => format!("Runtime exited with error: exit status {code}"),
            Some((None, Some(signal))) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
            Some((None, None)) => "Runtime exited with error: unknown".to_owned(),
        };
        Self::new(Status::Failure, "Runtime.ExitError", &format!("RequestId: {request_id} Error: {how}"))
    }

    /// The time is over.
    pub(crate) fn timed_out(request_id: &str, after: Duration) -> Self {
        let message = format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", after.as_secs_f64());
        Self::new(Status::Timeout, "Sandbox.Timedout", &message)
    }

    /// The answer is larger than Lambda lets through.
    pub(crate) fn response_too_large(limit: usize) -> Self {
        let message = format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
        Self::new(Status::Error, "Function.ResponseSizeTooLarge", &message)
    }

    /// There is nothing to run, or it does not run.
    pub(crate) fn no_entrypoint(request_id: &str, why: &str) -> Self {
        Self::new(Status::Failure, "Runtime.InvalidEntrypoint", &format!("RequestId: {request_id} Error: {why}"))
    }
}

/// Signals as Go's runtime, in which Lambda's own supervisor is written, names them.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        2 => "interrupt",
        4 => "illegal instruction",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        15 => "terminated",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(failure: &Failure) -> String {
        let value: serde_json::Value = serde_json::from_slice(&failure.payload).expect("JSON");
        value["errorMessage"].as_str().expect("a text").to_owned()
    }

    #[test]
    fn an_exit_code_and_a_signal_are_told_apart() {
        let told = |raw| message(&Failure::exited("r", Some(ExitStatus::from_raw(raw))));
        assert_eq!(told(3 << 8), "RequestId: r Error: Runtime exited with error: exit status 3");
        assert_eq!(told(9), "RequestId: r Error: Runtime exited with error: signal: killed");
        assert_eq!(told(0), "RequestId: r Error: Runtime exited without providing a reason");
    }

    #[test]
    fn only_lambdas_own_kinds_of_error_type_are_recorded() {
        let table = [
            (Some("Runtime.ConfigMissing"), "Runtime.ConfigMissing"),
            (Some("Function.Refused"), "Function.Refused"),
            (Some("Function.x"), "Function.Unknown"),
            (Some("unhandled"), "Runtime.Unknown"),
            (None, "Runtime.Unknown"),
        ];
        for (reported, recorded) in table {
            let failure = Failure::reported(reported.map(str::to_owned), Bytes::new());
            assert_eq!(failure.error_type, recorded, "{reported:?}");
        }
    }

    #[test]
    fn a_time_out_names_the_limit() {
        let failure = Failure::timed_out("r", Duration::from_millis(1_500));
        assert_eq!(message(&failure), "RequestId: r Error: Task timed out after 1.50 seconds");
        assert_eq!((failure.status.as_str(), failure.error_type.as_str()), ("timeout", "Sandbox.Timedout"));
    }
}
