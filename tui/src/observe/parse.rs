//! One line of a log group, read as what it tells.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{LogRecord, Observation, envelope, platform, text::clean};

/// Which log group is whose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupNames {
    /// The log group that holds every event.
    pub events: String,
    /// The function of each other log group.
    pub functions: HashMap<String, String>,
}

/// Reads a line of `group`, written `timestamp_ms` after the epoch. `None` for lines of Lambda that tell of no
/// invocation's begin or end. A line that is not what its group should hold is told as it stands, as a log line.
/// Text is fit for a terminal afterwards, except in [`super::EventRecord::envelope`], which stays as it was published.
pub fn observe(group: &str, message: &str, timestamp_ms: i64, names: &GroupNames) -> Option<Observation> {
    let at = Timestamp::from_millisecond(timestamp_ms).unwrap_or_default();
    let function = names.functions.get(group).map_or(group, String::as_str);
    let Ok(line @ Value::Object(_)) = serde_json::from_str::<Value>(message) else {
        return Some(plain(function, message, at));
    };
    if group == names.events {
        return Some(envelope::event(line, at).map_or_else(|| plain(function, message, at), Observation::Event));
    }
    match line.get("type").and_then(Value::as_str) {
        Some(kind) if kind.starts_with("platform.") => {
            platform::invocation(function, kind, &line, at).map(Observation::Invocation)
        }
        _ => Some(application(function, message, &line, at)),
    }
}

/// A line of the function's own: one flat JSON object.
fn application(function: &str, whole: &str, line: &Value, at: Timestamp) -> Observation {
    let text = |name: &str| line.get(name).and_then(Value::as_str).map(|text| clean(text).into_owned());
    Observation::Log(LogRecord {
        function: clean(function).into_owned(),
        request_id: text("requestId"),
        at: line.get("timestamp").and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(at),
        level: text("level").unwrap_or_else(|| "INFO".to_owned()),
        message: text("message").unwrap_or_else(|| clean(whole.trim_end()).into_owned()),
        order_id: text("orderId"),
        event_id: text("eventId"),
        outcome: text("outcome"),
    })
}

/// A line that is not JSON. Lambda counts those as INFO.
fn plain(function: &str, message: &str, at: Timestamp) -> Observation {
    Observation::Log(LogRecord {
        function: clean(function).into_owned(),
        request_id: None,
        at,
        level: "INFO".to_owned(),
        message: clean(message.trim_end()).into_owned(),
        order_id: None,
        event_id: None,
        outcome: None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::observe::{InvocationPhase, InvocationStatus};

    const AT: i64 = 1_750_000_000_123;

    fn names() -> GroupNames {
        GroupNames {
            events: "/aws/events/eventflow".into(),
            functions: [("/aws/lambda/pay".to_owned(), "pay".to_owned())].into(),
        }
    }

    fn of_function(line: &Value) -> Option<Observation> {
        observe("/aws/lambda/pay", &line.to_string(), AT, &names())
    }

    #[test]
    fn an_envelope_is_an_event_and_keeps_the_logs_milliseconds() {
        let time = Timestamp::from_millisecond(AT).unwrap();
        let line = json!({"id": "e1", "source": "eventflow.orders", "detail-type": "Order\u{1b}[31mCreated",
            "time": format!("{time:.0}"), "detail": {"orderId": "ord-1", "productId": "tea", "quantity": 2}});
        let seen = observe("/aws/events/eventflow", &line.to_string(), AT, &names()).unwrap();
        let Observation::Event(event) = seen else { panic!("{seen:?}") };
        assert_eq!((event.id.as_str(), event.detail_type.as_str()), ("e1", "OrderCreated"));
        assert_eq!((event.order_id.as_deref(), event.user_id, event.quantity), (Some("ord-1"), None, Some(2)));
        assert_eq!(event.time, time);
        assert_eq!(event.envelope, line);
    }

    #[test]
    fn a_report_is_the_end_of_an_invocation() {
        let line = json!({"time": "2026-01-01T00:00:00.500Z", "type": "platform.report", "record": {"requestId": "r1",
            "status": "timeout", "errorType": "Sandbox.Timedout",
            "metrics": {"durationMs": 12.5, "initDurationMs": 3.0, "maxMemoryUsedMB": 11}}});
        let Some(Observation::Invocation(record)) = of_function(&line) else { panic!() };
        assert_eq!((record.function.as_str(), record.request_id.as_str()), ("pay", "r1"));
        assert_eq!(record.at, "2026-01-01T00:00:00.5Z".parse().unwrap());
        let expected = InvocationPhase::Finished {
            status: InvocationStatus::Timeout,
            duration: Duration::from_micros(12_500),
            init: Some(Duration::from_millis(3)),
            error_type: Some("Sandbox.Timedout".into()),
            max_memory_mb: Some(11),
        };
        assert_eq!(record.phase, expected);
        assert_eq!(of_function(&json!({"type": "platform.initStart", "record": {}})), None);
    }

    #[test]
    fn a_line_of_the_function_keeps_what_it_names() {
        let line = json!({"timestamp": "2026-01-01T00:00:00.001Z", "level": "WARN", "message": "de\u{202e}clined",
            "requestId": "r1", "orderId": "ord-1", "eventId": "e1", "outcome": "declined"});
        let Some(Observation::Log(log)) = of_function(&line) else { panic!() };
        assert_eq!((log.level.as_str(), log.message.as_str()), ("WARN", "declined"));
        assert_eq!(log.order_id.as_deref(), Some("ord-1"));
        assert_eq!(log.outcome.as_deref(), Some("declined"));
    }

    #[test]
    fn what_is_not_as_it_should_be_is_a_plain_line() {
        for (group, text) in [("/aws/events/eventflow", "{\"id\":1}"), ("/aws/lambda/pay", "thread 'main' panicked\n")]
        {
            let Some(Observation::Log(log)) = observe(group, text, AT, &names()) else { panic!("{text}") };
            assert_eq!(log.message, text.trim_end());
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_reaches_the_terminal(text in "\\PC*|\\{\"type\":\"platform\\.(start|report)\",\"record\":\\{\"requestId\":\"[a-z]*\",\"metrics\":\\{\"durationMs\":-?[0-9]{1,3}e[0-9]{1,3}\\}\\}\\}|.{0,40}", at: i64, of_events: bool) {
            let group = if of_events { "/aws/events/eventflow" } else { "/aws/lambda/pay" };
            if let Some(Observation::Log(log)) = observe(group, &text, at, &names()) {
                prop_assert!(!log.message.chars().any(char::is_control));
            }
        }
    }
}
