//! The log lines that Lambda itself writes about a function.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::outcome::Status;
use crate::stack::{Function, LogFormat};

/// Something Lambda logs. In JSON format each becomes `{"time", "type", "record"}`.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record<'a> {
    /// An environment starts.
    InitStart { log_stream: &'a str },
    /// The runtime asked for its first invocation, or failed to.
    InitRuntimeDone { status: Status, error_type: Option<&'a str> },
    /// The start is over.
    InitReport { status: Status, error_type: Option<&'a str>, duration: Duration },
    /// An invocation begins.
    Start { request_id: &'a str },
    /// The function is done with it.
    RuntimeDone {
        request_id: &'a str,
        status: Status,
        error_type: Option<&'a str>,
        duration: Duration,
        produced: usize,
    },
    /// The invocation is over.
    Report(Report<'a>),
}

/// What an invocation cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) status: Status,
    pub(crate) error_type: Option<&'a str>,
    /// How long the function ran.
    pub(crate) duration: Duration,
    /// How long the environment took to start, on the invocation that started it.
    pub(crate) init: Option<Duration>,
    /// Peak memory so far, in bytes, where the system tells.
    pub(crate) memory: Option<u64>,
}

impl Record<'_> {
    /// The line to log at `time`; `None` where the text format has no line for it.
    pub(crate) fn line(&self, function: &Function, time: Timestamp) -> Option<String> {
        match function.log_format {
            LogFormat::Json => {
                let (kind, record) = self.json(function);
                Some(json!({ "time": format!("{time:.3}"), "type": kind, "record": record }).to_string())
            }
            LogFormat::Text => self.text(function),
        }
    }

    fn json(&self, function: &Function) -> (&'static str, Value) {
        match *self {
            Self::InitStart { log_stream } => {
                let record = json!({
                    "initializationType": "on-demand",
                    "phase": "init",
                    "runtimeVersion": format!("{}.local", function.runtime.replace('.', ":")),
                    "functionName": function.name,
                    "functionVersion": "$LATEST",
                    "instanceId": log_stream,
                    "instanceMaxMemory": u64::from(function.memory_mb) * 1024 * 1024,
                });
                ("platform.initStart", record)
            }
            Self::InitRuntimeDone { status, error_type } => {
                let mut record = init_record(status);
                set(&mut record, "errorType", error_type);
                ("platform.initRuntimeDone", record.into())
            }
            Self::InitReport { status, error_type, duration } => {
                let mut record = init_record(status);
                set(&mut record, "errorType", error_type);
                set(&mut record, "metrics", Some(json!({ "durationMs": milliseconds(duration) })));
                ("platform.initReport", record.into())
            }
            Self::Start { request_id } => ("platform.start", json!({ "requestId": request_id, "version": "$LATEST" })),
            Self::RuntimeDone { request_id, status, error_type, duration, produced } => {
                let mut record = Map::new();
                set(&mut record, "requestId", Some(request_id));
                set(&mut record, "status", Some(status.as_str()));
                set(&mut record, "errorType", error_type);
                let metrics = json!({ "durationMs": milliseconds(duration), "producedBytes": produced });
                set(&mut record, "metrics", Some(metrics));
                ("platform.runtimeDone", record.into())
            }
            Self::Report(report) => ("platform.report", report.json(function)),
        }
    }

    fn text(&self, function: &Function) -> Option<String> {
        match self {
            Self::InitStart { .. } => {
                Some(format!("INIT_START Runtime Version: {}.local", function.runtime.replace('.', ":")))
            }
            Self::InitRuntimeDone { .. } | Self::InitReport { status: Status::Success, .. } => None,
            Self::InitReport { status, error_type, duration } => Some(format!(
                "INIT_REPORT Init Duration: {:.2} ms\tPhase: init\tStatus: {}{}",
                milliseconds(*duration),
                status.as_str(),
                error_type.map(|error| format!("\tError Type: {error}")).unwrap_or_default(),
            )),
            Self::Start { request_id } => Some(format!("START RequestId: {request_id} Version: $LATEST")),
            Self::RuntimeDone { request_id, .. } => Some(format!("END RequestId: {request_id}")),
            Self::Report(report) => Some(report.text(function)),
        }
    }
}

impl Report<'_> {
    fn billed(&self) -> f64 {
        milliseconds(self.duration + self.init.unwrap_or_default()).ceil()
    }

    fn memory_mb(&self) -> Option<u64> {
        self.memory.map(|bytes| bytes.div_ceil(1024 * 1024))
    }

    fn json(&self, function: &Function) -> Value {
        let mut metrics = Map::new();
        set(&mut metrics, "durationMs", Some(milliseconds(self.duration)));
        set(&mut metrics, "billedDurationMs", Some(self.billed()));
        set(&mut metrics, "memorySizeMB", Some(function.memory_mb));
        set(&mut metrics, "maxMemoryUsedMB", self.memory_mb());
        set(&mut metrics, "initDurationMs", self.init.map(milliseconds));
        let mut record = Map::new();
        set(&mut record, "requestId", Some(self.request_id));
        set(&mut record, "metrics", Some(Value::from(metrics)));
        set(&mut record, "status", Some(self.status.as_str()));
        set(&mut record, "errorType", self.error_type);
        record.into()
    }

    fn text(&self, function: &Function) -> String {
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: {} MB",
            self.request_id,
            milliseconds(self.duration),
            self.billed(),
            function.memory_mb,
        );
        if let Some(memory) = self.memory_mb() {
            line.push_str(&format!("\tMax Memory Used: {memory} MB"));
        }
        if let Some(init) = self.init {
            line.push_str(&format!("\tInit Duration: {:.2} ms", milliseconds(init)));
        }
        if self.status != Status::Success {
            line.push_str(&format!("\tStatus: {}", self.status.as_str()));
        }
        if let Some(error) = self.error_type {
            line.push_str(&format!("\tError Type: {error}"));
        }
        line
    }
}

fn init_record(status: Status) -> Map<String, Value> {
    let mut record = Map::new();
    set(&mut record, "initializationType", Some("on-demand"));
    set(&mut record, "phase", Some("init"));
    set(&mut record, "status", Some(status.as_str()));
    record
}

fn set(record: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        record.insert(name.to_owned(), value.into());
    }
}

/// Milliseconds to three places, as Lambda writes them.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
