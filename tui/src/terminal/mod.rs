//! The terminal: taken over once, and given back from one place however the program ends.

mod panics;
mod session;
mod signals;

pub use session::{NoModes, Session, TerminalModes, appearance_from};
pub use signals::watch_signals;
