//! What injected faults changed on the cloud, written down before it is changed, so that it can be put back by whoever is
//! left to do it: the dashboard, or the function restoreAfterFaults when the dashboard is gone.
//!
//! Faults that functions act out themselves need none of this: they end with the expiry of their row. This is for those
//! that last by themselves: reserved concurrency, disabled rules, drained stock.

mod change;
mod journal;
pub mod restore_after_faults;

pub use change::{Change, Restoration};
pub use journal::{Journal, JournalError};
