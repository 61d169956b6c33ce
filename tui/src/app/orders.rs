//! The orders that are shown: the newest 10,000, newest first.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

use eventflow_contract::{InventoryStatus, Order, OrderStatus, PaymentStatus};
use jiff::{SignedDuration, Timestamp};

use super::hold::{Filter, Hold, Step};
use crate::observe::EventRecord;
use crate::observe::text::clean_in_place;

/// How many orders are kept.
pub(crate) const CAPACITY: usize = 10_000;
/// How long a row is marked after it changed.
pub(crate) const HIGHLIGHT: SignedDuration = SignedDuration::from_millis(1_500);

/// Changes of one order that are remembered. An order has three or four.
const HISTORY: usize = 32;

/// What orders are sorted by: when accepted, then the id.
pub(crate) type OrderKey = (Timestamp, String);

/// An order as shown.
#[derive(Debug, Clone)]
pub(crate) struct OrderRow {
    /// As stored, or as its event told until it is read.
    pub(crate) order: Order,
    /// When its status last changed before our eyes.
    pub(crate) changed: Option<Timestamp>,
    /// Changes of status that were seen, oldest first, with the time they were seen.
    pub(crate) history: Vec<(Timestamp, OrderStatus)>,
}

/// How many orders are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Paid and reserved.
    pub(crate) confirmed: usize,
    /// Declined or out of stock.
    pub(crate) failed: usize,
    /// Not final.
    pub(crate) open: usize,
}

/// The newest orders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Orders {
    rows: BTreeMap<OrderKey, OrderRow>,
    times: HashMap<String, Timestamp>,
    pub(crate) tally: Tally,
    pub(crate) filter: Filter,
    pub(crate) hold: Hold<OrderKey>,
}

impl Orders {
    /// How many orders are held.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The order of that id.
    pub(crate) fn get(&self, id: &str) -> Option<&OrderRow> {
        self.rows.get(&(*self.times.get(id)?, id.to_owned()))
    }

    /// Shows an order as soon as its event is seen, before it is read from the table.
    pub(crate) fn announce(&mut self, event: &EventRecord, now: Timestamp) {
        let (Some(id), Some(product), Some(user), Some(quantity)) =
            (&event.order_id, &event.product_id, &event.user_id, event.quantity)
        else {
            return;
        };
        if self.times.contains_key(id) {
            return;
        }
        let order = Order {
            order_id: id.clone(),
            user_id: user.clone(),
            product_id: product.clone(),
            quantity,
            payment_status: PaymentStatus::Pending,
            inventory_status: InventoryStatus::Pending,
            created_at: event.time,
            updated_at: event.time,
        };
        self.insert(order, Some(now));
    }

    /// Takes an order as stored. Older knowledge than what is shown is ignored. `fresh` marks a new row.
    pub(crate) fn upsert(&mut self, mut order: Order, fresh: bool, now: Timestamp) {
        for text in [&mut order.order_id, &mut order.user_id, &mut order.product_id] {
            clean_in_place(text);
        }
        let Some(created) = self.times.get(&order.order_id).copied() else {
            self.insert(order, fresh.then_some(now));
            return;
        };
        let key = (created, order.order_id.clone());
        let Some(mut row) = self.rows.remove(&key) else { return };
        let before = row.order.status();
        if order.updated_at >= row.order.updated_at {
            row.order = order;
        }
        let after = row.order.status();
        if after != before {
            row.changed = Some(now);
            if row.history.len() < HISTORY {
                row.history.push((now, after));
            }
            self.count(before, false);
            self.count(after, true);
        }
        let key = (row.order.created_at, key.1);
        self.times.insert(key.1.clone(), key.0);
        self.rows.insert(key, row);
    }

    fn insert(&mut self, order: Order, changed: Option<Timestamp>) {
        let key = (order.created_at, order.order_id.clone());
        let status = order.status();
        let history = changed.map(|at| (at, status)).into_iter().collect();
        self.count(status, true);
        self.times.insert(key.1.clone(), key.0);
        self.rows.insert(key, OrderRow { order, changed, history });
        if self.rows.len() > CAPACITY
            && let Some(((_, id), row)) = self.rows.pop_first()
        {
            self.count(row.order.status(), false);
            self.times.remove(&id);
        }
    }

    fn count(&mut self, status: OrderStatus, more: bool) {
        let slot = match status {
            OrderStatus::Confirmed => &mut self.tally.confirmed,
            status if status.is_final() => &mut self.tally.failed,
            _ => &mut self.tally.open,
        };
        *slot = if more { *slot + 1 } else { slot.saturating_sub(1) };
    }

