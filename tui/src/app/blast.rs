//! The blast radius of faults: what each service saw, handled and failed since the first of them began.
//!
//! Everything here is counted from what the live tail and the queues show; nothing is inferred from the kind of the fault.
//! An event is counted once: retries of it have the same request id, and its dead letter is the request that failed.

use std::{collections::HashMap, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    backlog::{ATTEMPTS, REMEMBERED},
    matrix,
    message::{Fault, FaultKind},
    services::{Service, Services},
    window::{Sample, Spread},
};
use crate::observe::{InvocationPhase, InvocationRecord, InvocationStatus};

/// For how long after the last fault everything is counted: what was under way then is seen within a few seconds.
const AFTERMATH: SignedDuration = SignedDuration::from_secs(5);

/// What happened since the first fault began.
#[derive(Debug, Clone)]
pub(crate) struct Blast {
    pub(crate) began: Timestamp,
    /// When the last fault was seen to be over.
    pub(crate) ended: Option<Timestamp>,
    /// Whether the live tail left something out since: every count is then a lower bound.
    pub(crate) gaps: bool,
    /// Every fault that was on since it began.
    faults: Vec<Fault>,
    pub(crate) tallies: Vec<Tally>,
}

/// What one service did since the first fault began.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub(crate) name: String,
    /// Whether events reach it by rules; others are called.
    pub(crate) consumer: bool,
    /// Events its rules routed to it.
    pub(crate) seen: u64,
    /// Events its disabled rules withheld from it.
    pub(crate) withheld: u64,
    /// Requests that succeeded, at whichever attempt.
    pub(crate) handled: u64,
    /// Those of them that had failed before.
    pub(crate) recovered: u64,
    /// Attempts that failed, retries included.
    pub(crate) failed_attempts: u64,
    /// Requests that failed and did not succeed since, with the number of their attempts.
    failing: HashMap<String, u32>,
    /// The most events that waited at once.
    pub(crate) most_waiting: u64,
    /// Orders it said yes to, and no.
    pub(crate) granted: u64,
    pub(crate) refused: u64,
    letters_before: u64,
    letters: u64,
    /// Whether all that the faults left behind is done: what comes later is none of theirs.
    closed: bool,
    /// How long its invocations took in the minute before.
    pub(crate) before: Option<Sample>,
    during: Spread,
}

impl Tally {
    fn new(service: &Service, now: Timestamp) -> Self {
        Self {
            name: service.name.clone(),
            consumer: service.is_consumer(),
            seen: 0,
            withheld: 0,
            handled: 0,
            recovered: 0,
            failed_attempts: 0,
            failing: HashMap::new(),
            most_waiting: 0,
            granted: 0,
            refused: 0,
            letters_before: service.dead_letters,
            letters: service.dead_letters,
            closed: false,
            before: service.durations.sample(now),
            during: Spread::default(),
        }
    }

    /// Requests that failed and did not succeed since.
    pub(crate) fn failing(&self) -> u64 {
        self.failing.len() as u64
    }

    /// Events that failed and are tried once more. Who calls a function gets its error, and nobody tries again.
    pub(crate) fn to_retry(&self) -> u64 {
        let left = self.failing.values().filter(|attempts| **attempts < ATTEMPTS);
        if self.consumer { left.count() as u64 } else { 0 }
    }

    /// Dead letters added since, and not sent again.
    pub(crate) fn dead(&self) -> u64 {
        self.letters.saturating_sub(self.letters_before)
    }

    /// Dead letters that no failed attempt explains: given up untried.
    pub(crate) fn given_up(&self) -> u64 {
        self.dead().saturating_sub(self.failing())
    }

    /// How long its invocations took while a fault was on: the last 2,048 of them.
    pub(crate) fn during(&self) -> Option<Sample> {
        self.during.sample
    }

    /// Counts the end of an attempt; `false` when it is too many to tell requests apart.
    fn finished(&mut self, request: &str, ok: bool) -> bool {
        if ok {
            self.handled += 1;
            self.recovered += u64::from(self.failing.remove(request).is_some());
            return true;
        }
        self.failed_attempts += 1;
        if self.failing.len() >= REMEMBERED && !self.failing.contains_key(request) {
            return false;
        }
        *self.failing.entry(request.to_owned()).or_default() += 1;
        true
    }

