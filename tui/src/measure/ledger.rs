//! The count of everything that the log groups tell.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;

use crate::observe::{EventRecord, InvocationPhase, InvocationRecord, InvocationStatus, LogRecord, Observation};

/// Attempts that are kept one by one, for pictures. Counts go on beyond.
const KEPT: usize = 20_000;

/// One attempt of an invocation that came to an end.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The function's name.
    pub function: String,
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// How it ended.
    pub status: InvocationStatus,
}

/// What one function did.
#[derive(Debug, Clone, Default)]
pub struct FunctionCounts {
    /// Attempts that ended, retries included.
    pub attempts: u64,
    /// Attempts that did not succeed.
    pub failed: u64,
    /// Of those: how many ran into the time-out.
    pub timeouts: u64,
    /// Of those: in how many the process died.
    pub crashes: u64,
    /// Processes that were started.
    pub cold_starts: u64,
    /// Requests of which an attempt succeeded, each once.
    handled: HashSet<String>,
    /// Requests of which an attempt failed, each once.
    stumbled: HashSet<String>,
    durations: Vec<Duration>,
    outcomes: BTreeMap<String, u64>,
}

impl FunctionCounts {
    /// Requests that succeeded, each once.
    pub fn handled(&self) -> u64 {
        self.handled.len() as u64
    }

    /// Requests that succeeded after an attempt that had failed.
    pub fn recovered(&self) -> u64 {
        self.handled.intersection(&self.stumbled).count() as u64
    }

    /// How long a share of the successful attempts took at most; `None` when there was none.
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let mut sorted = self.durations.clone();
        sorted.sort_unstable();
        // The nearest rank.
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied()
    }

    /// How often it logged each outcome.
    pub fn outcomes(&self) -> &BTreeMap<String, u64> {
        &self.outcomes
    }
}

/// An event that passed the bus.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenEvent {
    /// When it was published.
    pub at: Timestamp,
    /// Its source.
    pub source: String,
    /// Its detail-type.
    pub detail_type: String,
    /// The order it speaks of.
    pub order_id: Option<String>,
    /// Its detail.
    pub detail: Value,
}

/// The count of everything since it began.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    functions: BTreeMap<String, FunctionCounts>,
    events: HashMap<String, SeenEvent>,
    attempts: Vec<Attempt>,
    /// How often each function logged an outcome for an order.
    by_order: HashMap<(String, String), u32>,
}

impl Ledger {
    /// Counts one observation. Each must be told once.
    pub fn record(&mut self, observation: Observation) {
        match observation {
            Observation::Event(event) => self.event(event),
            Observation::Invocation(invocation) => self.invocation(invocation),
            Observation::Log(log) => self.log(log),
        }
    }

    fn event(&mut self, event: EventRecord) {
        let EventRecord { id, time, source, detail_type, order_id, mut envelope, .. } = event;
        let detail = envelope.get_mut("detail").map(Value::take).unwrap_or_default();
        // Delivered twice under one id it is still one event.
        self.events.entry(id).or_insert(SeenEvent { at: time, source, detail_type, order_id, detail });
    }

    fn invocation(&mut self, record: InvocationRecord) {
        let InvocationPhase::Finished { status, duration, init, .. } = record.phase else { return };
        let counts = self.functions.entry(record.function.clone()).or_default();
        counts.attempts += 1;
        counts.cold_starts += u64::from(init.is_some());
        match status {
            InvocationStatus::Success => {
                counts.durations.push(duration);
                counts.handled.insert(record.request_id);
            }
            _ => {
                counts.failed += 1;
                counts.timeouts += u64::from(status == InvocationStatus::Timeout);
                counts.crashes += u64::from(status == InvocationStatus::Failure);
                counts.stumbled.insert(record.request_id);
            }
        }
        if self.attempts.len() < KEPT {
            self.attempts.push(Attempt { function: record.function, at: record.at, duration, status });
        }
    }

    fn log(&mut self, log: LogRecord) {
        let Some(outcome) = log.outcome else { return };
        if let Some(order) = log.order_id {
            *self.by_order.entry((order, outcome.clone())).or_default() += 1;
        }
        *self.functions.entry(log.function).or_default().outcomes.entry(outcome).or_default() += 1;
    }

    /// What a function did; nothing when it was never heard of.
    pub fn function(&self, name: &str) -> Option<&FunctionCounts> {
        self.functions.get(name)
    }

    /// The events, in no order.
    pub fn events(&self) -> impl Iterator<Item = &SeenEvent> {
        self.events.values()
    }

    /// The first attempts that ended, in the order they were read.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// How many orders a function logged that outcome for more than once.
    pub fn orders_with_more_than_one(&self, outcome: &str) -> u64 {
        self.by_order.iter().filter(|((_, logged), count)| logged == outcome && **count > 1).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(request: &str, status: InvocationStatus, ms: u64) -> Observation {
        Observation::Invocation(InvocationRecord {
            function: "pay".into(),
            request_id: request.into(),
            at: Timestamp::UNIX_EPOCH,
            phase: InvocationPhase::Finished {
                status,
                duration: Duration::from_millis(ms),
                init: None,
                error_type: None,
                max_memory_mb: None,
            },
        })
    }

    #[test]
    fn retries_are_attempts_of_one_request() {
        let mut ledger = Ledger::default();
        ledger.record(finished("a", InvocationStatus::Error, 1));
        ledger.record(finished("a", InvocationStatus::Failure, 1));
        ledger.record(finished("a", InvocationStatus::Success, 4));
        ledger.record(finished("b", InvocationStatus::Success, 2));
        let pay = ledger.function("pay").expect("counted");
        assert_eq!((pay.attempts, pay.failed, pay.crashes, pay.handled(), pay.recovered()), (4, 2, 1, 2, 1));
        assert_eq!(pay.percentile(0.5), Some(Duration::from_millis(2)));
        assert_eq!(pay.percentile(0.95), Some(Duration::from_millis(4)));
        assert_eq!(FunctionCounts::default().percentile(0.5), None);
    }

    #[test]
    fn an_outcome_twice_for_one_order_is_told() {
        let mut ledger = Ledger::default();
        for order in ["1", "2", "1"] {
            ledger.record(Observation::Log(LogRecord {
                function: "pay".into(),
                request_id: None,
                at: Timestamp::UNIX_EPOCH,
                level: "INFO".into(),
                message: String::new(),
                order_id: Some(order.into()),
                event_id: None,
                outcome: Some("paid".into()),
            }));
        }
        assert_eq!(ledger.orders_with_more_than_one("paid"), 1);
        assert_eq!(ledger.orders_with_more_than_one("reserved"), 0);
        assert_eq!(ledger.function("pay").and_then(|pay| pay.outcomes().get("paid")), Some(&3));
    }
}
