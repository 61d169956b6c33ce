//! What republishStuckOrders remembers from one run to the next. Pure.
//!
//! Lambda may forget it at any time by starting a new process; then the sweep begins again from the start, which costs
//! reads and repeated events, and loses nothing.

use std::{collections::HashMap, time::Duration};

use eventflow_contract::Order;
use jiff::Timestamp;

/// How far back a sweep begins. Whoever is undecided for longer is seen on the dashboard, not cured by one more event.
const LOOK_BACK: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest wait before the same order is published once more.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The state of the sweep.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep {
    /// For each partition: everything older is decided, or too old.
    marks: HashMap<u32, Timestamp>,
    /// When which order was last published again, and how often.
    told: HashMap<String, (Timestamp, u32)>,
}

impl Sweep {
    /// From when on a partition must be read.
    pub(crate) fn begin(&self, shard: u32, now: Timestamp) -> Timestamp {
        let earliest = now - LOOK_BACK;
        self.marks.get(&shard).map_or(earliest, |mark| earliest.max(*mark))
    }

    /// Notes that a partition was read up to `reached`, and that the oldest undecided order in it is of `oldest`.
    pub(crate) fn swept(&mut self, shard: u32, reached: Timestamp, oldest: Option<Timestamp>) {
        self.marks.insert(shard, oldest.map_or(reached, |oldest| oldest.min(reached)));
    }

    /// Those of the undecided orders that are due, given that each waits twice as long as the time before: when the
    /// consumers are halted, more events would only lengthen their backlog.
    pub(crate) fn due(&mut self, undecided: Vec<Order>, wait: Duration, now: Timestamp) -> Vec<Order> {
        // What is no longer undecided need not be remembered.
        self.told.retain(|id, _| undecided.iter().any(|order| order.order_id == *id));
        let is_due = |order: &Order| {
            self.told.get(&order.order_id).is_none_or(|(last, times)| {
                let pause = wait.saturating_mul(2_u32.saturating_pow(*times)).min(LONGEST_WAIT.max(wait));
                now >= *last + pause
            })
        };
        undecided.into_iter().filter(is_due).collect()
    }

    /// Notes that an order was published again.
    pub(crate) fn told(&mut self, order_id: &str, now: Timestamp) {
        let (last, times) = self.told.entry(order_id.to_owned()).or_insert((now, 0));
        (*last, *times) = (now, *times + 1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use eventflow_contract::{InventoryStatus, PaymentStatus};

    use super::*;

    fn order(id: &str) -> Order {
        Order {
            order_id: id.into(),
            user_id: "u".into(),
            product_id: "p".into(),
            quantity: 1,
            payment_status: PaymentStatus::Pending,
            inventory_status: InventoryStatus::Pending,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn an_order_that_stays_stuck_is_told_less_and_less_often() {
        let mut sweep = Sweep::default();
        let mut told = Vec::new();
        for minute in 0..=31 {
            let due = sweep.due(vec![order("a")], Duration::from_secs(60), at(minute * 60));
            for order in due {
                sweep.told(&order.order_id, at(minute * 60));
                told.push(minute);
            }
        }
        assert_eq!(told, [0, 2, 6, 14, 30]);
    }

    #[test]
    fn an_order_that_was_decided_is_forgotten() {
        let mut sweep = Sweep::default();
        sweep.told("a", at(0));
        assert!(sweep.due(Vec::new(), Duration::from_secs(60), at(1)).is_empty());
        assert!(sweep.told.is_empty());
    }

    #[test]
    fn a_partition_is_read_from_its_oldest_undecided_order_on() {
        let mut sweep = Sweep::default();
        assert_eq!(sweep.begin(0, at(0)), at(-24 * 60 * 60));
        sweep.swept(0, at(-60), None);
        assert_eq!(sweep.begin(0, at(0)), at(-60));
        sweep.swept(0, at(-30), Some(at(-45)));
        assert_eq!(sweep.begin(0, at(0)), at(-45));
        assert_eq!(sweep.begin(1, at(0)), at(-24 * 60 * 60));
        assert_eq!(sweep.begin(0, at(48 * 60 * 60)), at(24 * 60 * 60), "too old to be read for ever");
    }
}
