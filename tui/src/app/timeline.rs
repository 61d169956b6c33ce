//! An order's timeline: what happened to it across the services, in the order of time, from what the logs tell. Pure.

use std::{collections::BTreeMap, time::Duration};

use eventflow_contract::{InventoryStatus, OrderStatus, PaymentStatus};
use jiff::{SignedDuration, Timestamp};

use crate::observe::{EventRecord, InvocationPhase, InvocationRecord, InvocationStatus, LogRecord, Observation};

/// What happened to an order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// In the order of time.
    pub entries: Vec<Entry>,
}

/// Something that happened to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Where: the function, or the bus.
    pub lane: String,
    /// What.
    pub kind: EntryKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryKind {
    /// An event passed the bus.
    Event {
        /// Its detail-type.
        detail_type: String,
        /// The reason that it gives, when it tells of a failure.
        reason: Option<String>,
    },
    /// An attempt of an invocation.
    Attempt {
        /// Which, of the same request: 1 is the first.
        number: u32,
        /// The detail-type of the event that the request brought, when it is known.
        trigger: Option<String>,
        /// How long after the end of the attempt before it.
        waited: Option<Duration>,
        /// How it ended; `None` while it runs.
        end: Option<AttemptEnd>,
    },
    /// A service moved the order on.
    Change {
        /// What it says of the order now.
        facet: Facet,
        /// The order's status from here on.
        status: OrderStatus,
    },
    /// A function logged something else.
    Log {
        /// `INFO`, `WARN`, ...
        level: String,
        /// The text.
        message: String,
        /// What became of it, in a word.
        outcome: Option<String>,
    },
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptEnd {
    /// How it ended.
    pub status: InvocationStatus,
    /// How long it took.
    pub duration: Duration,
    /// How long its process took to start before it, when one was started.
    pub init: Option<Duration>,
    /// The error's type.
    pub error_type: Option<String>,
}

/// One service's word on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    /// Payment's.
    Payment(PaymentStatus),
    /// Inventory's.
    Inventory(InventoryStatus),
}

impl Facet {
    /// Whether it undoes what was done before, or what would have been done.
    pub fn is_compensation(self) -> bool {
        matches!(
            self,
            Self::Payment(PaymentStatus::Refunded | PaymentStatus::Cancelled)
                | Self::Inventory(InventoryStatus::Released | InventoryStatus::Cancelled)
        )
    }

    /// What a function's outcome says. Outcomes that move nothing (`duplicate`, `ignored`) say nothing.
    fn of(function: &str, outcome: &str) -> Option<Self> {
        let pays = function.to_ascii_lowercase().contains("payment");
        Some(match outcome {
            "paid" => Self::Payment(PaymentStatus::Paid),
            "declined" => Self::Payment(PaymentStatus::Failed),
            "refunded" => Self::Payment(PaymentStatus::Refunded),
            "cancelled" if pays => Self::Payment(PaymentStatus::Cancelled),
            "reserved" => Self::Inventory(InventoryStatus::Reserved),
            "outOfStock" => Self::Inventory(InventoryStatus::Failed),
            "released" => Self::Inventory(InventoryStatus::Released),
            "cancelled" => Self::Inventory(InventoryStatus::Cancelled),
            _ => return None,
        })
    }
}

impl Timeline {
    /// Puts together what the logs tell of the order: its events and log lines, and the invocations of the requests that
    /// these name. Whatever else is among the observations is left out; twice told is told once.
    pub fn of(order_id: &str, observations: Vec<Observation>) -> Self {
        let mut entries = Vec::new();
        let mut changes = Vec::new();
        let mut invocations: BTreeMap<(String, String), Vec<InvocationRecord>> = BTreeMap::new();
        let mut events_seen = Vec::new();
        let ours = requests(order_id, &observations);
        let triggers = triggers(&observations);
        for observation in observations {
            match observation {
                Observation::Event(event)
                    if event.order_id.as_deref() == Some(order_id) && !events_seen.contains(&event.id) =>
                {
                    events_seen.push(event.id.clone());
                    entries.push(published(event));
                }
                Observation::Log(log) if log.order_id.as_deref() == Some(order_id) => {
                    match log.outcome.as_deref().and_then(|outcome| Facet::of(&log.function, outcome)) {
                        Some(facet) => changes.push((log.at, log.function, facet)),
                        None => entries.push(logged(order_id, log)),
                    }
                }
                Observation::Invocation(record) => {
                    let key = (record.function.clone(), record.request_id.clone());
                    if ours.contains(&key) {
                        invocations.entry(key).or_default().push(record);
                    }
                }
                _ => {}
            }
        }
        entries.extend(invocations.into_iter().flat_map(|(request, records)| {
            let trigger = triggers.get(&request);
            attempts(&request.0, trigger, records)
        }));
        entries.extend(statuses(changes));
        entries.sort_by_key(|entry| (entry.at, rank(&entry.kind)));
        entries.dedup();
        Self { entries }
    }

