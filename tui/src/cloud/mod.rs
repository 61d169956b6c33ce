//! The shell around the dashboard: SDK clients, discovery of the stack, the live tail, and carrying out effects.

mod connection;
pub(crate) mod dead_letters;
mod discovery;
mod effects;
pub(crate) mod faults;
mod feed;
mod live_prefix;
mod log_reader;
mod orders_api;
mod processes;
pub(crate) mod publish;
mod resources;
pub(crate) mod stack_update;
pub(crate) mod state;
mod store;
pub(crate) mod timeline;

pub use connection::{ConnectError, Connection, Endpoint};
pub use discovery::{DiscoveryError, discover};
pub use effects::carry_out;
pub use feed::follow;
pub use log_reader::LogReader;
pub use orders_api::{OrdersApi, PlaceError};
pub use processes::Processes;
pub use resources::{FunctionResources, Resources};
pub use store::Store;

/// A stack and the clients to reach it.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The SDK clients.
    pub connection: Connection,
    /// The physical names.
    pub resources: Resources,
    /// The functions' processes, where they run on this machine.
    pub processes: Option<Processes>,
}

/// The innermost reason of an SDK error, which hides it behind "dispatch failure".
pub(crate) fn cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
