//! What EventFlow's services and dashboard agree on: events, order and stock records, statuses.
//!
//! Pure data and rules: no I/O, no AWS types. The rule of the contract: within one major version fields are only added,
//! and optional; a reader ignores fields it does not know, accepts any 1.x, and refuses another major version.

mod envelope;
mod event;
mod gateway;
mod hash;
mod new_order;
mod record;
mod schema;
mod status;
mod transition;
mod version;

pub use envelope::Envelope;
pub use event::{
    ContractError, Detail, Event, InventoryFailed, InventoryReleased, InventoryReserved, OrderCreated, PaymentFailed,
    PaymentRefunded, PaymentSucceeded,
};
pub use gateway::{DEFAULT_APPROVAL_RATE, approves};
pub use new_order::{MAX_ID_CHARS, MAX_QUANTITY, NewOrder, Violation};
pub use record::{Order, OrderView, Stock, recent_shard, stored_time};
pub use schema::{NamedSchema, schemas};
pub use status::{InventoryStatus, OrderStatus, PaymentStatus};
pub use transition::{
    Transition, inventory_on_order_created, inventory_on_payment_failed, payment_on_inventory_failed,
    payment_on_order_created,
};
pub use version::{Version, VersionError};
