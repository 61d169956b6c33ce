//! From log lines to messages: each line told once, nothing waited for, what found no room counted.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use tokio::sync::mpsc::{Sender, error::TrySendError};

use crate::{
    app::{FeedState, Message},
    observe::{GroupNames, observe},
};

/// How many lines are remembered at least, so that none is told twice.
const REMEMBERED: usize = 20_000;
/// For how long every line is remembered: longer than anything is read again, however many lines that are.
const REMEMBERED_FOR_MS: i64 = 15_000;

/// A line as CloudWatch Logs gives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LogLine {
    pub(super) group: String,
    /// Milliseconds after the epoch.
    pub(super) timestamp_ms: i64,
    pub(super) message: String,
}

/// Takes lines in and sends what they tell.
pub(super) struct Intake {
    names: GroupNames,
    messages: Sender<Message>,
    last_seen: i64,
    /// Hashes of the lines told lately, and in which order.
    told: HashSet<u64>,
    order: VecDeque<(u64, i64)>,
    /// Left out, and not yet told.
    dropped: u64,
}

impl Intake {
    /// `now_ms`: from when on lines count as missed.
    pub(super) fn new(names: GroupNames, messages: Sender<Message>, now_ms: i64) -> Self {
        let (told, order) = (HashSet::new(), VecDeque::new());
        Self { names, messages, last_seen: now_ms, told, order, dropped: 0 }
    }

    /// Takes lines of these groups from now on.
    pub(super) fn follow(&mut self, names: GroupNames) {
        self.names = names;
    }

    /// Whether any line was ever told.
    pub(super) fn has_begun(&self) -> bool {
        !self.order.is_empty()
    }

    /// The newest line's time, in milliseconds after the epoch.
    pub(super) fn last_seen(&self) -> i64 {
        self.last_seen
    }

    /// Tells the state of the feed. States are few and none may be missed, so this one waits for room.
    pub(super) async fn state(&self, state: FeedState) {
        // Nobody listens any more when this fails, and the caller is about to be stopped.
        let _ = self.messages.send(Message::Feed(state)).await;
    }

    /// Takes lines in, oldest first; `sampled` when AWS left some out, it does not say how many.
    pub(super) fn take(&mut self, lines: Vec<LogLine>, sampled: bool) {
        let mut seen = Vec::with_capacity(lines.len());
        for line in lines {
            if self.is_new(&line) {
                self.last_seen = self.last_seen.max(line.timestamp_ms);
                seen.extend(observe(&line.group, &line.message, line.timestamp_ms, &self.names));
            }
        }
        self.dropped += u64::from(sampled);
        let count = seen.len() as u64;
        if count > 0 && matches!(self.messages.try_send(Message::Observed(seen)), Err(TrySendError::Full(_))) {
            self.dropped += count;
        }
        if self.dropped > 0 && self.messages.try_send(Message::Dropped(self.dropped)).is_ok() {
            self.dropped = 0;
        }
    }

    fn is_new(&mut self, line: &LogLine) -> bool {
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        let hash = hasher.finish();
        if !self.told.insert(hash) {
            return false;
        }
        self.order.push_back((hash, line.timestamp_ms));
        let horizon = self.last_seen - REMEMBERED_FOR_MS;
        while self.order.len() > REMEMBERED
            && let Some((oldest, _)) = self.order.pop_front_if(|(_, at)| *at < horizon)
        {
            self.told.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::sync::mpsc;

    use super::*;

    fn line(at: i64) -> LogLine {
        LogLine { group: "/aws/lambda/pay".into(), timestamp_ms: at, message: "hello".into() }
    }

    fn intake(room: usize) -> (Intake, mpsc::Receiver<Message>) {
        let (sender, receiver) = mpsc::channel(room);
        (Intake::new(GroupNames::default(), sender, 0), receiver)
    }

    #[test]
    fn a_line_is_told_once() {
        let (mut intake, mut messages) = intake(8);
        intake.take(vec![line(1), line(2)], false);
        intake.take(vec![line(2), line(3)], false);
        for expected in [2, 1] {
            let Message::Observed(seen) = messages.try_recv().unwrap() else { panic!() };
            assert_eq!(seen.len(), expected);
        }
        assert_eq!(intake.last_seen(), 3);
    }

    #[test]
    fn a_flood_that_is_read_again_is_told_once() {
        let (mut intake, mut messages) = intake(8);
        let flood = || {
            (0..50_000).map(|at| line(at / 10)).enumerate().map(|(n, line)| LogLine { message: n.to_string(), ..line })
        };
        intake.take(flood().collect(), false);
        intake.take(flood().collect(), false);
        let Message::Observed(seen) = messages.try_recv().unwrap() else { panic!() };
        assert_eq!(seen.len(), 50_000);
        assert!(messages.try_recv().is_err(), "nothing is told again");
        intake.take(vec![line(60_000)], false);
        intake.take(vec![line(60_001)], false);
        assert_eq!(intake.order.len(), REMEMBERED, "and what is long ago is forgotten");
    }

    #[test]
    fn what_finds_no_room_is_counted_and_told_later() {
        let (mut intake, mut messages) = intake(1);
        intake.take(vec![line(1)], false);
        intake.take(vec![line(2), line(3)], true);
        assert!(matches!(messages.try_recv().unwrap(), Message::Observed(seen) if seen.len() == 1));
        intake.take(Vec::new(), false);
        assert!(matches!(messages.try_recv().unwrap(), Message::Dropped(3)));
        assert!(messages.try_recv().is_err());
    }
}
