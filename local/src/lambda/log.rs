//! Where a function's log lines go.

use std::fmt::Debug;

use jiff::Timestamp;

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub time: Timestamp,
    /// The line, without its end.
    pub message: String,
}

/// Takes the log lines of functions. CloudWatch Logs implements it; it must not block.
pub trait LogSink: Debug + Send + Sync {
    /// Appends lines, in order, to a stream of a log group. Group and stream come into being when they are new.
    fn put(&self, group: &str, stream: &str, lines: Vec<LogLine>);
}
