//! Searching: FilterLogEvents and GetLogEvents.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::group_name,
    filter_pattern::FilterPattern,
    store::{Group, Line, Store, no_such_stream},
};
use crate::aws::{Call, Reply, ServiceError, limits::logs as limits};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct FilterInput {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Vec<String>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: String,
    next_token: Option<String>,
    limit: Option<usize>,
}

pub(super) fn filter_log_events(store: &Store, call: &Call) -> Result<Reply, ServiceError> {
    let input: FilterInput = call.input()?;
    let name = group_name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let pattern = read_pattern(&input.filter_pattern)?;
    if !input.log_stream_names.is_empty() && input.log_stream_name_prefix.is_some() {
        return Err(invalid("Only one of logStreamNames and logStreamNamePrefix can be given."));
    }
    let limit = limit(input.limit)?;
    let after = token(input.next_token.as_deref())?;
    let wanted = |line: &Line| {
        let named =
            input.log_stream_names.is_empty() || input.log_stream_names.iter().any(|name| **name == *line.stream);
        let prefixed =
            input.log_stream_name_prefix.as_ref().is_none_or(|prefix| line.stream.starts_with(prefix.as_str()));
        named
            && prefixed
            && input.start_time.is_none_or(|start| line.timestamp >= start)
            && input.end_time.is_none_or(|end| line.timestamp <= end)
            && after.is_none_or(|after| (line.timestamp, line.id) > after)
            && pattern.matches(&line.message)
    };
    let mut lines = store.with_group(&name, |group| group.select(wanted))?;
    lines.sort_by_key(|line| (line.timestamp, line.id));
    let count = fitting(&lines, limit);
    let mut answer = json!({
        "events": lines[..count].iter().map(|line| show(line, true)).collect::<Vec<_>>(),
        "searchedLogStreams": [],
    });
    if let (true, Some(last)) = (count < lines.len(), lines[..count].last()) {
        answer["nextToken"] = json!(format!("{}.{}", last.timestamp, last.id));
    }
    Ok(Reply::Json(answer))
}

/// How many of the lines go in one answer.
fn fitting(lines: &[Arc<Line>], limit: usize) -> usize {
    let mut bytes = 0;
    let fits = |line: &&Arc<Line>| {
        bytes += line.message.len();
        bytes <= limits::MAX_BYTES_PER_ANSWER
    };
    lines.iter().take(limit).take_while(fits).count().max(usize::from(!lines.is_empty()))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct GetInput {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<usize>,
    start_from_head: bool,
}

/// The tokens are a direction and the id of a line: `f/17` goes on behind line 17, `b/17` before it.
pub(super) fn get_log_events(store: &Store, call: &Call) -> Result<Reply, ServiceError> {
    let input: GetInput = call.input()?;
    let name = group_name(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let limit = limit(input.limit)?;
    let place = match input.next_token.as_deref().map(|token| (token.split_at_checked(2), token)) {
        None => None,
        Some((Some((direction @ ("f/" | "b/"), id)), _)) => match id.parse::<u64>() {
            Ok(id) => Some((direction == "f/", id)),
            Err(_) => return Err(invalid("The specified nextToken is invalid.")),
        },
        Some(_) => return Err(invalid("The specified nextToken is invalid.")),
    };
    let wanted = |line: &Line| {
        *line.stream == *input.log_stream_name
            && input.start_time.is_none_or(|start| line.timestamp >= start)
            && input.end_time.is_none_or(|end| line.timestamp < end)
            && place.is_none_or(|(forward, id)| if forward { line.id > id } else { line.id < id })
    };
    let lines = store.with_group(&name, |group| {
        group.streams.contains_key(input.log_stream_name.as_str()).then(|| group.select(wanted))
    })?;
    let mut lines = lines.ok_or_else(no_such_stream)?;
    lines.sort_by_key(|line| line.id);
    let forward = place.map_or(input.start_from_head, |(forward, _)| forward);
    let lines = if forward {
        let count = fitting(&lines, limit);
        &lines[..count]
    } else {
        &lines[lines.len().saturating_sub(limit)..]
    };
    let here = place.map_or(0, |(_, id)| id);
    Ok(Reply::Json(json!({
        "events": lines.iter().map(|line| show(line, false)).collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{}", lines.last().map_or(here, |line| line.id)),
        "nextBackwardToken": format!("b/{}", lines.first().map_or(here, |line| line.id)),
    })))
}

impl Group {
    fn select(&self, wanted: impl Fn(&Line) -> bool) -> Vec<Arc<Line>> {
        self.lines.iter().filter(|line| wanted(line)).cloned().collect()
    }
}

fn show(line: &Line, with_stream: bool) -> Value {
    let mut shown = json!({ "timestamp": line.timestamp, "ingestionTime": line.ingested, "message": line.message });
    if with_stream {
        shown["logStreamName"] = json!(&*line.stream);
        // Event ids of AWS are long decimal numbers; these rise in the order of arrival too.
        shown["eventId"] = json!(format!("{:056}", line.id));
    }
    shown
}

pub(super) fn read_pattern(text: &str) -> Result<FilterPattern, ServiceError> {
    FilterPattern::parse(text).map_err(|error| invalid(&error.to_string()))
}

fn limit(limit: Option<usize>) -> Result<usize, ServiceError> {
    match limit {
        Some(limit) if limit == 0 || limit > limits::MAX_EVENTS_PER_ANSWER => {
            Err(invalid(&format!("Value at 'limit' must be from 1 to {}", limits::MAX_EVENTS_PER_ANSWER)))
        }
        limit => Ok(limit.unwrap_or(limits::MAX_EVENTS_PER_ANSWER)),
    }
}

fn token(text: Option<&str>) -> Result<Option<(i64, u64)>, ServiceError> {
    let Some(text) = text else { return Ok(None) };
    let parsed = text.split_once('.').and_then(|(time, id)| Some((time.parse().ok()?, id.parse().ok()?)));
    parsed.map(Some).ok_or_else(|| invalid("The specified nextToken is invalid."))
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new(400, "InvalidParameterException", message)
}
