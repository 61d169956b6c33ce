//! What the dashboard learns from log lines: events, invocations, and what the functions say. Pure.

mod envelope;
mod parse;
mod platform;
pub mod text;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub use parse::{GroupNames, observe};

/// One thing seen on the live tail.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// An event passed the bus.
    Event(EventRecord),
    /// An invocation began or ended.
    Invocation(InvocationRecord),
    /// A function wrote a log line.
    Log(LogRecord),
}

/// An event as it passed the bus.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRecord {
    /// EventBridge's id of the event.
    pub id: String,
    /// When it was published.
    pub time: Timestamp,
    /// `eventflow.orders`, ...
    pub source: String,
    /// `OrderCreated`, ...
    pub detail_type: String,
    /// The order it speaks of, when its detail names one.
    pub order_id: Option<String>,
    /// The product it speaks of, when its detail names one.
    pub product_id: Option<String>,
    /// The user it speaks of, when its detail names one.
    pub user_id: Option<String>,
    /// The quantity, when its detail gives one.
    pub quantity: Option<u32>,
    /// The whole envelope, `detail` included.
    pub envelope: Value,
}

/// The beginning or the end of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub struct InvocationRecord {
    /// The function's name.
    pub function: String,
    /// Lambda's id of the request; the same over all retries of one event.
    pub request_id: String,
    /// When Lambda wrote it.
    pub at: Timestamp,
    /// Which of the two, and how it ended.
    pub phase: InvocationPhase,
}

/// Where an invocation stands.
#[derive(Debug, Clone, PartialEq)]
pub enum InvocationPhase {
    /// `platform.start`.
    Started,
    /// `platform.report`.
    Finished {
        /// How it ended.
        status: InvocationStatus,
        /// How long the handler took.
        duration: Duration,
        /// How long the cold start took, when it was one.
        init: Option<Duration>,
        /// The error's type, when it failed.
        error_type: Option<String>,
        /// The most memory the process used, in MB.
        max_memory_mb: Option<u32>,
    },
}

/// How an invocation ended, as `platform.report` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvocationStatus {
    /// The handler returned.
    Success,
    /// The handler returned an error.
    Error,
    /// The process died.
    Failure,
    /// The handler took too long.
    Timeout,
}

/// A line that a function wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord {
    /// The function's name.
    pub function: String,
    /// The invocation it was written in, when the line says so.
    pub request_id: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// `INFO`, `WARN`, ...
    pub level: String,
    /// The text.
    pub message: String,
    /// The order it speaks of.
    pub order_id: Option<String>,
    /// The event it was handling.
    pub event_id: Option<String>,
    /// What became of it, in a word: `paid`, `declined`, `duplicate`.
    pub outcome: Option<String>,
}
