//! The functional core of the dashboard: what is shown, what happens, and what follows from it. No I/O.

mod message;

pub use message::*;
