//! processPayment, on OrderCreated and InventoryFailed.

use std::time::Duration;

use eventflow_contract::{
    DEFAULT_APPROVAL_RATE, Event, PaymentFailed, PaymentRefunded, PaymentStatus, PaymentSucceeded, Transition, Version,
    approves, payment_on_inventory_failed, payment_on_order_created,
};
use eventflow_kit::{
    Backoff, Clients, Consumed, Error, FacetChange, FaultMode, Function, Invocation, Moved, OrderRow, OrderTable,
    Publisher,
    environment::{self, EnvironmentError, PAYMENT_APPROVAL_RATE},
    event_of, note_event_in, start,
};
use jiff::Timestamp;
use serde_json::Value;

/// Why the gateway declines.
const DECLINED: &str = "the card was declined";
/// Why the payment is declined when a fault says so.
const DECLINED_BY_FAULT: &str = "the card was declined (injected fault)";

/// The function.
#[derive(Debug, Clone)]
pub struct ProcessPayment {
    orders: OrderTable,
    publisher: Publisher,
    approval_rate: f64,
}

/// Runs the function until Lambda ends the process.
///
/// # Errors
/// When its environment lacks something.
pub fn main() -> Result<(), lambda_runtime::Error> {
    start::<ProcessPayment>()
}

impl ProcessPayment {
    /// The function on the given table and bus, with a gateway that approves at `approval_rate` (0 to 1).
    pub fn new(orders: OrderTable, publisher: Publisher, approval_rate: f64) -> Self {
        Self { orders, publisher, approval_rate }
    }

    /// Moves the facet as `decide` says of what is stored, and publishes what is stored then.
    async fn settle(
        &self,
        order_id: &str,
        reason: &str,
        invocation: &Invocation,
        decide: impl Fn(PaymentStatus) -> Transition<PaymentStatus>,
    ) -> Result<Consumed, Error> {
        // Each failed attempt means that inventory moved its facet, which it does at most twice; the rest is margin.
        let mut backoff = Backoff::new(8, Duration::from_millis(5), Duration::from_millis(100));
        let mut row = self.orders.get(order_id).await?;
        loop {
            let stored = row.order.payment_status;
            let next = decide(stored);
            let moves = next.to != stored;
            if moves {
                let reason = (next.to == PaymentStatus::Failed).then(|| reason.to_owned());
                match self.orders.move_facet(&row, &FacetChange::Payment { to: next.to, reason }).await? {
                    Moved::Done(after) => row = *after,
                    Moved::Overtaken(now) if backoff.wait().await => {
                        row = *now;
                        continue;
                    }
                    Moved::Overtaken(_) => {
                        let action = format!("moving the payment facet of {order_id}");
                        return Err(Error::Contended { action, attempts: backoff.attempts_made() });
                    }
                }
            }
            let consumed = told(outcome(next, moves));
            if let Some(event) = next.announce.then(|| announcement(&row)).flatten() {
                invocation.crash_before_publish();
                self.publisher.publish(&event).await?;
            }
            return Ok(consumed);
        }
    }
}

impl Function for ProcessPayment {
    type Input = Value;
    type Output = Consumed;

    fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        let approval_rate =
            environment::parsed(PAYMENT_APPROVAL_RATE, DEFAULT_APPROVAL_RATE, "a number from 0 to 1", |rate| {
                (0.0..=1.0).contains(rate)
            })?;
        Ok(Self::new(OrderTable::from_environment(clients)?, Publisher::from_environment(clients), approval_rate))
    }

    fn note(input: &Value) {
        note_event_in(input);
    }

    async fn handle(&self, input: Value, invocation: &Invocation) -> Result<Consumed, Error> {
        match event_of(input)? {
            Event::OrderCreated(order) => {
                let by_fault = invocation.faults.has(FaultMode::Decline);
                let approved = !by_fault && approves(&order.order_id, self.approval_rate);
                let reason = if by_fault { DECLINED_BY_FAULT } else { DECLINED };
                let decide = |stored| payment_on_order_created(stored, approved);
                self.settle(&order.order_id, reason, invocation, decide).await
            }
            Event::InventoryFailed(failed) => {
                self.settle(&failed.order_id, "", invocation, payment_on_inventory_failed).await
            }
            // The rule brings no other; one that someone sends by hand is none of payment's business.
            _ => Ok(told("ignored")),
        }
    }
}

/// Logs the outcome as soon as it is stored: what is told of it comes after, and may fail.
fn told(outcome: &'static str) -> Consumed {
    tracing::info!(outcome, "payment {outcome}");
    Consumed { outcome }
}

fn outcome(next: Transition<PaymentStatus>, moved: bool) -> &'static str {
    match (moved, next.to) {
        (true, PaymentStatus::Paid) => "paid",
        (true, PaymentStatus::Failed) => "declined",
        (true, PaymentStatus::Refunded) => "refunded",
        (true, PaymentStatus::Cancelled) => "cancelled",
        (true, PaymentStatus::Pending) | (false, _) if next.announce => "duplicate",
        _ => "ignored",
    }
}

/// The event that tells of the stored payment facet. PENDING and CANCELLED have none: nothing was charged.
fn announcement(row: &OrderRow) -> Option<Event> {
    let order = row.order.clone();
    let (order_id, user_id, product_id, quantity) = (order.order_id, order.user_id, order.product_id, order.quantity);
    let (timestamp, version) = (Timestamp::now(), Version::CURRENT);
    match order.payment_status {
        PaymentStatus::Paid => {
            Some(PaymentSucceeded { order_id, user_id, product_id, quantity, timestamp, version }.into())
        }
        PaymentStatus::Failed => {
            let reason = row.payment_reason.clone().unwrap_or_else(|| DECLINED.to_owned());
            Some(PaymentFailed { order_id, user_id, product_id, quantity, reason, timestamp, version }.into())
        }
        PaymentStatus::Refunded => {
            Some(PaymentRefunded { order_id, user_id, product_id, quantity, timestamp, version }.into())
        }
        PaymentStatus::Pending | PaymentStatus::Cancelled => None,
    }
}
