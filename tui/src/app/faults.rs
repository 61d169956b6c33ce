//! The faults: what can be broken, what it is called, and what to expect of it.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    message::{Fault, FaultKind, FunctionRole},
    services::Services,
};

/// All kinds, in the order of the matrix: what a business refuses, what a process does, what the cloud withholds.
pub(crate) const KINDS: [FaultKind; 11] = [
    FaultKind::Decline,
    FaultKind::OutOfStock,
    FaultKind::Drain,
    FaultKind::Error,
    FaultKind::Crash,
    FaultKind::Latency,
    FaultKind::Timeout,
    FaultKind::Publish,
    FaultKind::Throttle,
    FaultKind::Halt,
    FaultKind::Disconnect,
];

/// What is behind a kind: the heading of its rows.
pub(crate) fn group(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Decline | FaultKind::OutOfStock | FaultKind::Drain => "what a business refuses",
        FaultKind::Error | FaultKind::Crash | FaultKind::Latency | FaultKind::Timeout | FaultKind::Publish => {
            "what a process does"
        }
        FaultKind::Throttle | FaultKind::Halt | FaultKind::Disconnect => "what the cloud withholds",
    }
}

/// The last word of a function's name, for the head of a column: `processPayment` -> `payment`.
pub(crate) fn short(function: &str) -> String {
    let last = function.rfind(|c: char| c.is_ascii_uppercase()).unwrap_or(0);
    function[last..].to_ascii_lowercase()
}

/// What a kind is called in the matrix.
pub(crate) fn title(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Decline => "payments declined",
        FaultKind::OutOfStock => "out of stock",
        FaultKind::Error => "every invocation fails",
        FaultKind::Crash => "process crashes",
        FaultKind::Latency => "slow",
        FaultKind::Timeout => "times out",
        FaultKind::Throttle => "throttled, 1 at a time",
        FaultKind::Halt => "halted, no concurrency",
        FaultKind::Disconnect => "rules disabled",
        FaultKind::Publish => "dies before publishing",
        FaultKind::Drain => "shelves emptied",
    }
}

/// What the audience should see: what becomes of the events, beside that the others carry on.
pub(crate) fn expectation(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Decline => "orders fail, their stock comes back",
        FaultKind::OutOfStock => "orders fail, payments are refunded",
        FaultKind::Error | FaultKind::Crash => "two retries, then its dead-letter queue",
        FaultKind::Latency => "its events take longer, none is lost",
        FaultKind::Timeout => "two retries, then its dead-letter queue",
        FaultKind::Throttle => "its events wait, none is lost",
        FaultKind::Halt => "its events go straight to its dead-letter queue",
        FaultKind::Disconnect => "it hears nothing until restored",
        FaultKind::Publish => "what was written is published late, by a retry or by republishStuckOrders",
        FaultKind::Drain => "orders fail for want of stock, payments are refunded",
    }
}

/// The word by which a command names a kind.
pub(crate) fn word(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Decline => "decline",
        FaultKind::OutOfStock => "out-of-stock",
        FaultKind::Error => "error",
        FaultKind::Crash => "crash",
        FaultKind::Latency => "latency",
        FaultKind::Timeout => "timeout",
        FaultKind::Throttle => "throttle",
        FaultKind::Halt => "halt",
        FaultKind::Disconnect => "disconnect",
        FaultKind::Publish => "publish",
        FaultKind::Drain => "drain",
    }
}

/// The kind that a command names.
pub(crate) fn by_word(text: &str) -> Option<FaultKind> {
    KINDS.into_iter().find(|kind| word(*kind) == text)
}

/// All kinds by the words that name them, for people.
pub(crate) fn words() -> String {
    KINDS.map(word).join(", ")
}

