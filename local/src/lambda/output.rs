//! What goes to a log stream: the lines of the process and Lambda's own.

use std::{collections::VecDeque, sync::Arc};

use futures::FutureExt;
use jiff::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{ChildStderr, ChildStdout},
};

use super::{lines::LineBuffer, log::LogLine, platform::Record, pool::FunctionRuntime};
use crate::aws::limits::lambda::{LOG_LINE, LOG_TAIL};

/// How much is read from a pipe at once, in bytes.
const CHUNK: usize = 16 * 1024;
/// How often a drain reads at most: a process that writes faster than it is read must not hold up the invocation's end.
const DRAIN_READS: usize = 64;

/// The log stream of one environment.
#[derive(Debug)]
pub(crate) struct Output {
    runtime: Arc<FunctionRuntime>,
    stream: String,
    stdout: Pipe<ChildStdout>,
    stderr: Pipe<ChildStderr>,
    tail: Option<Tail>,
}

impl Output {
    /// A log stream of its own for a new environment, `2026/01/31/[$LATEST]0123456789abcdef...`.
    pub(crate) fn new(runtime: &Arc<FunctionRuntime>) -> Self {
        let day = Timestamp::now().strftime("%Y/%m/%d").to_string();
        let stream = format!("{day}/[$LATEST]{}", uuid::Uuid::new_v4().simple());
        Self { runtime: Arc::clone(runtime), stream, stdout: Pipe::new(), stderr: Pipe::new(), tail: None }
    }

    pub(crate) fn stream(&self) -> &str {
        &self.stream
    }

    /// Reads from these pipes from now on.
    pub(crate) fn attach(&mut self, stdout: Option<ChildStdout>, stderr: Option<ChildStderr>) {
        self.stdout.source = stdout;
        self.stderr.source = stderr;
    }

    /// Waits until the process has written something, and logs it; for ever once it has closed its output. Cancel safe.
    pub(crate) async fn read(&mut self) {
        let lines = tokio::select! {
            lines = self.stdout.read() => lines,
            lines = self.stderr.read() => lines,
        };
        self.put(lines);
    }

    /// Logs all that the process has written so far, without waiting for more.
    pub(crate) async fn drain(&mut self) {
        let mut lines = Vec::new();
        for _ in 0..DRAIN_READS {
            let read = [self.stdout.read().now_or_never(), self.stderr.read().now_or_never()];
            if read.iter().all(Option::is_none) {
                break;
            }
            lines.extend(read.into_iter().flatten().flatten());
        }
        self.put(lines);
    }

    /// Logs a line of our own.
    pub(crate) fn line(&mut self, line: String) {
        self.put(vec![line]);
    }

    /// Logs a platform record.
    pub(crate) fn record(&mut self, record: Record<'_>) {
        self.records(&[record]);
    }

    /// Logs platform records.
    pub(crate) fn records(&mut self, records: &[Record<'_>]) {
        let now = Timestamp::now();
        self.put(records.iter().filter_map(|record| record.line(&self.runtime.function, now)).collect());
    }

    /// From now on keeps the end of the log, if `wanted`.
    pub(crate) fn begin_tail(&mut self, wanted: bool) {
        self.tail = wanted.then(Tail::default);
    }

    /// The end of the log since [`begin_tail`](Self::begin_tail).
    pub(crate) fn end_tail(&mut self) -> Option<String> {
        self.tail.take().map(Tail::into_text)
    }

    fn put(&mut self, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        if let Some(tail) = &mut self.tail {
            lines.iter().for_each(|line| tail.push(line));
        }
        let time = Timestamp::now();
        let lines = lines.into_iter().map(|message| LogLine { time, message }).collect();
        self.runtime.logs.put(&self.runtime.function.log_group, &self.stream, lines);
    }
}

/// One output of the process.
#[derive(Debug)]
struct Pipe<R> {
    source: Option<R>,
    lines: LineBuffer,
    chunk: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    fn new() -> Self {
        Self { source: None, lines: LineBuffer::new(LOG_LINE), chunk: Vec::with_capacity(CHUNK) }
    }

    /// Waits for bytes and answers the lines they complete; waits for ever at the end. Cancel safe.
    async fn read(&mut self) -> Vec<String> {
        let Some(source) = &mut self.source else { return std::future::pending().await };
        let mut lines = Vec::new();
        self.chunk.clear();
        match source.read_buf(&mut self.chunk).await {
            Ok(length) if length > 0 => self.lines.push(&self.chunk, &mut lines),
            // Closed, or broken, which a dead process's pipe may be: either way nothing more comes.
            _ => {
                self.source = None;
                self.lines.finish(&mut lines);
            }
        }
        lines
    }
}

/// The last [`LOG_TAIL`] bytes of a log.
#[derive(Debug, Default)]
struct Tail(VecDeque<u8>);

impl Tail {
    fn push(&mut self, line: &str) {
        let line = line.as_bytes();
        self.0.extend(&line[line.len().saturating_sub(LOG_TAIL)..]);
        self.0.push_back(b'\n');
        let excess = self.0.len().saturating_sub(LOG_TAIL);
        self.0.drain(..excess);
    }

    fn into_text(self) -> String {
        String::from_utf8_lossy(&Vec::from(self.0)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_the_end_of_the_log() {
        let mut tail = Tail::default();
        tail.push(&"x".repeat(10_000));
        tail.push("the end");
        let text = tail.into_text();
        assert_eq!(text.len(), LOG_TAIL);
        assert!(text.ends_with("xxx\nthe end\n"), "{text}");
    }
}
