//! The stream of events: the last 100,000, newest first, with a live filter.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::{
    hold::{Filter, Hold, Step},
    window::Window,
};
use crate::observe::EventRecord;

/// How many events are kept.
pub(crate) const CAPACITY: usize = 100_000;

/// An event as kept. The envelope is kept as text: a tree of 100,000 of them would not fit the memory we promise.
#[derive(Debug, Clone)]
pub(crate) struct EventRow {
    /// Its number in the stream.
    pub(crate) seq: u64,
    pub(crate) id: Box<str>,
    pub(crate) time: Timestamp,
    /// When it was seen here.
    pub(crate) seen: Timestamp,
    pub(crate) source: Box<str>,
    pub(crate) detail_type: Box<str>,
    pub(crate) order_id: Box<str>,
    pub(crate) product_id: Box<str>,
    pub(crate) user_id: Box<str>,
    pub(crate) quantity: Option<u32>,
    /// Why, when it tells of a failure.
    pub(crate) reason: Box<str>,
    /// The whole event as JSON.
    pub(crate) envelope: Box<str>,
}

impl EventRow {
    /// Whether it tells of a failure.
    pub(crate) fn is_failure(&self) -> bool {
        self.detail_type.ends_with("Failed")
    }

    fn matches(&self, filter: &Filter) -> bool {
        filter.matches(&[
            &self.detail_type,
            &self.order_id,
            &self.product_id,
            &self.user_id,
            &self.source,
            &self.reason,
            &self.id,
        ])
    }
}

/// The stream of events.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventStream {
    rows: VecDeque<EventRow>,
    next: u64,
    matching: VecDeque<u64>,
    filter: Filter,
    /// How many of each detail-type were seen, in order of appearance.
    pub(crate) by_type: Vec<(Box<str>, u64)>,
    pub(crate) window: Window,
    pub(crate) hold: Hold<u64>,
    /// How many the intake left out.
    pub(crate) dropped: u64,
}

impl EventStream {
    /// How many events were seen in all.
    pub(crate) fn total(&self) -> u64 {
        self.next
    }

    /// Takes an event in. Its texts are clean.
    pub(crate) fn push(&mut self, event: EventRecord, reason: String, now: Timestamp) {
        let row = EventRow {
            seq: self.next,
            envelope: event.envelope.to_string().into(),
            id: event.id.into(),
            time: event.time,
            seen: now,
            source: event.source.into(),
            detail_type: event.detail_type.into(),
            order_id: event.order_id.unwrap_or_default().into(),
            product_id: event.product_id.unwrap_or_default().into(),
            user_id: event.user_id.unwrap_or_default().into(),
            quantity: event.quantity,
            reason: reason.into(),
        };
        self.next += 1;
        self.window.add(now, !row.is_failure());
        match self.by_type.iter().position(|(name, _)| *name == row.detail_type) {
            Some(at) => self.by_type[at].1 += 1,
            // A stranger's events cannot make this list grow without bound.
            None if self.by_type.len() < 64 => self.by_type.push((row.detail_type.clone(), 1)),
            None => {}
        }
        if !self.filter.is_empty() && row.matches(&self.filter) {
            self.matching.push_back(row.seq);
        }
        self.rows.push_back(row);
        if self.rows.len() > CAPACITY {
            self.rows.pop_front();
            let first = self.first();
            while self.matching.front().is_some_and(|seq| *seq < first) {
                self.matching.pop_front();
            }
        }
    }

    /// Shows only what matches.
    pub(crate) fn set_filter(&mut self, filter: Filter) {
        self.matching = if filter.is_empty() {
            VecDeque::new()
        } else {
            self.rows.iter().filter(|row| row.matches(&filter)).map(|row| row.seq).collect()
        };
        self.filter = filter;
    }

    fn first(&self) -> u64 {
        self.next - self.rows.len() as u64
    }

    /// The event of that number, while it is kept.
    pub(crate) fn get(&self, seq: u64) -> Option<&EventRow> {
        self.rows.get(usize::try_from(seq.checked_sub(self.first())?).ok()?)
    }

    /// One past the newest event that the list shows.
    fn end(&self) -> u64 {
        self.hold.newest.map_or(self.next, |newest| newest + 1).clamp(self.first(), self.next)
    }

