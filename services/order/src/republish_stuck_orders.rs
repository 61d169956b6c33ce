//! republishStuckOrders, every minute.
//!
//! createOrder writes an order and then publishes it. When it dies in between, nobody hears of the order. This function
//! finds orders that no service has decided on for a while and publishes OrderCreated again. When it was only slow,
//! that is an event twice, which every consumer takes.

use std::{cell::RefCell, time::Duration};

use eventflow_contract::{Event, Order};
use eventflow_kit::{
    Clients, Error, Function, Invocation, Publisher, RecentIndex,
    environment::{self, EnvironmentError, STUCK_AFTER_SECONDS},
    start,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{order_created, sweep::Sweep};

/// How many rows of a partition one page looks at, and how many pages one run: what is left is read in the next run.
const ROWS_PER_PAGE: i32 = 1000;
/// See [`ROWS_PER_PAGE`].
const PAGES_PER_RUN: u32 = 10;
/// The most orders that one run publishes again, so that it ends well before its time-out.
const MOST_PER_RUN: usize = 200;

/// The function.
#[derive(Debug)]
pub struct RepublishStuckOrders {
    recent: RecentIndex,
    publisher: Publisher,
    stuck_after: Duration,
    sweep: RefCell<Sweep>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// How many orders were found undecided.
    pub stuck: usize,
    /// How many of them were published again.
    pub republished: usize,
}

/// Runs the function until Lambda ends the process.
///
/// # Errors
/// When its environment lacks something.
pub fn main() -> Result<(), lambda_runtime::Error> {
    start::<RepublishStuckOrders>()
}

impl RepublishStuckOrders {
    /// The function on the given index and bus.
    pub fn new(recent: RecentIndex, publisher: Publisher, stuck_after: Duration) -> Self {
        Self { recent, publisher, stuck_after, sweep: RefCell::default() }
    }

    /// The orders of one partition that are undecided since before `until`.
    async fn undecided(&self, shard: u32, until: Timestamp, now: Timestamp) -> Result<Vec<Order>, Error> {
        let mut from = self.sweep.borrow().begin(shard, now);
        let mut found: Vec<Order> = Vec::new();
        let mut reached = until;
        for page in 1..=PAGES_PER_RUN {
            if from > until {
                break;
            }
            let (orders, more) = self.recent.undecided(shard, from, until, ROWS_PER_PAGE).await?;
            // The next page begins at the time where this one ended, so rows of that time come twice.
            found.extend(
                orders
                    .into_iter()
                    .filter(|order| found.iter().all(|known| known.order_id != order.order_id))
                    .collect::<Vec<_>>(),
            );
            match more {
                None => break,
                Some(time) if page == PAGES_PER_RUN => reached = time,
                Some(time) => from = time,
            }
        }
        self.sweep.borrow_mut().swept(shard, reached, found.iter().map(|order| order.created_at).min());
        Ok(found)
    }
}

impl Function for RepublishStuckOrders {
    /// The scheduled event; nothing in it matters.
    type Input = Value;
    type Output = Swept;

    fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        let seconds = environment::parsed(STUCK_AFTER_SECONDS, 60, "a whole number of seconds from 1 to 86400", |s| {
            (1..=86_400).contains(s)
        })?;
        let (recent, publisher) = (RecentIndex::from_environment(clients)?, Publisher::from_environment(clients));
        Ok(Self::new(recent, publisher, Duration::from_secs(seconds)))
    }

    async fn handle(&self, _: Value, _: &Invocation) -> Result<Swept, Error> {
        let now = Timestamp::now();
        let mut undecided = Vec::new();
        for shard in 0..self.recent.shards() {
            undecided.extend(self.undecided(shard, now - self.stuck_after, now).await?);
        }
        undecided.sort_by_key(|order| order.created_at);
        let stuck = undecided.len();
        let mut due = self.sweep.borrow_mut().due(undecided, self.stuck_after, now);
        due.truncate(MOST_PER_RUN);
        let events: Vec<Event> = due.iter().map(order_created).collect();
        self.publisher.publish_all(&events).await?;
        for order in &due {
            self.sweep.borrow_mut().told(&order.order_id, now);
        }
        if stuck > 0 {
            tracing::warn!(outcome = "republished", stuck, republished = due.len(), "orders were stuck");
        }
        Ok(Swept { stuck, republished: due.len() })
    }
}
