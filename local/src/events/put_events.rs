//! PutEvents.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bus, DEFAULT_BUS, schedule::seconds};
use crate::aws::{Call, Reply, ServiceError, limits::events as limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    #[serde(default)]
    entries: Vec<Entry>,
}

/// One entry as it was sent; what AWS demands of it is checked entry by entry.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    time: Option<f64>,
    #[serde(default)]
    resources: Vec<String>,
}

/// What is wrong with one entry.
#[derive(Debug, PartialEq)]
struct EntryError {
    code: &'static str,
    message: String,
}

pub(super) async fn put_events(bus: &Arc<Bus>, call: &Call) -> Result<Reply, ServiceError> {
    let input: PutEvents = call.input()?;
    check_size(&input.entries)?;
    let mut failed = 0;
    let mut results = Vec::with_capacity(input.entries.len());
    for entry in input.entries {
        match entry.detail() {
            Ok(detail) => {
                let id = uuid::Uuid::new_v4().to_string();
                results.push(json!({ "EventId": id }));
                if is_default(bus, entry.event_bus_name.as_deref()) {
                    bus.route(entry.envelope(bus, &id, detail)).await;
                }
            }
            Err(error) => {
                failed += 1;
                results.push(json!({ "ErrorCode": error.code, "ErrorMessage": error.message }));
            }
        }
    }
    Ok(Reply::Json(json!({ "FailedEntryCount": failed, "Entries": results })))
}

fn check_size(entries: &[Entry]) -> Result<(), ServiceError> {
    let count = entries.len();
    if count == 0 || count > limits::MAX_ENTRIES {
        let (bound, limit) = if count == 0 { ("greater", 1) } else { ("less", limits::MAX_ENTRIES) };
        return Err(ServiceError::validation(format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
Member must have length {bound} than or equal to {limit}"
        )));
    }
    if entries.iter().map(Entry::bytes).sum::<usize>() > limits::MAX_ENTRIES_BYTES {
        return Err(ServiceError::validation("Total size of the entries in the request is over the limit."));
    }
    Ok(())
}

/// An event for a bus that does not exist is accepted and goes nowhere, as on AWS (LocalStack's recorded tests).
fn is_default(bus: &Bus, name: Option<&str>) -> bool {
    name.is_none_or(|name| name == DEFAULT_BUS || name == bus.arn(format!("event-bus/{DEFAULT_BUS}")).to_string())
}

impl Entry {
    fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let time = if self.time.is_some() { limits::ENTRY_TIME_BYTES } else { 0 };
        time + text(&self.source)
            + text(&self.detail_type)
            + text(&self.detail)
            + self.resources.iter().map(String::len).sum::<usize>()
    }

    /// The detail as JSON, once the whole entry is found valid.
    fn detail(&self) -> Result<Value, EntryError> {
        for (name, value) in [("Source", &self.source), ("DetailType", &self.detail_type), ("Detail", &self.detail)] {
            if value.as_deref().is_none_or(str::is_empty) {
                let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
                return Err(EntryError { code: "InvalidArgument", message });
            }
        }
        if self.source.as_deref().is_some_and(|source| source.starts_with("aws.")) {
            let message = "Not authorized for the source.".to_owned();
            return Err(EntryError { code: "NotAuthorizedForSourceException", message });
        }
        match serde_json::from_str(self.detail.as_deref().unwrap_or_default()) {
            Ok(detail @ Value::Object(_)) => Ok(detail),
            _ => Err(EntryError { code: "MalformedDetail", message: "Detail is malformed.".into() }),
        }
    }

    /// Source: <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>
    fn envelope(&self, bus: &Bus, id: &str, detail: Value) -> Value {
        let time = self.time.and_then(|time| Timestamp::from_second(time as i64).ok()).unwrap_or_else(Timestamp::now);
        json!({
            "version": "0",
            "id": id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": bus.settings.account,
            "time": seconds(time),
            "region": bus.settings.region,
            "resources": self.resources,
            "detail": detail,
        })
    }
}
