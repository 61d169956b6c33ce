//! What EventFlow's services and dashboard agree on: events, order and stock records, statuses.
//!
//! Pure data and rules: no I/O, no AWS types. The rule of the contract: within one major version fields are only added,
//! and optional; a reader ignores fields it does not know, accepts any 1.x, and refuses another major version.

mod record;
mod status;

pub use record::{Order, Stock};
pub use status::{InventoryStatus, OrderStatus, PaymentStatus};