/// Whether that can go wrong in that function.
pub(crate) fn applies(kind: FaultKind, function: &str, role: &FunctionRole) -> bool {
    let name = function.to_ascii_lowercase();
    let pays = name.contains("payment");
    let stocks = name.contains("inventory") || name.contains("stock");
    // Where nobody tells the routes, only those that read are called so.
    let takes_orders =
        matches!(role, FunctionRole::Api(routes) if routes.iter().any(|route| !route.starts_with("GET ")));
    let consumes = matches!(role, FunctionRole::Consumer(_));
    match kind {
        FaultKind::Decline => pays && consumes,
        FaultKind::OutOfStock | FaultKind::Drain => stocks && consumes,
        FaultKind::Publish => takes_orders || (pays || stocks) && consumes,
        FaultKind::Disconnect => consumes,
        FaultKind::Error
        | FaultKind::Crash
        | FaultKind::Latency
        | FaultKind::Timeout
        | FaultKind::Throttle
        | FaultKind::Halt => takes_orders || consumes,
    }
}

/// Whether its rate means something: the functions decide it anew at each invocation.
pub(crate) fn has_rate(kind: FaultKind) -> bool {
    !matches!(kind, FaultKind::Throttle | FaultKind::Halt | FaultKind::Disconnect | FaultKind::Drain)
}

/// Whether its latency means something.
pub(crate) fn has_latency(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Latency | FaultKind::Throttle)
}

/// Whether a fault is on.
pub(crate) fn is_on(services: &Services, fault: &Fault) -> bool {
    services.get(&fault.function).is_some_and(|service| service.has_fault(fault.kind))
}

/// How long a fault has left: `4m 10s`.
pub(crate) fn left(until: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let seconds = until?.duration_since(now).as_secs().max(0);
    Some(if seconds >= 60 { format!("{}m {:02}s", seconds / 60, seconds % 60) } else { format!("{seconds}s") })
}

/// A share as people write it: `25 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A round span of time as people write it: `500ms`, `1.5s`, `10m`.
pub(crate) fn span_text(span: Duration) -> String {
    match span.as_millis() {
        ms @ 0..1_000 => format!("{ms}ms"),
        1_000..60_000 => format!("{}s", span.as_secs_f64()),
        ms => format!("{}m", ms / 60_000),
    }
}

/// A span of time as people write it: `250ms`, `90s`, `5m`, `1h`. Above nothing, up to a day.
///
/// # Errors
/// What would be right.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err("say how long with a unit: 250ms, 90s, 5m, 1h".to_owned()),
    };
    let seconds = number.parse::<f64>().map_err(|_| "say how long: 250ms, 90s, 5m, 1h".to_owned())? * scale;
    if !(0.001..=86_400.0).contains(&seconds) {
        return Err("it must be between 1ms and 24h".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(span("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["", "5", "m", "-5m", "0s", "25h", "1e3s", "5 m", "NaNs", "1.2.3s"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn round_spans_are_written_as_they_are_read() {
        for text in ["500ms", "1.5s", "30s", "10m"] {
            assert_eq!(span(text).map(span_text), Ok(text.to_owned()));
        }
    }

    #[test]
    fn columns_have_short_heads() {
        assert_eq!(short("processPayment"), "payment");
        assert_eq!((short("a"), short(""), short("réserveÉtat")), ("a".into(), String::new(), "réserveÉtat".into()));
    }

    #[test]
    fn every_kind_is_named_by_one_word() {
        for kind in KINDS {
            assert_eq!(by_word(word(kind)), Some(kind));
        }
    }

    #[test]
    fn a_fault_applies_where_it_can_be_seen() {
        let consumer = FunctionRole::Consumer(Vec::new());
        let api = FunctionRole::Api(vec!["POST /orders".into()]);
        let untold = FunctionRole::Api(vec!["HTTP API".into()]);
        assert!(applies(FaultKind::Error, "createOrder", &untold));
        let reader = FunctionRole::Api(vec!["GET /orders/{orderId}".into()]);
        assert!(applies(FaultKind::Decline, "processPayment", &consumer));
        assert!(!applies(FaultKind::Decline, "sendNotification", &consumer));
        assert!(
            applies(FaultKind::Publish, "createOrder", &api) && !applies(FaultKind::Disconnect, "createOrder", &api)
        );
        assert!(KINDS.iter().all(|kind| !applies(*kind, "getOrder", &reader)));
    }
}