    /// When it began: when its first entry happened.
    pub fn began(&self) -> Option<Timestamp> {
        self.entries.first().map(|entry| entry.at)
    }

    /// The longest attempt: what bars are drawn to the scale of.
    pub fn longest(&self) -> Duration {
        let durations = self.entries.iter().filter_map(|entry| match &entry.kind {
            EntryKind::Attempt { end: Some(end), .. } => Some(end.duration),
            _ => None,
        });
        durations.max().unwrap_or_default()
    }

    /// The time from the beginning until the order's status was final for the first time.
    pub fn decided_after(&self) -> Option<SignedDuration> {
        let decided = self
            .entries
            .iter()
            .find(|entry| matches!(&entry.kind, EntryKind::Change { status, .. } if status.is_final()));
        Some(decided?.at.duration_since(self.began()?))
    }
}

/// The requests that were about the order: function and request id.
pub(crate) fn requests(order_id: &str, observations: &[Observation]) -> Vec<(String, String)> {
    let of = |observation: &Observation| match observation {
        Observation::Log(log) if log.order_id.as_deref() == Some(order_id) => {
            Some((log.function.clone(), log.request_id.clone()?))
        }
        _ => None,
    };
    let mut requests: Vec<_> = observations.iter().filter_map(of).collect();
    requests.sort_unstable();
    requests.dedup();
    requests
}

/// The detail-type of what each request brought: its lines name the event, and the event its detail-type.
fn triggers(observations: &[Observation]) -> BTreeMap<(String, String), String> {
    let detail_type = |observation: &Observation| match observation {
        Observation::Event(event) => Some((event.id.clone(), event.detail_type.clone())),
        _ => None,
    };
    let detail_types: BTreeMap<String, String> = observations.iter().filter_map(detail_type).collect();
    let brought = |observation: &Observation| match observation {
        Observation::Log(log) => {
            let detail_type = detail_types.get(log.event_id.as_ref()?)?;
            Some(((log.function.clone(), log.request_id.clone()?), detail_type.clone()))
        }
        _ => None,
    };
    observations.iter().filter_map(brought).collect()
}

/// At one and the same millisecond: what was done, what was told of it, who heard that, what they wrote.
fn rank(kind: &EntryKind) -> u8 {
    match kind {
        EntryKind::Change { .. } => 0,
        EntryKind::Event { .. } => 1,
        EntryKind::Attempt { .. } => 2,
        EntryKind::Log { .. } => 3,
    }
}

fn published(event: EventRecord) -> Entry {
    let reason = event.envelope.pointer("/detail/reason").and_then(|reason| reason.as_str());
    let reason = reason.map(|reason| crate::app::clean(reason).into_owned());
    Entry { at: event.time, lane: event.source, kind: EntryKind::Event { detail_type: event.detail_type, reason } }
}

/// Whose order it is need not be said in every line.
fn logged(order_id: &str, log: LogRecord) -> Entry {
    let message = log.message.replace(&format!(" {order_id}"), "");
    let kind = EntryKind::Log { level: log.level, message, outcome: log.outcome };
    Entry { at: log.at, lane: log.function, kind }
}

/// The attempts of one request: starts and reports in pairs, in the order of time.
fn attempts(function: &str, trigger: Option<&String>, mut records: Vec<InvocationRecord>) -> Vec<Entry> {
    records.sort_by_key(|record| record.at);
    records.dedup();
    let mut entries: Vec<Entry> = Vec::new();
    let mut ended: Option<Timestamp> = None;
    let mut number = 0;
    for record in records {
        match record.phase {
            InvocationPhase::Started => {
                number += 1;
                let waited = ended.and_then(|ended| Duration::try_from(record.at.duration_since(ended)).ok());
                let kind = EntryKind::Attempt { number, trigger: trigger.cloned(), waited, end: None };
                entries.push(Entry { at: record.at, lane: function.to_owned(), kind });
            }
            InvocationPhase::Finished { status, duration, init, error_type, .. } => {
                ended = Some(record.at);
                let finish = AttemptEnd { status, duration, init, error_type };
                match entries.last_mut().map(|entry| &mut entry.kind) {
                    Some(EntryKind::Attempt { end: end @ None, .. }) => *end = Some(finish),
                    // Its start was never seen: it began as long before as it took.
                    _ => {
                        number += 1;
                        let took = SignedDuration::try_from(finish.duration).unwrap_or_default();
                        let at = record.at.checked_sub(took).unwrap_or(record.at);
                        let trigger = trigger.cloned();
                        let kind = EntryKind::Attempt { number, trigger, waited: None, end: Some(finish) };
                        entries.push(Entry { at, lane: function.to_owned(), kind });
                    }
                }
            }
        }
    }
    entries
}

