//! The shell around the dashboard: SDK clients, discovery of the stack, the live tail, and carrying out effects.

mod connection;
mod resources;

pub use connection::{ConnectError, Connection, Endpoint};
pub use resources::{FunctionResources, Resources};
