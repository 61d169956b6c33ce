//! reserveInventory, on OrderCreated and PaymentFailed.

use std::time::Duration;

use eventflow_contract::{
    Event, InventoryFailed, InventoryReleased, InventoryReserved, InventoryStatus, Order, Stock, Transition, Version,
    inventory_on_order_created, inventory_on_payment_failed,
};
use eventflow_kit::{
    Backoff, Clients, Consumed, Error, FacetChange, FaultMode, Function, Invocation, Moved, OrderRow, OrderTable,
    Publisher, StoreError, environment::EnvironmentError, event_of, note_event_in, start,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::stock::{StockTable, Transacted};

/// Why a reservation fails when a fault says so.
const OUT_OF_STOCK_BY_FAULT: &str = "out of stock (injected fault)";

/// The function.
#[derive(Debug, Clone)]
pub struct ReserveInventory {
    orders: OrderTable,
    stock: StockTable,
    publisher: Publisher,
}

/// Runs the function until Lambda ends the process.
///
/// # Errors
/// When its environment lacks something.
pub fn main() -> Result<(), lambda_runtime::Error> {
    start::<ReserveInventory>()
}

/// What one attempt to move the facet came to.
enum Attempt {
    /// The facet is where it should be: the row as stored.
    Settled(OrderRow),
    /// The order is another than was read. Try again with this row, or read it.
    Again(Option<Box<OrderRow>>),
}

/// What the event asks for.
#[derive(Clone, Copy)]
enum Wish {
    Reserve,
    Compensate,
}

impl ReserveInventory {
    /// The function on the given tables and bus.
    pub fn new(orders: OrderTable, stock: StockTable, publisher: Publisher) -> Self {
        Self { orders, stock, publisher }
    }

    async fn settle(&self, order_id: &str, wish: Wish, invocation: &Invocation) -> Result<Consumed, Error> {
        // A popular product is one row that many want at once, so there are more attempts here than elsewhere. At worst
        // they take about 4 s; after that Lambda's own retry is the better wait.
        let mut backoff = Backoff::new(16, Duration::from_millis(10), Duration::from_millis(500));
        let mut row = self.orders.get(order_id).await?;
        loop {
            let stored = row.order.inventory_status;
            let next = match wish {
                Wish::Reserve => inventory_on_order_created(stored, !invocation.faults.has(FaultMode::OutOfStock)),
                Wish::Compensate => inventory_on_payment_failed(stored),
            };
            let moves = next.to != stored;
            match if moves { self.attempt(&row, next.to).await? } else { Attempt::Settled(row) } {
                Attempt::Settled(after) => {
                    let settled = Transition { to: after.order.inventory_status, ..next };
                    let consumed = told(outcome(settled, moves));
                    if next.announce {
                        self.announce(&after, invocation).await?;
                    }
                    return Ok(consumed);
                }
                Attempt::Again(now) if backoff.wait().await => {
                    row = match now {
                        Some(now) => *now,
                        None => self.orders.get(order_id).await?,
                    };
                }
                Attempt::Again(_) => {
                    let action = format!("moving the inventory facet of {order_id}");
                    return Err(Error::Contended { action, attempts: backoff.attempts_made() });
                }
            }
        }
    }

    /// Tries to move the facet, and the stock with it. Asked to reserve, it may end in FAILED instead.
    async fn attempt(&self, row: &OrderRow, to: InventoryStatus) -> Result<Attempt, Error> {
        let order = &row.order;
        let change = FacetChange::Inventory { to, failure: None };
        match to {
            InventoryStatus::Reserved => {
                let (facet, after) = self.orders.facet_update(row, &change)?;
                match self.stock.take(order, facet).await? {
                    Transacted::Done => Ok(Attempt::Settled(after)),
                    Transacted::Short(stock) => self.fail(row, shortage(order, stock.as_ref())).await,
                    Transacted::Overtaken(now) => Ok(Attempt::Again(now)),
                    Transacted::Busy => Ok(Attempt::Again(None)),
                }
            }
            InventoryStatus::Released => {
                let (facet, after) = self.orders.facet_update(row, &change)?;
                match self.stock.give_back(order, facet).await? {
                    Transacted::Done => Ok(Attempt::Settled(after)),
                    Transacted::Short(stock) => Err(lost_reservation(order, stock.as_ref()).into()),
                    Transacted::Overtaken(now) => Ok(Attempt::Again(now)),
                    Transacted::Busy => Ok(Attempt::Again(None)),
                }
            }
            InventoryStatus::Failed => {
                let available = self.stock.available(&order.product_id).await?;
                self.fail(row, (OUT_OF_STOCK_BY_FAULT.to_owned(), available)).await
            }
            InventoryStatus::Cancelled | InventoryStatus::Pending => self.write(row, &change).await,
        }
    }

    async fn fail(&self, row: &OrderRow, failure: (String, u32)) -> Result<Attempt, Error> {
        let change = FacetChange::Inventory { to: InventoryStatus::Failed, failure: Some(failure) };
        self.write(row, &change).await
    }

    /// Moves the facet alone.
    async fn write(&self, row: &OrderRow, change: &FacetChange) -> Result<Attempt, Error> {
        Ok(match self.orders.move_facet(row, change).await? {
            Moved::Done(after) => Attempt::Settled(*after),
            Moved::Overtaken(now) => Attempt::Again(Some(now)),
        })
    }

    async fn announce(&self, row: &OrderRow, invocation: &Invocation) -> Result<(), Error> {
        let available = match row.order.inventory_status {
            // Told as it was when the reservation failed, also when it is told again later.
            InventoryStatus::Failed => row.inventory_available_qty.unwrap_or_default(),
            _ => self.stock.available(&row.order.product_id).await?,
        };
        invocation.crash_before_publish();
        if let Some(event) = announcement(row, available) {
            self.publisher.publish(&event).await?;
        }
        Ok(())
    }
}

impl Function for ReserveInventory {
    type Input = Value;
    type Output = Consumed;

    fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        let (orders, stock) = (OrderTable::from_environment(clients)?, StockTable::from_environment(clients)?);
        Ok(Self::new(orders, stock, Publisher::from_environment(clients)))
    }

    fn note(input: &Value) {
        note_event_in(input);
    }

    async fn handle(&self, input: Value, invocation: &Invocation) -> Result<Consumed, Error> {
        match event_of(input)? {
            Event::OrderCreated(order) => self.settle(&order.order_id, Wish::Reserve, invocation).await,
            Event::PaymentFailed(failed) => self.settle(&failed.order_id, Wish::Compensate, invocation).await,
            // The rule brings no other; one that someone sends by hand is none of inventory's business.
            _ => Ok(told("ignored")),
        }
    }
}

