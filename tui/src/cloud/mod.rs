//! The shell around the dashboard: SDK clients, discovery of the stack, the live tail, and carrying out effects.

mod connection;
mod discovery;
mod feed;
mod live_prefix;
mod resources;

pub use connection::{ConnectError, Connection, Endpoint};
pub use discovery::{DiscoveryError, discover};
pub use feed::follow;
pub use resources::{FunctionResources, Resources};

/// The innermost reason of an SDK error, which hides it behind "dispatch failure".
fn cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