    /// How many rows the list has.
    pub(crate) fn shown_len(&self) -> usize {
        if self.filter.is_empty() {
            (self.end() - self.first()) as usize
        } else {
            self.matching.partition_point(|seq| *seq < self.end())
        }
    }

    /// How many newer rows the held list leaves out.
    pub(crate) fn held_back(&self) -> usize {
        let all = if self.filter.is_empty() { self.rows.len() } else { self.matching.len() };
        all - self.shown_len()
    }

    /// Row `index` of the list, 0 the newest.
    pub(crate) fn row(&self, index: usize) -> Option<&EventRow> {
        let back = self.shown_len().checked_sub(index + 1)?;
        if self.filter.is_empty() { self.rows.get(back) } else { self.get(*self.matching.get(back)?) }
    }

    /// Where in the list the selected row is.
    pub(crate) fn cursor_index(&self) -> Option<usize> {
        let seq = self.hold.cursor?;
        let back = if self.filter.is_empty() {
            usize::try_from(seq.checked_sub(self.first())?).ok()?
        } else {
            self.matching.binary_search(&seq).ok()?
        };
        self.shown_len().checked_sub(back + 1)
    }

    /// The selected row.
    pub(crate) fn selected(&self) -> Option<&EventRow> {
        self.get(self.hold.cursor?)
    }

    /// Keeps the list as it is now.
    pub(crate) fn freeze(&mut self) {
        if self.hold.newest.is_none() {
            self.hold.newest = self.next.checked_sub(1);
        }
    }

    /// Moves the selection.
    pub(crate) fn step(&mut self, step: Step) {
        self.freeze();
        if let Some(to) = step.from(self.cursor_index(), self.shown_len()) {
            self.select(to);
        }
    }

    /// Selects row `index` of the list.
    pub(crate) fn select(&mut self, index: usize) {
        self.freeze();
        if let Some(row) = self.row(index) {
            self.hold.cursor = Some(row.seq);
        }
    }

    /// The events of a type, newest first, of the last 20,000.
    pub(crate) fn of_type<'a>(&'a self, detail_type: &'a str) -> impl Iterator<Item = &'a EventRow> {
        self.rows.iter().rev().take(20_000).filter(move |row| &*row.detail_type == detail_type)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn push(stream: &mut EventStream, number: usize) {
        let time = Timestamp::constant(1_700_000_000, 0);
        let detail_type = if number.is_multiple_of(10) { "PaymentFailed" } else { "OrderCreated" };
        let event = EventRecord {
            id: number.to_string(),
            time,
            source: "eventflow.orders".into(),
            detail_type: detail_type.into(),
            order_id: Some(format!("ord-{number}")),
            product_id: None,
            user_id: None,
            quantity: None,
            envelope: json!({}),
        };
        stream.push(event, String::new(), time);
    }

    #[test]
    fn the_ring_forgets_the_oldest_with_and_without_a_filter() {
        let mut stream = EventStream::default();
        stream.set_filter(Filter::new("failed"));
        (0..CAPACITY + 25).for_each(|number| push(&mut stream, number));
        assert_eq!((stream.total(), stream.shown_len()), (CAPACITY as u64 + 25, CAPACITY / 10));
        assert_eq!(stream.row(0).map(|row| &*row.order_id), Some("ord-100020"));
        assert_eq!(stream.row(stream.shown_len() - 1).map(|row| &*row.order_id), Some("ord-30"));
        stream.set_filter(Filter::default());
        assert_eq!(stream.shown_len(), CAPACITY);
        assert!(stream.get(24).is_none() && stream.get(25).is_some());
    }

    #[test]
    fn a_held_stream_stays_on_its_row_while_new_ones_are_counted() {
        let mut stream = EventStream::default();
        (0..30).for_each(|number| push(&mut stream, number));
        stream.step(Step::Older(1));
        stream.step(Step::Older(3));
        let selected = stream.selected().map(|row| row.seq);
        (30..67).for_each(|number| push(&mut stream, number));
        assert_eq!((stream.held_back(), stream.cursor_index()), (37, Some(3)));
        assert_eq!(stream.selected().map(|row| row.seq), selected);
        stream.hold.release(true);
        assert_eq!(stream.held_back(), 37, "paused: still held");
        stream.hold.release(false);
        assert_eq!(stream.held_back(), 0);
    }
}
