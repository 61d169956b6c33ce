//! What each function does and how it is.

use std::{collections::HashMap, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    backlog::Backlog,
    faults,
    health::Health,
    message::{ActiveFault, Fault, FaultKind, FunctionRole, ServiceState, System},
    pattern::hears,
    window::{Durations, Window},
};
use crate::observe::{InvocationPhase, InvocationRecord, InvocationStatus};

/// After how long an invocation whose end was never seen no longer counts as running: Lambda's longest time-out.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const FORGOTTEN: SignedDuration = SignedDuration::from_secs(900);

/// A function as shown.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) role: FunctionRole,
    /// Invocations that succeeded since the start.
    pub(crate) ok: u64,
    /// Invocations that failed since the start, retries included.
    pub(crate) failed: u64,
    pub(crate) cold_starts: u64,
    pub(crate) window: Window,
    pub(crate) durations: Durations,
    pub(crate) backlog: Backlog,
    pub(crate) dead_letters: u64,
    pub(crate) reserved: Option<u32>,
    pub(crate) disabled_rules: Vec<String>,
    /// Faults that are on, with the time each ends.
    pub(crate) faults: Vec<(ActiveFault, Option<Timestamp>)>,
    /// What the last failed invocation said.
    pub(crate) last_error: Option<String>,
    last_failed: bool,
    state_known: bool,
    in_flight: HashMap<String, Timestamp>,
}

impl Service {
    fn new(name: String, role: FunctionRole) -> Self {
        Self {
            name,
            role,
            ok: 0,
            failed: 0,
            cold_starts: 0,
            window: Window::default(),
            durations: Durations::default(),
            backlog: Backlog::default(),
            dead_letters: 0,
            reserved: None,
            disabled_rules: Vec::new(),
            faults: Vec::new(),
            last_error: None,
            last_failed: false,
            state_known: false,
            in_flight: HashMap::new(),
        }
    }

    /// Whether that fault is on.
    pub(crate) fn has_fault(&self, kind: FaultKind) -> bool {
        self.fault(kind).is_some()
    }

    /// That fault, when it is on, and when it ends.
    pub(crate) fn fault(&self, kind: FaultKind) -> Option<&(ActiveFault, Option<Timestamp>)> {
        self.faults.iter().find(|(on, _)| on.kind == kind)
    }

    /// Whether events reach it by rules.
    pub(crate) fn is_consumer(&self) -> bool {
        matches!(self.role, FunctionRole::Consumer(_))
    }

    /// How many deliveries this event means for it: one for each of its enabled rules that hears it.
    pub(crate) fn deliveries(&self, source: &str, detail_type: &str) -> usize {
        let FunctionRole::Consumer(subscriptions) = &self.role else { return 0 };
        subscriptions
            .iter()
            .filter(|s| !self.disabled_rules.contains(&s.rule) && hears(&s.pattern, source, detail_type))
            .count()
    }

    /// How many deliveries its disabled rules withhold from it.
    pub(crate) fn withheld(&self, source: &str, detail_type: &str) -> usize {
        let FunctionRole::Consumer(subscriptions) = &self.role else { return 0 };
        let disabled = subscriptions.iter().filter(|s| self.disabled_rules.contains(&s.rule));
        disabled.filter(|s| hears(&s.pattern, source, detail_type)).count()
    }

    /// How many events wait, none of them tried yet, when that is more than the records of a swift invocation take to arrive.
    pub(crate) fn untried(&self, now: Timestamp) -> u64 {
        let held = self.reserved.is_some() || self.backlog.is_overdue(now);
        if held { self.backlog.waiting().saturating_sub(self.backlog.retrying() as u64) } else { 0 }
    }

    /// How it is.
    pub(crate) fn health(&self, now: Timestamp) -> Health {
        let rules = if let FunctionRole::Consumer(subscriptions) = &self.role { subscriptions.len() } else { 0 };
        let recent = self.window.sum(now, 10);
        let refused = [FaultKind::Decline, FaultKind::OutOfStock].into_iter().any(|kind| self.has_fault(kind));
        let mostly_failed = recent.failed > 0 && recent.failed >= recent.ok;
        let retrying = self.backlog.retrying() > 0;
        if self.reserved == Some(0) {
            Health::Halted
        } else if rules > 0 && self.disabled_rules.len() >= rules {
            Health::Disconnected
        } else if refused || self.last_failed && (mostly_failed || retrying) {
            Health::Failing
        } else if self.is_throttled() {
            Health::Throttled
        } else if recent.failed > 0 || retrying || !self.faults.is_empty() || !self.disabled_rules.is_empty() {
            Health::Degraded
        } else if self.window.sum(now, 60).ok == 0 && self.in_flight.is_empty() {
            Health::Idle
        } else {
            Health::Healthy
        }
    }

    /// How many events wait, when that is more than the ordinary course of things.
    pub(crate) fn backlog_shown(&self, now: Timestamp) -> u64 {
        let held = self.reserved.is_some() || !self.faults.is_empty() || self.backlog.retrying() > 0;
        if held || self.backlog.is_overdue(now) { self.backlog.waiting() } else { 0 }
    }

    fn is_throttled(&self) -> bool {
        self.has_fault(FaultKind::Throttle)
            || self.reserved.is_some_and(|reserved| reserved > 0 && self.backlog.waiting() > u64::from(reserved) * 4)
    }

