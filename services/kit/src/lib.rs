//! What every EventFlow function shares: start-up, JSON logs, event publishing, fault injection, and the rows of the tables.
//!
//! A function implements [`Function`] and its binary calls [`start`]. Everything a function reaches outside its process
//! is handed to it, so a test runs the same handler against tables and a bus of its own.

mod aws;
mod backoff;
pub mod environment;
mod error;
mod fault;
mod fault_table;
mod function;
mod input;
mod item;
mod log;
mod orders;
mod publish;
mod row;

pub use aws::{Clients, sdk_config};
pub use backoff::Backoff;
pub use error::{Error, StoreError};
pub use fault::{Fault, FaultMode, Faults};
pub use fault_table::FaultTable;
pub use function::{Consumed, Function, Invocation, start};
pub use input::{event_of, note_event_in};
pub use item::{Item, RowError};
pub use log::note_order;
pub use orders::{FacetChange, Insertion, Moved, OrderTable, RecentIndex};
pub use publish::{PublishError, Publisher, RefusedEntry};
pub use row::{OrderRow, order_from_item, stock_from_item, stock_to_item};
