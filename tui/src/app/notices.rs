//! Short words to the user: what was done, what failed. They leave by themselves.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Notices on the screen at most.
const SHOWN: usize = 3;

/// A short word to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) failed: bool,
    until: Timestamp,
}

/// The notices on the screen, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notices {
    pub(crate) list: VecDeque<Notice>,
}

impl Notices {
    /// Something was done.
    pub(crate) fn done(&mut self, text: impl Into<String>, now: Timestamp) {
        self.push(text.into(), false, now);
    }

    /// Something failed: it stays longer.
    pub(crate) fn failed(&mut self, text: impl Into<String>, now: Timestamp) {
        self.push(text.into(), true, now);
    }

    fn push(&mut self, text: String, failed: bool, now: Timestamp) {
        let stay = SignedDuration::from_secs(if failed { 10 } else { 4 });
        let until = now.checked_add(stay).unwrap_or(now);
        if let Some(same) = self.list.iter_mut().find(|notice| notice.text == text) {
            same.until = until;
            return;
        }
        if self.list.len() == SHOWN {
            self.list.pop_front();
        }
        self.list.push_back(Notice { text, failed, until });
    }

    /// Takes away what stayed long enough.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.list.retain(|notice| notice.until > now);
    }

    /// Takes the newest away.
    pub(crate) fn dismiss(&mut self) -> bool {
        self.list.pop_back().is_some()
    }
}