/// What each change made of the order's status.
fn statuses(mut changes: Vec<(Timestamp, String, Facet)>) -> Vec<Entry> {
    changes.sort_by_key(|(at, ..)| *at);
    let (mut payment, mut inventory) = (PaymentStatus::Pending, InventoryStatus::Pending);
    let entry = |(at, lane, facet): (Timestamp, String, Facet)| {
        match facet {
            Facet::Payment(status) => payment = status,
            Facet::Inventory(status) => inventory = status,
        }
        Entry { at, lane, kind: EntryKind::Change { facet, status: OrderStatus::of(payment, inventory) } }
    };
    changes.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::constant(1_700_000_000, 0) + SignedDuration::from_millis(ms)
    }

    fn event(id: &str, ms: i64, detail_type: &str) -> Observation {
        Observation::Event(EventRecord {
            id: id.into(),
            time: at(ms),
            source: "eventflow.orders".into(),
            detail_type: detail_type.into(),
            order_id: Some("o".into()),
            product_id: None,
            user_id: None,
            quantity: None,
            envelope: json!({ "detail": { "reason": "none left" } }),
        })
    }

    fn log(function: &str, request: &str, ms: i64, outcome: &str) -> Observation {
        Observation::Log(LogRecord {
            function: function.into(),
            request_id: Some(request.into()),
            at: at(ms),
            level: "INFO".into(),
            message: outcome.into(),
            order_id: Some("o".into()),
            event_id: None,
            outcome: Some(outcome.into()),
        })
    }

    fn invocation(function: &str, request: &str, ms: i64, phase: InvocationPhase) -> Observation {
        let record = InvocationRecord { function: function.into(), request_id: request.into(), at: at(ms), phase };
        Observation::Invocation(record)
    }

    fn report(status: InvocationStatus, ms: u64) -> InvocationPhase {
        let duration = Duration::from_millis(ms);
        InvocationPhase::Finished { status, duration, init: None, error_type: None, max_memory_mb: None }
    }

    fn changes(timeline: &Timeline) -> Vec<(Facet, OrderStatus)> {
        let of = |entry: &Entry| match &entry.kind {
            EntryKind::Change { facet, status } => Some((*facet, *status)),
            _ => None,
        };
        timeline.entries.iter().filter_map(of).collect()
    }

    #[test]
    fn a_declined_payment_gives_the_stock_back_in_whatever_order_it_is_told() {
        let told = vec![
            log("reserveInventory", "r2", 30, "released"),
            event("e2", 21, "PaymentFailed"),
            log("processPayment", "r1", 20, "declined"),
            event("e2", 21, "PaymentFailed"),
            log("reserveInventory", "r3", 10, "reserved"),
            event("e1", 0, "OrderCreated"),
        ];
        let timeline = Timeline::of("o", told);
        let expected = [
            (Facet::Inventory(InventoryStatus::Reserved), OrderStatus::Reserved),
            (Facet::Payment(PaymentStatus::Failed), OrderStatus::PaymentFailed),
            (Facet::Inventory(InventoryStatus::Released), OrderStatus::PaymentFailed),
        ];
        assert_eq!(changes(&timeline), expected);
        assert!(expected[2].0.is_compensation() && !expected[0].0.is_compensation());
        assert_eq!(timeline.entries.len(), 5, "an event that is told twice is one");
        assert_eq!((timeline.began(), timeline.decided_after()), (Some(at(0)), Some(SignedDuration::from_millis(20))));
    }

    #[test]
    fn retries_are_numbered_and_say_how_long_they_waited() {
        let told = vec![
            log("sendNotification", "r", 1, "error"),
            invocation("sendNotification", "r", 1_005, InvocationPhase::Started),
            invocation("sendNotification", "r", 0, InvocationPhase::Started),
            invocation("sendNotification", "r", 5, report(InvocationStatus::Error, 5)),
            invocation("sendNotification", "r", 1_009, report(InvocationStatus::Success, 4)),
            invocation("sendNotification", "another order's", 7, InvocationPhase::Started),
        ];
        let timeline = Timeline::of("o", told);
        let attempts: Vec<_> = timeline
            .entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                EntryKind::Attempt { number, waited, end, .. } => {
                    Some((*number, *waited, end.clone().map(|end| end.status)))
                }
                _ => None,
            })
            .collect();
        let second = Some(Duration::from_secs(1));
        let expected = [(1, None, Some(InvocationStatus::Error)), (2, second, Some(InvocationStatus::Success))];
        assert_eq!(attempts, expected);
        assert_eq!(timeline.longest(), Duration::from_millis(5));
    }

    #[test]
    fn an_attempt_without_its_start_or_its_end_is_told_as_far_as_it_is_known() {
        let told = vec![
            log("pay", "r", 50, "duplicate"),
            invocation("pay", "r", 60, report(InvocationStatus::Success, 20)),
            log("pay", "s", 70, "duplicate"),
            invocation("pay", "s", 65, InvocationPhase::Started),
        ];
        let timeline = Timeline::of("o", told);
        let whole = &timeline.entries[0];
        assert_eq!(whole.at, at(40));
        assert!(timeline.entries.iter().any(|entry| matches!(entry.kind, EntryKind::Attempt { end: None, .. })));
        assert_eq!(Timeline::of("nobody's", Vec::new()), Timeline::default());
    }
}
