//! What waits for a function: events that its rules route to it, minus requests that came to an end.
//!
//! Nothing on AWS tells this number for asynchronous invocations, so it is counted from what the live tail shows. Records
//! of one event come over several log groups in any order, and some never come; so an end that is seen before its event
//! is remembered for a while, and a wait that nothing explains is given up after a while.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

/// How long the end of a request waits for the event it belongs to.
const EARLY: SignedDuration = SignedDuration::from_secs(10);
/// After how long without any sign a wait that nothing explains is given up.
const UNEXPLAINED: SignedDuration = SignedDuration::from_secs(20);
/// Invocations of one asynchronous request at most, by default: one and two retries.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
pub(crate) const ATTEMPTS: u32 = 3;
/// After how long a wait is worth showing: Live Tail itself brings records a second late.
const OVERDUE: SignedDuration = SignedDuration::from_secs(2);
/// Waits counted at most.
const MOST: usize = 1_000_000;
/// Requests remembered at most. More than wait in any demonstration.
pub(crate) const REMEMBERED: usize = 50_000;

/// The count of what waits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backlog {
    /// When each event that waits was routed, oldest first: an end is taken for that of the oldest.
    waiting: VecDeque<Timestamp>,
    early: VecDeque<Timestamp>,
    /// Requests that failed and will be tried again, with the number of attempts.
    retrying: HashMap<String, u32>,
    /// Requests given up as seen in their third failure, and not yet as a dead letter.
    exhausted: u64,
    /// Dead letters seen before the failure that explains them.
    lettered: u64,
    last_sign: Option<Timestamp>,
}

impl Backlog {
    /// How many events wait or are being handled.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// Whether any event waits longer than the records of a swift invocation take to arrive.
    pub(crate) fn is_overdue(&self, now: Timestamp) -> bool {
        self.waiting.front().is_some_and(|at| now.duration_since(*at) > OVERDUE)
    }

    /// How many requests failed and will be tried again.
    pub(crate) fn retrying(&self) -> usize {
        self.retrying.len()
    }

    /// An event was routed to the function.
    pub(crate) fn routed(&mut self, now: Timestamp) {
        self.last_sign = Some(now);
        while self.early.front().is_some_and(|at| now.duration_since(*at) > EARLY) {
            self.early.pop_front();
        }
        if self.early.pop_front().is_none() && self.waiting.len() < MOST {
            self.waiting.push_back(now);
        }
    }

    /// A request succeeded.
    pub(crate) fn succeeded(&mut self, request: &str, now: Timestamp) {
        self.retrying.remove(request);
        self.settle(now);
    }

    /// An attempt of a request failed. Retries have the same request id.
    pub(crate) fn failed(&mut self, request: &str, now: Timestamp) {
        self.last_sign = Some(now);
        if self.retrying.len() >= REMEMBERED && !self.retrying.contains_key(request) {
            return;
        }
        let attempts = self.retrying.entry(request.to_owned()).or_default();
        *attempts += 1;
        if *attempts >= ATTEMPTS {
            self.retrying.remove(request);
            if self.lettered > 0 {
                self.lettered -= 1;
            } else {
                self.exhausted += 1;
                self.settle(now);
            }
        }
    }

    /// That many more messages lie in the dead-letter queues: some of them are failures already counted.
    pub(crate) fn dead_lettered(&mut self, more: u64, now: Timestamp) {
        let known = more.min(self.exhausted);
        self.exhausted -= known;
        for _ in 0..(more - known).min(self.waiting()) {
            self.lettered += 1;
            self.settle(now);
        }
        self.lettered = self.lettered.min(self.retrying.len() as u64);
    }

    fn settle(&mut self, now: Timestamp) {
        self.last_sign = Some(now);
        if self.waiting.pop_front().is_none() && self.early.len() < REMEMBERED {
            self.early.push_back(now);
        }
    }

    /// Gives up waits that nothing explains. `explained`: something is in flight, or holds the function back.
    pub(crate) fn reconsider(&mut self, explained: bool, now: Timestamp) {
        let silent = self.last_sign.is_none_or(|at| now.duration_since(at) > UNEXPLAINED);
        if silent && !explained {
            self.waiting.truncate(self.retrying.len());
        }
    }

    /// Starts again: the live tail had a gap.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::constant(1_700_000_000 + second, 0)
    }

    #[test]
    fn an_event_waits_until_its_request_succeeds() {
        let mut backlog = Backlog::default();
        backlog.routed(at(0));
        backlog.routed(at(0));
        backlog.succeeded("a", at(1));
        assert_eq!(backlog.waiting(), 1);
    }

    #[test]
    fn the_order_of_event_and_end_does_not_matter() {
        let mut backlog = Backlog::default();
        backlog.succeeded("a", at(0));
        backlog.routed(at(1));
        assert_eq!(backlog.waiting(), 0);
        backlog.succeeded("seen without its event", at(2));
        backlog.routed(at(60));
        assert_eq!(backlog.waiting(), 1);
    }

    #[test]
    fn retries_share_a_request_and_the_third_failure_ends_it_once() {
        let mut backlog = Backlog::default();
        backlog.routed(at(0));
        backlog.failed("a", at(0));
        backlog.failed("a", at(1));
        assert_eq!((backlog.waiting(), backlog.retrying()), (1, 1));
        backlog.failed("a", at(3));
        assert_eq!((backlog.waiting(), backlog.retrying()), (0, 0));
        backlog.routed(at(4));
        backlog.dead_lettered(1, at(5));
        assert_eq!(backlog.waiting(), 1, "the dead letter is the request that failed, not the one that waits");
    }

    #[test]
    fn dead_letters_end_waits_of_a_halted_function() {
        let mut backlog = Backlog::default();
        (0..3).for_each(|_| backlog.routed(at(0)));
        backlog.dead_lettered(3, at(1));
        assert_eq!(backlog.waiting(), 0);
    }

    #[test]
    fn a_wait_that_nothing_explains_is_given_up() {
        let mut backlog = Backlog::default();
        backlog.routed(at(0));
        backlog.reconsider(false, at(5));
        assert_eq!(backlog.waiting(), 1);
        backlog.reconsider(true, at(60));
        assert_eq!(backlog.waiting(), 1);
        backlog.reconsider(false, at(60));
        assert_eq!(backlog.waiting(), 0);
    }
}
