//! The menu of faults: what can be broken, what it is called, and what to expect of it.

use jiff::Timestamp;

use super::{
    message::{Fault, FaultKind},
    services::Services,
};

/// All kinds that any function can have, in the order of the menu.
const GENERAL: [FaultKind; 7] = [
    FaultKind::Throttle,
    FaultKind::Error,
    FaultKind::Crash,
    FaultKind::Latency,
    FaultKind::Timeout,
    FaultKind::Halt,
    FaultKind::Disconnect,
];

/// The faults to choose from: one that tells most for each consumer first, then the rest of them kind by kind.
pub(crate) fn choices(services: &Services) -> Vec<Fault> {
    let fault = |function: &str, kind| Fault { function: function.to_owned(), kind };
    let mut list: Vec<_> = services.consumers().map(|s| fault(&s.name, telling(&s.name))).collect();
    for kind in GENERAL {
        for service in services.consumers() {
            let choice = fault(&service.name, kind);
            if !list.contains(&choice) {
                list.push(choice);
            }
        }
    }
    list
}

/// The fault that shows most in a function of that name: what its business can refuse, else an error.
fn telling(function: &str) -> FaultKind {
    let name = function.to_ascii_lowercase();
    if name.contains("payment") {
        FaultKind::Decline
    } else if name.contains("inventory") || name.contains("stock") {
        FaultKind::OutOfStock
    } else {
        FaultKind::Error
    }
}

/// What a kind is called in the menu.
pub(crate) fn title(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Decline => "payments declined",
        FaultKind::OutOfStock => "out of stock",
        FaultKind::Error => "every invocation fails",
        FaultKind::Crash => "process crashes",
        FaultKind::Latency => "slow",
        FaultKind::Timeout => "times out",
        FaultKind::Throttle => "throttled to 1 at a time",
        FaultKind::Halt => "halted, no concurrency",
        FaultKind::Disconnect => "rules disabled",
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
    }
}

/// The kind that a command names.
pub(crate) fn by_word(text: &str) -> Option<FaultKind> {
    [FaultKind::Decline, FaultKind::OutOfStock].into_iter().chain(GENERAL).find(|kind| word(*kind) == text)
}

/// Whether the functions themselves carry it out, by reading the faults table.
pub(crate) fn needs_injection(kind: FaultKind) -> bool {
    !matches!(kind, FaultKind::Halt | FaultKind::Disconnect)
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
