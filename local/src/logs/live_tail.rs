//! StartLiveTail: a session that streams new lines.
//!
//! Sources: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>; the framing is that of
//! `application/vnd.amazon.eventstream`.
//!
//! One thing differs on a scaled clock: an update that has lines to tell is sent after a second of AWS's time, so that the
//! screen does not lag behind a system that runs faster. Updates with nothing in them come every real second, as on AWS.

use std::{convert::Infallible, sync::Arc};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::{Response, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep_until},
};

use super::{
    api::name_of_identifier,
    filter_pattern::FilterPattern,
    query::read_pattern,
    store::{Line, Store, no_such_group},
};
use crate::aws::{Arn, Call, Clock, Reply, ServiceError, limits::logs as limits};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    log_group_identifiers: Vec<String>,
    log_stream_names: Vec<String>,
    log_stream_name_prefixes: Vec<String>,
    log_event_filter_pattern: String,
}

/// Begins a session; the answer's body goes on for as long as the session does.
pub(super) fn start(store: &Arc<Store>, clock: Clock, call: &Call) -> Result<Reply, ServiceError> {
    let input: Input = call.input()?;
    let groups = check_groups(store, &input)?;
    let session = Session {
        arrivals: store.arrivals(),
        pattern: read_pattern(&input.log_event_filter_pattern)?,
        store: Arc::clone(store),
        groups,
        streams: input.log_stream_names.clone(),
        prefixes: input.log_stream_name_prefixes.clone(),
        clock,
        waiting: Vec::new(),
        left_out: false,
        last_update: Instant::now(),
        ends: Instant::now() + limits::LIVE_TAIL_SESSION,
        over: false,
    };
    let opening = [message("initial-response", &json!({})), message("sessionStart", &session_start(call, &input))];
    let updates = stream::unfold(session, |mut session| async move {
        let next = session.next().await?;
        Some((Ok::<Bytes, Infallible>(next), session))
    });
    let body = Body::from_stream(futures::StreamExt::chain(stream::iter(opening.map(Ok)), updates));
    let response = Response::builder()
        .header(CONTENT_TYPE, "application/vnd.amazon.eventstream")
        .body(body)
        .map_err(|error| ServiceError::new(500, "InternalFailure", error.to_string()))?;
    Ok(Reply::Http(response))
}

fn check_groups(store: &Store, input: &Input) -> Result<Vec<String>, ServiceError> {
    let invalid = |reason: String| ServiceError::new(400, "InvalidParameterException", reason);
    let count = input.log_group_identifiers.len();
    if count == 0 || count > limits::MAX_LIVE_TAIL_GROUPS {
        return Err(invalid(format!(
            "logGroupIdentifiers must name 1 to {} log groups.",
            limits::MAX_LIVE_TAIL_GROUPS
        )));
    }
    if count > 1 && !(input.log_stream_names.is_empty() && input.log_stream_name_prefixes.is_empty()) {
        return Err(invalid("Log streams can be named only with a single log group.".into()));
    }
    let name = |identifier: &String| {
        if identifier.parse::<Arn>().is_err() || identifier.ends_with(":*") {
            return Err(invalid(format!("{identifier} must be the ARN of a log group, without a trailing ':*'.")));
        }
        let name = name_of_identifier(identifier);
        if store.has_group(&name) { Ok(name) } else { Err(no_such_group()) }
    };
    input.log_group_identifiers.iter().map(name).collect()
}

fn session_start(call: &Call, input: &Input) -> Value {
    json!({
        "requestId": call.request_id,
        "sessionId": uuid::Uuid::new_v4().to_string(),
        "logGroupIdentifiers": input.log_group_identifiers,
        "logStreamNames": input.log_stream_names,
        "logStreamNamePrefixes": input.log_stream_name_prefixes,
        "logEventFilterPattern": input.log_event_filter_pattern,
    })
}

struct Session {
    arrivals: Receiver<Arc<Line>>,
    store: Arc<Store>,
    groups: Vec<String>,
    streams: Vec<String>,
    prefixes: Vec<String>,
    pattern: FilterPattern,
    clock: Clock,
    /// Lines for the next update.
    waiting: Vec<Arc<Line>>,
    /// Whether the next update leaves lines out.
    left_out: bool,
    last_update: Instant,
    ends: Instant,
    over: bool,
}

impl Session {
    /// Waits for the next frame; `None` when the session is over.
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        loop {
            let empty = self.waiting.is_empty() && !self.left_out;
            let pace = if empty { limits::LIVE_TAIL_UPDATE } else { self.clock.real(limits::LIVE_TAIL_UPDATE) };
            tokio::select! {
                biased;
                () = sleep_until(self.last_update + pace) => return Some(self.update()),
                () = sleep_until(self.ends) => {
                    self.over = true;
                    return Some(exception("SessionTimeoutException", "The session has reached its maximum duration."));
                }
                arrival = self.arrivals.recv() => match arrival {
                    Ok(line) => self.take(line),
                    Err(RecvError::Lagged(_)) => self.left_out = true,
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    fn take(&mut self, line: Arc<Line>) {
        let named = self.streams.is_empty() && self.prefixes.is_empty()
            || self.streams.iter().any(|name| **name == *line.stream)
            || self.prefixes.iter().any(|prefix| line.stream.starts_with(prefix.as_str()));
        if !named || !self.groups.iter().any(|group| **group == *line.group) || !self.pattern.matches(&line.message) {
            return;
        }
        if self.waiting.len() == limits::MAX_LIVE_TAIL_EVENTS {
            self.left_out = true;
            return;
        }
        self.waiting.push(line);
    }

    fn update(&mut self) -> Bytes {
        self.last_update = Instant::now();
        let show = |line: Arc<Line>| {
            json!({
                "logGroupIdentifier": self.store.arn(&line.group).to_string(),
                "logStreamName": &*line.stream,
                "timestamp": line.timestamp,
                "ingestionTime": line.ingested,
                "message": line.message,
            })
        };
        let results: Vec<Value> = std::mem::take(&mut self.waiting).into_iter().map(show).collect();
        let sampled = std::mem::take(&mut self.left_out);
        message("sessionUpdate", &json!({ "sessionMetadata": { "sampled": sampled }, "sessionResults": results }))
    }
}

fn message(event_type: &str, payload: &Value) -> Bytes {
    frame([(":message-type", "event"), (":event-type", event_type), (":content-type", "application/json")], payload)
}

fn exception(exception_type: &str, text: &str) -> Bytes {
    let headers =
        [(":message-type", "exception"), (":exception-type", exception_type), (":content-type", "application/json")];
    frame(headers, &json!({ "message": text }))
}

fn frame(headers: [(&'static str, &str); 3], payload: &Value) -> Bytes {
    let mut frame = Message::new(payload.to_string());
    for (name, value) in headers {
        frame = frame.add_header(Header::new(name, HeaderValue::String(value.to_owned().into())));
    }
    let mut bytes = Vec::new();
    // Only a frame over 16 MB is refused; an update of 500 lines of at most 256 KB that is one is left out.
    match write_message_to(&frame, &mut bytes) {
        Ok(()) => bytes.into(),
        Err(error) => {
            tracing::error!(%error, "a Live Tail update was left out");
            Bytes::new()
        }
    }
}