    fn matches(&self, row: &OrderRow) -> bool {
        let order = &row.order;
        self.filter.is_empty()
            || self.filter.matches(&[&order.order_id, &order.product_id, &order.user_id, order.status().as_str()])
    }

    /// The rows of the list, newest first.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &OrderRow> {
        let newest = self.hold.newest.as_ref().map_or(Bound::Unbounded, Bound::Included);
        self.rows
            .range::<OrderKey, _>((Bound::Unbounded, newest))
            .rev()
            .map(|(_, row)| row)
            .filter(|row| self.matches(row))
    }

    /// How many newer rows the held list leaves out.
    pub(crate) fn held_back(&self) -> usize {
        let Some(newest) = &self.hold.newest else { return 0 };
        self.rows
            .range::<OrderKey, _>((Bound::Excluded(newest), Bound::Unbounded))
            .filter(|(_, row)| self.matches(row))
            .count()
    }

    /// How many rows the list has.
    pub(crate) fn shown_len(&self) -> usize {
        if self.filter.is_empty() && self.hold.newest.is_none() { self.len() } else { self.shown().count() }
    }

    /// Where in the list the selected row is.
    pub(crate) fn cursor_index(&self) -> Option<usize> {
        let (_, id) = self.hold.cursor.as_ref()?;
        self.shown().position(|row| &row.order.order_id == id)
    }

    /// The selected row.
    pub(crate) fn selected(&self) -> Option<&OrderRow> {
        self.get(&self.hold.cursor.as_ref()?.1)
    }

    /// Keeps the list as it is now.
    pub(crate) fn freeze(&mut self) {
        if self.hold.newest.is_none() {
            self.hold.newest = self.rows.last_key_value().map(|(key, _)| key.clone());
        }
    }

    /// Moves the selection.
    pub(crate) fn step(&mut self, step: Step) {
        self.freeze();
        let Some(to) = step.from(self.cursor_index(), self.shown_len()) else { return };
        self.select(to);
    }

    /// Selects row `index` of the list.
    pub(crate) fn select(&mut self, index: usize) {
        self.freeze();
        let key = self.shown().nth(index).map(|row| (row.order.created_at, row.order.order_id.clone()));
        if key.is_some() {
            self.hold.cursor = key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::constant(1_700_000_000 + second, 0)
    }

    fn order(id: usize, second: i64) -> Order {
        Order {
            order_id: format!("ord-{id}"),
            user_id: "user-1".into(),
            product_id: "espresso".into(),
            quantity: 1,
            payment_status: PaymentStatus::Pending,
            inventory_status: InventoryStatus::Pending,
            created_at: at(second),
            updated_at: at(second),
        }
    }

    #[test]
    fn only_the_newest_are_kept_and_the_tally_follows() {
        let mut orders = Orders::default();
        for id in 0..CAPACITY + 50 {
            orders.upsert(order(id, id as i64), true, at(0));
        }
        assert_eq!((orders.len(), orders.tally.open), (CAPACITY, CAPACITY));
        assert!(orders.get("ord-49").is_none() && orders.get("ord-50").is_some());
        assert_eq!(orders.shown().next().map(|row| row.order.order_id.as_str()), Some("ord-10049"));
    }

    #[test]
    fn older_knowledge_is_ignored_and_a_change_is_counted_once() {
        let mut orders = Orders::default();
        orders.upsert(order(1, 0), false, at(0));
        let mut paid = order(1, 0);
        paid.payment_status = PaymentStatus::Failed;
        paid.updated_at = at(5);
        orders.upsert(paid.clone(), true, at(6));
        orders.upsert(order(1, 0), true, at(7));
        orders.upsert(paid, true, at(8));
        assert_eq!(orders.tally, Tally { confirmed: 0, failed: 1, open: 0 });
        let row = orders.get("ord-1").expect("kept");
        assert_eq!((row.changed, row.history.len()), (Some(at(6)), 1));
    }

    #[test]
    fn a_held_list_counts_what_is_newer_and_keeps_its_rows() {
        let mut orders = Orders::default();
        (0..5).for_each(|id| orders.upsert(order(id, id as i64), true, at(0)));
        orders.step(Step::Older(1));
        orders.step(Step::Older(2));
        (5..8).for_each(|id| orders.upsert(order(id, id as i64), true, at(0)));
        assert_eq!((orders.held_back(), orders.shown_len(), orders.cursor_index()), (3, 5, Some(2)));
        orders.hold.release(false);
        assert_eq!((orders.held_back(), orders.shown_len(), orders.cursor_index()), (0, 8, None));
    }
}
