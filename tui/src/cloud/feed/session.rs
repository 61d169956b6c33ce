//! The calls to CloudWatch Logs: a Live Tail session, and lines written since.

use aws_sdk_cloudwatchlogs::{
    error::ProvideErrorMetadata, operation::start_live_tail::StartLiveTailOutput,
    types::StartLiveTailResponseStream as Part,
};
use futures::future::try_join_all;

use super::intake::LogLine;
use crate::cloud::{Connection, cause, live_prefix};

/// How many pages a catch-up reads of one group: 1 MB or 10,000 lines each at most.
const MOST_PAGES: usize = 20;

/// Why a session is over, or never began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// After three hours; begin another.
    TimedOut,
    /// Why it broke; worth another try.
    Broken(String),
    /// Live Tail is not to be had here: denied, or unknown to the endpoint.
    Unavailable,
}

/// One update of a session.
pub(super) struct Update {
    pub(super) lines: Vec<LogLine>,
    /// Whether AWS left lines out of it.
    pub(super) sampled: bool,
}

/// What a group holds, oldest first.
pub(super) struct Written {
    pub(super) lines: Vec<LogLine>,
    /// Whether that is all.
    pub(super) complete: bool,
}

/// A session that runs.
pub(super) struct Live(StartLiveTailOutput);

/// Begins a session over `groups`, by name.
pub(super) async fn open(connection: &Connection, groups: &[String]) -> Result<Live, Ending> {
    let arns = try_join_all(groups.iter().map(|group| arn(connection, group))).await?;
    let mut call = connection.logs.start_live_tail().set_log_group_identifiers(Some(arns)).customize();
    if let Some(interceptor) = live_prefix::interceptor(connection.custom_endpoint) {
        call = call.interceptor(interceptor);
    }
    call.send().await.map(Live).map_err(|error| ending(error.code(), error.message(), || cause(&error)))
}

impl Live {
    pub(super) async fn next(&mut self) -> Result<Update, Ending> {
        loop {
            match self.0.response_stream.recv().await {
                Ok(Some(Part::SessionUpdate(update))) => {
                    let sampled = update.session_metadata().is_some_and(|metadata| metadata.sampled());
                    let lines = update.session_results.unwrap_or_default().into_iter().map(|line| LogLine {
                        group: group_name(line.log_group_identifier().unwrap_or_default()).to_owned(),
                        timestamp_ms: line.timestamp().unwrap_or_default(),
                        message: line.message.unwrap_or_default(),
                    });
                    return Ok(Update { lines: lines.collect(), sampled });
                }
                Ok(Some(_)) => {}
                Ok(None) => return Err(Ending::Broken("Live Tail ended; it is begun again".to_owned())),
                Err(error) => {
                    let service = error.as_service_error();
                    let (code, message) = (service.and_then(|e| e.code()), service.and_then(|e| e.message()));
                    return Err(ending(code, message, || cause(&error)));
                }
            }
        }
    }
}

fn ending(code: Option<&str>, message: Option<&str>, cause: impl FnOnce() -> String) -> Ending {
    match code {
        Some("SessionTimeoutException") => Ending::TimedOut,
        Some("UnknownOperationException" | "UnknownOperation" | "InvalidOperationException" | "NotImplemented") => {
            Ending::Unavailable
        }
        Some(code) if code.contains("AccessDenied") => Ending::Unavailable,
        Some(code) => Ending::Broken(format!("Live Tail failed: {code}: {}", message.unwrap_or("no reason given"))),
        None => Ending::Broken(format!("Live Tail did not get through: {}. Check the network", cause())),
    }
}

/// The ARN of a group, without `:*`, as StartLiveTail wants it.
async fn arn(connection: &Connection, group: &str) -> Result<String, Ending> {
    let call = connection.logs.describe_log_groups().log_group_name_prefix(group);
    let answer = call.send().await.map_err(|error| ending(error.code(), error.message(), || cause(&error)))?;
    let found = answer.log_groups().iter().find(|found| found.log_group_name() == Some(group));
    let arn = found.and_then(|found| found.log_group_arn().or_else(|| found.arn()?.strip_suffix(":*")));
    arn.map(str::to_owned)
        .ok_or_else(|| Ending::Broken(format!("there is no log group {group}: deploy the stack again")))
}

/// Lines of `group` from `since_ms` on.
pub(super) async fn written_since(connection: &Connection, group: &str, since_ms: i64) -> Result<Written, String> {
    let mut lines = Vec::new();
    let call = connection.logs.filter_log_events().log_group_name(group).start_time(since_ms.max(0));
    let mut pages = call.into_paginator().send();
    for _ in 0..MOST_PAGES {
        let Some(page) = pages.next().await else { return Ok(Written { lines, complete: true }) };
        let page = page.map_err(|error| match error.code() {
            Some(code) => format!("reading {group} failed: {code}: {}", error.message().unwrap_or("no reason given")),
            None => format!("reading {group} did not get through: {}. Check the network", cause(&error)),
        })?;
        let complete = page.next_token.is_none();
        lines.extend(page.events.unwrap_or_default().into_iter().map(|line| LogLine {
            group: group.to_owned(),
            timestamp_ms: line.timestamp.unwrap_or_default(),
            message: line.message.unwrap_or_default(),
        }));
        if complete {
            return Ok(Written { lines, complete });
        }
    }
    Ok(Written { lines, complete: false })
}

/// The name in `ACCOUNT:NAME`, or in an ARN with or without `:*`.
fn group_name(identifier: &str) -> &str {
    identifier.trim_end_matches(":*").rsplit(':').next().unwrap_or(identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_in_three_ways() {
        for identifier in ["/aws/l", "123456789012:/aws/l", "arn:aws:logs:r:1:log-group:/aws/l:*"] {
            assert_eq!(group_name(identifier), "/aws/l");
        }
    }

    #[test]
    fn an_ending_says_whether_to_try_again() {
        let of = |code| ending(Some(code), Some("m"), String::new);
        assert_eq!(of("SessionTimeoutException"), Ending::TimedOut);
        assert_eq!(of("AccessDeniedException"), Ending::Unavailable);
        assert!(matches!(of("LimitExceededException"), Ending::Broken(why) if why.contains("LimitExceeded")));
    }
}