/// Logs the outcome as soon as it is stored: what is told of it comes after, and may fail.
fn told(outcome: &'static str) -> Consumed {
    tracing::info!(outcome, "inventory {outcome}");
    Consumed { outcome }
}

fn outcome(next: Transition<InventoryStatus>, moved: bool) -> &'static str {
    match (moved, next.to) {
        (true, InventoryStatus::Reserved) => "reserved",
        (true, InventoryStatus::Failed) => "outOfStock",
        (true, InventoryStatus::Released) => "released",
        (true, InventoryStatus::Cancelled) => "cancelled",
        (true, InventoryStatus::Pending) | (false, _) if next.announce => "duplicate",
        _ => "ignored",
    }
}

/// Why there is not enough, and how many there are.
fn shortage(order: &Order, stock: Option<&Stock>) -> (String, u32) {
    match stock {
        Some(stock) => (format!("{} ordered, {} available", order.quantity, stock.available_qty), stock.available_qty),
        None => ("no such product".to_owned(), 0),
    }
}

/// The stock row does not hold what the order says it has reserved: someone removed or rewrote it.
fn lost_reservation(order: &Order, stock: Option<&Stock>) -> StoreError {
    let held = stock.map_or_else(|| "no row".to_owned(), |stock| format!("{} reserved", stock.reserved_qty));
    StoreError {
        action: format!("giving back {} of {} for {} to", order.quantity, order.product_id, order.order_id),
        table: "inventory".to_owned(),
        problem: format!("the stock has {held}, less than the order reserved"),
    }
}

/// The event that tells of the stored inventory facet. PENDING and CANCELLED have none: nothing was reserved.
fn announcement(row: &OrderRow, available_qty: u32) -> Option<Event> {
    let order = row.order.clone();
    let (order_id, user_id, product_id, quantity) = (order.order_id, order.user_id, order.product_id, order.quantity);
    let (timestamp, version) = (Timestamp::now(), Version::CURRENT);
    match order.inventory_status {
        InventoryStatus::Reserved => Some(
            InventoryReserved { order_id, user_id, product_id, quantity, available_qty, timestamp, version }.into(),
        ),
        InventoryStatus::Failed => {
            let reason = row.inventory_reason.clone().unwrap_or_else(|| "out of stock".to_owned());
            Some(
                InventoryFailed { order_id, user_id, product_id, quantity, available_qty, reason, timestamp, version }
                    .into(),
            )
        }
        InventoryStatus::Released => Some(
            InventoryReleased { order_id, user_id, product_id, quantity, available_qty, timestamp, version }.into(),
        ),
        InventoryStatus::Pending | InventoryStatus::Cancelled => None,
    }
}
