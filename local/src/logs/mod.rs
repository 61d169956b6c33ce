//! CloudWatch Logs: groups, streams, searching, and Live Tail.
//!
//! Lines are held in memory, the newest fifty thousand of each group.

mod api;
pub mod filter_pattern;
mod live_tail;
mod policy;
mod query;
mod store;

use std::sync::{Arc, PoisonError, RwLock};

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
    access: Arc<RwLock<WriteAccess>>,
    clock: Clock,
}

impl Logs {
    /// The service with these groups. `policies` says which AWS services may write to which group.
    pub fn new(groups: &[LogGroup], policies: &[LogResourcePolicy], region: &str, account: &str, clock: Clock) -> Self {
        let logs = Self { store: Arc::new(Store::new(region, account)), access: Arc::default(), clock };
        groups.iter().for_each(|group| logs.add_group(group));
        policies.iter().for_each(|policy| logs.add_policy(policy));
        logs
    }

    /// Adds a group; one that is there stays as it is.
    pub fn add_group(&self, group: &LogGroup) {
        self.store.create_group(&group.name, group.retention_days);
    }

    /// Removes a group, with the lines in it.
    pub fn remove_group(&self, name: &str) {
        self.store.delete_group(name);
    }

    /// Whether there is a group of that name.
    pub fn has_group(&self, name: &str) -> bool {
        self.store.has_group(name)
    }

    /// Puts a resource policy in force.
    pub fn add_policy(&self, policy: &LogResourcePolicy) {
        self.access.write().unwrap_or_else(PoisonError::into_inner).add(policy);
    }

    /// Takes a resource policy out of force.
    pub fn remove_policy(&self, name: &str) {
        self.access.write().unwrap_or_else(PoisonError::into_inner).remove(name);
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
        if !self.access.read().unwrap_or_else(PoisonError::into_inner).allows_events(group) {
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