    /// Takes the depth of its dead-letter queues. What leaves them is sent again, as a request of its own: the failed one
    /// it was counts no more.
    fn letters(&mut self, letters: u64) {
        let sent_again = self.letters.saturating_sub(letters) as usize;
        let exhausted = self.failing.iter().filter(|(_, attempts)| **attempts >= ATTEMPTS);
        let gone: Vec<String> = exhausted.take(sent_again).map(|(request, _)| request.clone()).collect();
        for request in gone {
            self.failing.remove(&request);
        }
        self.letters = letters;
        self.letters_before = self.letters_before.min(letters);
    }
}

impl Blast {
    fn begin(services: &Services, now: Timestamp) -> Self {
        let tallies = matrix::columns(services).into_iter().map(|service| Tally::new(service, now)).collect();
        Self { began: now, ended: None, gaps: false, faults: Vec::new(), tallies }
    }

    /// How long a fault was on.
    pub(crate) fn lasted(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.ended.unwrap_or(now).duration_since(self.began)).unwrap_or_default()
    }

    /// Whether a fault of that service was on.
    pub(crate) fn broke(&self, name: &str) -> bool {
        self.faults.iter().any(|fault| fault.function == name)
    }

    /// Whether that service was made to say no.
    pub(crate) fn made_refuse(&self, name: &str) -> bool {
        let refuses = |kind| matches!(kind, FaultKind::Decline | FaultKind::OutOfStock | FaultKind::Drain);
        self.faults.iter().any(|fault| fault.function == name && refuses(fault.kind))
    }

    fn tally(&mut self, name: &str) -> Option<&mut Tally> {
        self.tallies.iter_mut().find(|tally| tally.name == name && !tally.closed)
    }

    /// An event passed the bus.
    pub(crate) fn routed(&mut self, services: &Services, source: &str, detail_type: &str) {
        for tally in self.tallies.iter_mut().filter(|tally| !tally.closed) {
            let Some(service) = services.get(&tally.name) else { continue };
            tally.seen += service.deliveries(source, detail_type) as u64;
            tally.withheld += service.withheld(source, detail_type) as u64;
        }
    }

    /// A service published an event.
    pub(crate) fn published(&mut self, by: &str, detail_type: &str) {
        let Some(tally) = self.tally(by) else { return };
        // What it publishes to make good for another's no is neither.
        if detail_type.ends_with("Failed") {
            tally.refused += 1;
        } else if detail_type.ends_with("Succeeded") || detail_type.ends_with("Reserved") {
            tally.granted += 1;
        }
    }

    /// An invocation ended.
    pub(crate) fn invocation(&mut self, record: &InvocationRecord) {
        let InvocationPhase::Finished { status, duration, .. } = &record.phase else { return };
        let on = self.ended.is_none();
        let Some(tally) = self.tally(&record.function) else { return };
        if on {
            tally.during.add(*duration);
        }
        self.gaps |= !tally.finished(&record.request_id, *status == InvocationStatus::Success);
    }

    /// Looks at what waits, and computes percentiles anew.
    pub(crate) fn settle(&mut self, services: &Services, now: Timestamp) {
        let over = self.ended.is_some_and(|ended| now.duration_since(ended) >= AFTERMATH);
        for tally in &mut self.tallies {
            let service = services.get(&tally.name).filter(|service| service.is_consumer());
            tally.most_waiting = tally.most_waiting.max(service.map_or(0, |service| service.untried(now)));
            tally.during.settle();
            let waits = service.is_some_and(|service| service.backlog.waiting() > 0);
            tally.closed |= over && !waits && tally.to_retry() == 0 && tally.dead() == 0;
        }
    }

    fn states(&mut self, services: &Services) {
        for tally in self.tallies.iter_mut().filter(|tally| !tally.closed) {
            if let Some(service) = services.get(&tally.name) {
                tally.letters(service.dead_letters);
            }
        }
    }
}