    fn invocation(&mut self, record: InvocationRecord, now: Timestamp) {
        match record.phase {
            InvocationPhase::Started => {
                self.in_flight.insert(record.request_id, now);
            }
            InvocationPhase::Finished { status, duration, init, error_type, .. } => {
                self.in_flight.remove(&record.request_id);
                let ok = status == InvocationStatus::Success;
                self.window.add(now, ok);
                self.durations.add(now, duration);
                self.cold_starts += u64::from(init.is_some());
                self.last_failed = !ok;
                let tracked = self.is_consumer();
                if ok {
                    self.ok += 1;
                    if tracked {
                        self.backlog.succeeded(&record.request_id, now);
                    }
                } else {
                    self.failed += 1;
                    let named = error_type.filter(|name| is_telling(name));
                    self.last_error = Some(named.unwrap_or_else(|| failure_word(status).to_owned()));
                    if tracked {
                        self.backlog.failed(&record.request_id, now);
                    }
                }
            }
        }
    }

    fn state(&mut self, state: ServiceState, now: Timestamp) {
        if self.state_known && state.dead_letters > self.dead_letters {
            self.backlog.dead_lettered(state.dead_letters - self.dead_letters, now);
        }
        self.state_known = true;
        self.dead_letters = state.dead_letters;
        self.reserved = state.reserved_concurrency;
        self.disabled_rules = state.disabled_rules;
        self.faults = state
            .faults
            .into_iter()
            .map(|fault| {
                let left = fault.left.and_then(|left| SignedDuration::try_from(left).ok());
                (fault, left.and_then(|left| now.checked_add(left).ok()))
            })
            .collect();
        self.faults.sort_by_key(|(fault, _)| fault.kind);
    }

    fn tick(&mut self, now: Timestamp) {
        self.durations.settle(now);
        self.in_flight.retain(|_, started| now.duration_since(*started) < FORGOTTEN);
        // What was changed on the cloud is put back some time after it is due: on until it is seen to be off.
        self.faults.retain(|(fault, until)| !faults::has_rate(fault.kind) || until.is_none_or(|until| until > now));
        let explained = !self.in_flight.is_empty() || self.reserved.is_some() || !self.faults.is_empty();
        self.backlog.reconsider(explained, now);
    }
}

/// Whether an error's type says more than that there was an error: Lambda calls those of the function's own unknown.
pub(crate) fn is_telling(error_type: &str) -> bool {
    !error_type.starts_with("Runtime.Unknown")
}

fn failure_word(status: InvocationStatus) -> &'static str {
    match status {
        InvocationStatus::Success => "success",
        InvocationStatus::Error => "error",
        InvocationStatus::Failure => "process died",
        InvocationStatus::Timeout => "timed out",
    }
}

/// All functions, in the order they were discovered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Services {
    pub(crate) list: Vec<Service>,
}

impl Services {
    /// Takes the functions of a discovered stack; what is known of those already shown stays.
    pub(crate) fn discover(&mut self, system: &System) {
        let mut before = std::mem::take(&mut self.list);
        for function in &system.functions {
            let known = before.iter().position(|service| service.name == function.name);
            let mut service = match known {
                Some(at) => before.swap_remove(at),
                None => Service::new(function.name.clone(), function.role.clone()),
            };
            service.role = function.role.clone();
            self.list.push(service);
        }
    }

    /// The function of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Service> {
        self.list.iter().find(|service| service.name == name)
    }

    /// The functions that hear events.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = &Service> {
        self.list.iter().filter(|service| service.is_consumer())
    }

    /// Every fault that is on.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (Fault, Option<Timestamp>)> {
        self.list.iter().flat_map(|service| {
            service.faults.iter().map(|(on, until)| (Fault { function: service.name.clone(), kind: on.kind }, *until))
        })
    }

    /// Whether a fault should be over that was not seen to be.
    pub(crate) fn any_overdue(&self, now: Timestamp) -> bool {
        self.list.iter().flat_map(|service| &service.faults).any(|(_, until)| until.is_some_and(|until| until <= now))
    }

    /// Counts an invocation. `false` when the function is not of this stack.
    pub(crate) fn invocation(&mut self, record: InvocationRecord, now: Timestamp) -> bool {
        let service = self.list.iter_mut().find(|service| service.name == record.function);
        service.map(|service| service.invocation(record, now)).is_some()
    }

    /// Counts an event towards what waits for each function that hears it.
    pub(crate) fn routed(&mut self, source: &str, detail_type: &str, now: Timestamp) {
        for service in &mut self.list {
            for _ in 0..service.deliveries(source, detail_type) {
                service.backlog.routed(now);
            }
        }
    }

    /// Takes settings and queue depths.
    pub(crate) fn states(&mut self, states: Vec<ServiceState>, now: Timestamp) {
        for state in states {
            if let Some(service) = self.list.iter_mut().find(|service| service.name == state.function) {
                service.state(state, now);
            }
        }
    }

    /// Time passed.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.list.iter_mut().for_each(|service| service.tick(now));
    }

    /// The live tail had a gap: what waits cannot be told from before it.
    pub(crate) fn gap(&mut self) {
        for service in &mut self.list {
            service.backlog.reset();
            service.in_flight.clear();
        }
    }
}

/// A duration as people read it: `0.8 ms`, `14 ms`, `2.4 s`.
pub(crate) fn duration_text(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1_000.0;
    if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1_000.0)
    }
}
