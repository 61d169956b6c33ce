//! CloudWatch Logs: groups, streams, searching, and Live Tail.
//!
//! Lines are held in memory, the newest fifty thousand of each group.

mod api;
pub mod filter_pattern;
mod live_tail;
mod policy;
mod query;
mod store;

use std::sync::Arc;

pub use self::store::LogEvent;
use self::{policy::WriteAccess, store::Store};
use crate::{
    aws::{Arn, Call, Clock, Reply, ServiceError},
    stack::{LogGroup, LogResourcePolicy},
};

/// The embedded CloudWatch Logs. Clones share one store.
#[derive(Debug, Clone)]
pub struct Logs {
    store: Arc<Store>,
    access: Arc<WriteAccess>,
    clock: Clock,
}

impl Logs {
    /// The service with these groups. `policies` says which AWS services may write to which group.
    pub fn new(groups: &[LogGroup], policies: &[LogResourcePolicy], region: &str, account: &str, clock: Clock) -> Self {
        let store = Store::new(region, account);
        for group in groups {
            store.create_group(&group.name, group.retention_days);
        }
        Self { store: Arc::new(store), access: Arc::new(WriteAccess::new(policies)), clock }
    }

    /// Writes lines to a stream, which is created when it is not there; so is the group, as Lambda creates it.
    pub fn put(&self, group: &str, stream: &str, events: Vec<LogEvent>) {
        self.store.put(group, stream, events);
    }

    /// Writes an event that EventBridge delivers to a log group. By resource policy only, as on AWS.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is no such group, `AccessDeniedException` when no resource policy lets EventBridge in.
    pub fn put_from_event_bus(&self, group: &Arn, message: String) -> Result<(), ServiceError> {
        let name = group.resource.strip_prefix("log-group:").unwrap_or(&group.resource);
        let name = name.strip_suffix(":*").unwrap_or(name);
        if !self.store.has_group(name) {
            return Err(store::no_such_group());
        }
        if !self.access.allows_events(group) {
            let reason = format!("No resource policy lets events.amazonaws.com write to {name}.");
            return Err(ServiceError::new(400, "AccessDeniedException", reason));
        }
        let stream = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).simple().to_string();
        self.store.put(name, &stream, vec![LogEvent::now(message)]);
        Ok(())
    }

    /// Answers one call.
    ///
    /// # Errors
    /// As the operation's API reference lists them.
    pub async fn handle(&self, call: Call) -> Result<Reply, ServiceError> {
        match call.operation.as_str() {
            "StartLiveTail" => live_tail::start(&self.store, self.clock, &call),
            "FilterLogEvents" => query::filter_log_events(&self.store, &call),
            "GetLogEvents" => query::get_log_events(&self.store, &call),
            _ => api::handle(&self.store, &call),
        }
    }
}