/// The services' states were read: begins to count with the first fault, and stops with the last. A fault that begins
/// while another is on joins it; one that begins after all were over begins anew.
pub(crate) fn follow(blast: &mut Option<Blast>, services: &Services, now: Timestamp) {
    let on: Vec<Fault> = services.faults().map(|(fault, _)| fault).collect();
    if !on.is_empty() && blast.as_ref().is_none_or(|blast| blast.ended.is_some()) {
        *blast = Some(Blast::begin(services, now));
    }
    let Some(blast) = blast else { return };
    blast.states(services);
    for fault in &on {
        if !blast.faults.contains(fault) {
            blast.faults.push(fault.clone());
        }
    }
    if on.is_empty() && blast.ended.is_none() {
        blast.ended = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{
        findings::{Verdict, findings},
        message::{ActiveFault, Function, FunctionRole, ServiceState, Subscription, System},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::constant(1_700_000_000 + second, 0)
    }

    fn services() -> Services {
        let consumer = |name: &str| {
            let pattern = serde_json::json!({ "detail-type": ["OrderCreated"] });
            let role = FunctionRole::Consumer(vec![Subscription { rule: format!("{name}-rule"), pattern }]);
            Function { name: name.into(), role }
        };
        let text = String::new;
        let mut services = Services::default();
        services.discover(&System {
            stack: text(),
            region: text(),
            stage: text(),
            time_scale: None,
            api_url: text(),
            fault_injection: true,
            functions: vec![consumer("processPayment"), consumer("sendNotification")],
        });
        services
    }

    /// One service's state was read, with these faults and that many dead letters.
    fn read(blast: &mut Option<Blast>, services: &mut Services, faults: &[FaultKind], dead_letters: u64, second: i64) {
        let state = ServiceState {
            function: "sendNotification".into(),
            reserved_concurrency: None,
            disabled_rules: Vec::new(),
            dead_letters,
            faults: faults.iter().map(|kind| ActiveFault::plain(*kind)).collect(),
        };
        services.states(vec![state], at(second));
        follow(blast, services, at(second));
    }

    fn verdict(blast: &Option<Blast>, services: &Services) -> Verdict {
        let found = findings(blast.as_ref().expect("a blast"), services, at(9));
        assert!(found[0].broken && found[0].tally.name == "sendNotification", "the broken one comes first");
        found[0].verdict.clone()
    }

    fn finish(blast: &mut Option<Blast>, request: &str, ok: bool) {
        let phase = InvocationPhase::Finished {
            status: if ok { InvocationStatus::Success } else { InvocationStatus::Error },
            duration: Duration::from_millis(4),
            init: None,
            error_type: None,
            max_memory_mb: None,
        };
        let function = "sendNotification".into();
        let record = InvocationRecord { function, request_id: request.into(), at: at(1), phase };
        blast.as_mut().expect("a blast").invocation(&record);
    }

    #[test]
    fn attempts_are_many_and_requests_are_one() {
        let (mut blast, mut services) = (None, services());
        read(&mut blast, &mut services, &[FaultKind::Error], 2, 0);
        ["a", "a", "a", "b", "b"].iter().for_each(|request| finish(&mut blast, request, false));
        assert_eq!(verdict(&blast, &services), Verdict::Failing(2, 2));
        let sums = |tally: &Tally| (tally.failed_attempts, tally.to_retry());
        assert_eq!(blast.as_ref().map(|blast| sums(&blast.tallies[1])), Some((5, 1)));
        finish(&mut blast, "b", true);
        read(&mut blast, &mut services, &[FaultKind::Error], 3, 1);
        assert_eq!(verdict(&blast, &services), Verdict::Failing(1, 2), "its dead letter is no other event");
    }

    #[test]
    fn what_is_sent_again_from_the_dead_letters_is_counted_by_its_new_request() {
        let (mut blast, mut services) = (None, services());
        read(&mut blast, &mut services, &[FaultKind::Error], 5, 0);
        ["a", "a", "a", "b"].iter().for_each(|request| finish(&mut blast, request, false));
        read(&mut blast, &mut services, &[FaultKind::Error], 6, 1);
        read(&mut blast, &mut services, &[], 0, 2);
        ["b", "a again", "from before"].iter().for_each(|request| finish(&mut blast, request, true));
        assert_eq!(verdict(&blast, &services), Verdict::Retried(1, 3));
        assert_eq!(blast.as_ref().map(|blast| blast.tallies[1].dead()), Some(0));
    }

    #[test]
    fn dead_letters_without_an_attempt_were_given_up() {
        let (mut blast, mut services) = (None, services());
        read(&mut blast, &mut services, &[FaultKind::Halt], 1, 0);
        if let Some(blast) = &mut blast {
            (0..4).for_each(|_| blast.routed(&services, "eventflow.orders", "OrderCreated"));
        }
        assert_eq!(verdict(&blast, &services), Verdict::Unknown(4));
        read(&mut blast, &mut services, &[FaultKind::Halt], 5, 1);
        assert_eq!(verdict(&blast, &services), Verdict::GivenUp(4, 4));
    }

    #[test]
    fn a_fault_joins_those_that_are_on_and_starts_anew_after_all_were_over() {
        let (mut blast, mut services) = (None, services());
        read(&mut blast, &mut services, &[], 0, 0);
        assert!(blast.is_none());
        read(&mut blast, &mut services, &[FaultKind::Error], 0, 1);
        finish(&mut blast, "a", false);
        read(&mut blast, &mut services, &[FaultKind::Latency], 0, 2);
        read(&mut blast, &mut services, &[FaultKind::Error], 0, 3);
        assert_eq!(verdict(&blast, &services), Verdict::Failing(1, 1), "the same fault again goes on");
        read(&mut blast, &mut services, &[], 0, 4);
        assert_eq!(blast.as_ref().map(|blast| blast.lasted(at(90))), Some(Duration::from_secs(3)));
        finish(&mut blast, "a", true);
        assert_eq!(verdict(&blast, &services), Verdict::Retried(1, 1), "what comes of it later still counts");
        read(&mut blast, &mut services, &[FaultKind::Error], 0, 5);
        assert_eq!(verdict(&blast, &services), Verdict::NoTraffic);
    }

    #[test]
    fn what_comes_long_after_is_none_of_it() {
        let (mut blast, mut services) = (None, services());
        read(&mut blast, &mut services, &[FaultKind::Error], 0, 0);
        finish(&mut blast, "a", true);
        read(&mut blast, &mut services, &[], 0, 2);
        let settle =
            |blast: &mut Option<Blast>, second| blast.as_mut().map(|blast| blast.settle(&services, at(second)));
        settle(&mut blast, 4);
        finish(&mut blast, "under way", true);
        settle(&mut blast, 8);
        finish(&mut blast, "much later", false);
        assert_eq!(verdict(&blast, &services), Verdict::Untouched(2));
    }

    #[test]
    fn what_was_seen_and_not_heard_of_again_is_not_called_well() {
        let (mut blast, mut services) = (None, services());
        read(&mut blast, &mut services, &[FaultKind::Error], 0, 0);
        if let Some(blast) = &mut blast {
            (0..3).for_each(|_| blast.routed(&services, "eventflow.orders", "OrderCreated"));
        }
        finish(&mut blast, "a", true);
        assert_eq!(verdict(&blast, &services), Verdict::Waiting(2, 3));
        ["b", "c"].iter().for_each(|request| finish(&mut blast, request, true));
        assert_eq!(verdict(&blast, &services), Verdict::Untouched(3));
    }

    #[test]
    fn too_many_failures_to_tell_apart_make_the_counts_lower_bounds() {
        let (mut blast, mut services) = (None, services());
        read(&mut blast, &mut services, &[FaultKind::Error], 0, 0);
        (0..=REMEMBERED).for_each(|request| finish(&mut blast, &request.to_string(), false));
        let blast = blast.expect("a blast");
        assert!(blast.gaps && blast.tallies[1].failing() == REMEMBERED as u64);
    }
}
