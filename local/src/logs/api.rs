//! The operations on groups and streams, and PutLogEvents.

use serde::Deserialize;
use serde_json::{Value, json};

use super::store::{Group, LogEvent, Store, no_such_stream};
use crate::aws::{Arn, Call, Reply, ServiceError, limits::logs as limits};

type Answer = Result<Reply, ServiceError>;

pub(super) fn handle(store: &Store, call: &Call) -> Answer {
    let input: Input = call.input()?;
    match call.operation.as_str() {
        "CreateLogGroup" => create_group(store, &input),
        "DeleteLogGroup" => delete_group(store, &input),
        "DescribeLogGroups" => describe_groups(store, &input),
        "CreateLogStream" => create_stream(store, &input),
        "DescribeLogStreams" => describe_streams(store, &input),
        "PutRetentionPolicy" => put_retention(store, &input, input.retention_in_days),
        "DeleteRetentionPolicy" => put_retention(store, &input, None),
        "PutLogEvents" => put_log_events(store, call),
        other => Err(ServiceError::unsupported("CloudWatch Logs", other)),
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: Option<String>,
    log_group_name_prefix: String,
    log_stream_name_prefix: String,
    retention_in_days: Option<u32>,
    limit: Option<usize>,
    next_token: Option<String>,
}

impl Input {
    fn group(&self) -> Result<String, ServiceError> {
        group_name(self.log_group_name.as_deref(), self.log_group_identifier.as_deref())
    }

    fn stream(&self) -> Result<&str, ServiceError> {
        self.log_stream_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| invalid("logStreamName is required."))
    }

    /// One page of a list; the token is where the next begins.
    fn page(&self, all: Vec<Value>, field: &str) -> Answer {
        let start: usize = match &self.next_token {
            None => 0,
            Some(token) => token.parse().map_err(|_| invalid("The specified nextToken is invalid."))?,
        };
        let limit = self.limit.unwrap_or(50).clamp(1, 50);
        let more = all.len() > start + limit;
        let mut answer = json!({ field: all.into_iter().skip(start).take(limit).collect::<Vec<_>>() });
        if more {
            answer["nextToken"] = json!((start + limit).to_string());
        }
        Ok(Reply::Json(answer))
    }
}

/// The group that a call names: by its name, or by an identifier, which is a name or an ARN.
pub(super) fn group_name(name: Option<&str>, identifier: Option<&str>) -> Result<String, ServiceError> {
    match (name, identifier) {
        (Some(_), Some(_)) => Err(invalid("Only one of logGroupName and logGroupIdentifier can be given.")),
        (Some(name), None) if !name.is_empty() => Ok(name.to_owned()),
        (None, Some(identifier)) if !identifier.is_empty() => Ok(name_of_identifier(identifier)),
        _ => Err(invalid("logGroupName is required.")),
    }
}

/// The name in a group identifier.
pub(super) fn name_of_identifier(identifier: &str) -> String {
    let resource = identifier.parse::<Arn>().map(|arn| arn.resource).unwrap_or_else(|_| identifier.to_owned());
    let name = resource.strip_prefix("log-group:").unwrap_or(&resource);
    name.strip_suffix(":*").unwrap_or(name).to_owned()
}

fn create_group(store: &Store, input: &Input) -> Answer {
    if store.create_group(&input.group()?, None) {
        return Ok(Reply::Empty);
    }
    Err(ServiceError::new(400, "ResourceAlreadyExistsException", "The specified log group already exists"))
}

fn delete_group(store: &Store, input: &Input) -> Answer {
    if store.delete_group(&input.group()?) { Ok(Reply::Empty) } else { Err(super::store::no_such_group()) }
}

fn describe_groups(store: &Store, input: &Input) -> Answer {
    let show = |group: &Group| {
        let arn = store.arn(&group.name).to_string();
        let mut shown = json!({
            "logGroupName": &*group.name,
            "creationTime": group.created,
            "metricFilterCount": 0,
            "arn": format!("{arn}:*"),
            "logGroupArn": arn,
            "logGroupClass": "STANDARD",
            "storedBytes": group.lines.iter().map(|line| line.message.len()).sum::<usize>(),
        });
        if let Some(days) = group.retention_days {
            shown["retentionInDays"] = json!(days);
        }
        shown
    };
    input.page(store.groups(&input.log_group_name_prefix, show), "logGroups")
}

fn create_stream(store: &Store, input: &Input) -> Answer {
    let name = input.stream()?;
    let created = store.change_group(&input.group()?, |group| {
        let new = !group.streams.contains_key(name);
        group.stream(name);
        new
    })?;
    if created {
        return Ok(Reply::Empty);
    }
    Err(ServiceError::new(400, "ResourceAlreadyExistsException", "The specified log stream already exists"))
}

fn describe_streams(store: &Store, input: &Input) -> Answer {
    let group = input.group()?;
    let shown = store.with_group(&group, |group| {
        let wanted = group.streams.iter().filter(|(name, _)| name.starts_with(&input.log_stream_name_prefix));
        let show = |name: &str, stream: &super::store::Stream| {
            let mut shown = json!({
                "logStreamName": name,
                "creationTime": stream.created,
                "arn": format!("{}:log-stream:{name}", store.arn(&group.name)),
                "storedBytes": 0,
            });
            if let (Some(first), Some(last)) = (stream.first_event, stream.last_event) {
                shown["firstEventTimestamp"] = json!(first);
                shown["lastEventTimestamp"] = json!(last);
                shown["lastIngestionTime"] = json!(last);
            }
            shown
        };
        wanted.map(|(name, stream)| show(name, stream)).collect()
    })?;
    input.page(shown, "logStreams")
}

fn put_retention(store: &Store, input: &Input, days: Option<u32>) -> Answer {
    store.change_group(&input.group()?, |group| group.retention_days = days)?;
    Ok(Reply::Empty)
}

fn put_log_events(store: &Store, call: &Call) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Put {
        log_group_name: String,
        log_stream_name: String,
        log_events: Vec<InputLogEvent>,
    }
    #[derive(Deserialize)]
    struct InputLogEvent {
        timestamp: i64,
        message: String,
    }
    let put: Put = call.input()?;
    let bytes: usize = put.log_events.iter().map(|event| event.message.len() + limits::BYTES_PER_EVENT).sum();
    if put.log_events.is_empty()
        || put.log_events.len() > limits::MAX_EVENTS_PER_PUT
        || bytes > limits::MAX_BYTES_PER_PUT
    {
        return Err(invalid("The batch must hold 1 to 10,000 log events of at most 1,048,576 bytes together."));
    }
    if !put.log_events.is_sorted_by_key(|event| event.timestamp) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    let known =
        store.with_group(&put.log_group_name, |group| group.streams.contains_key(put.log_stream_name.as_str()))?;
    if !known {
        return Err(no_such_stream());
    }
    let events =
        put.log_events.into_iter().map(|event| LogEvent { timestamp: event.timestamp, message: event.message });
    store.put(&put.log_group_name, &put.log_stream_name, events.collect());
    // AWS still answers a sequence token, which no longer means anything.
    Ok(Reply::Json(json!({ "nextSequenceToken": uuid::Uuid::new_v4().simple().to_string() })))
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new(400, "InvalidParameterException", message)
}
