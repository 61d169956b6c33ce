//! Where lines are held, and whence Live Tail hears of new ones.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::Timestamp;
use tokio::sync::broadcast;

use crate::aws::{Arn, ServiceError};

/// How many lines of a group are kept; the oldest go first. AWS keeps all for the retention time; memory does not.
pub(super) const MAX_EVENTS_PER_GROUP: usize = 50_000;

/// How many lines a Live Tail session may be behind before it loses the oldest.
const LIVE_TAIL_BACKLOG: usize = 8_192;

/// A line to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// When it was written, in milliseconds since 1970.
    pub timestamp: i64,
    /// The text.
    pub message: String,
}

impl LogEvent {
    /// A line of this moment.
    pub fn now(message: String) -> Self {
        Self { timestamp: Timestamp::now().as_millisecond(), message }
    }
}

/// A line as it is held.
#[derive(Debug)]
pub(super) struct Line {
    /// Rises with every line of the store.
    pub(super) id: u64,
    pub(super) group: Arc<str>,
    pub(super) stream: Arc<str>,
    pub(super) timestamp: i64,
    pub(super) ingested: i64,
    pub(super) message: String,
}

/// A log group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: Arc<str>,
    pub(super) created: i64,
    pub(super) retention_days: Option<u32>,
    pub(super) streams: BTreeMap<Arc<str>, Stream>,
    /// In the order of arrival.
    pub(super) lines: VecDeque<Arc<Line>>,
}

/// A log stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    pub(super) created: i64,
    pub(super) first_event: Option<i64>,
    pub(super) last_event: Option<i64>,
}

#[derive(Debug, Default)]
struct State {
    groups: BTreeMap<String, Group>,
    last_id: u64,
}

/// All groups.
#[derive(Debug)]
pub(super) struct Store {
    region: String,
    account: String,
    state: RwLock<State>,
    arrivals: broadcast::Sender<Arc<Line>>,
}

pub(super) fn no_such_group() -> ServiceError {
    ServiceError::new(400, "ResourceNotFoundException", "The specified log group does not exist.")
}

pub(super) fn no_such_stream() -> ServiceError {
    ServiceError::new(400, "ResourceNotFoundException", "The specified log stream does not exist.")
}

impl Store {
    pub(super) fn new(region: &str, account: &str) -> Self {
        let (arrivals, _) = broadcast::channel(LIVE_TAIL_BACKLOG);
        Self { region: region.into(), account: account.into(), state: RwLock::default(), arrivals }
    }

    /// The ARN of a group, without the trailing `:*`.
    pub(super) fn arn(&self, group: &str) -> Arn {
        Arn {
            partition: "aws".into(),
            service: "logs".into(),
            region: self.region.clone(),
            account: self.account.clone(),
            resource: format!("log-group:{group}"),
        }
    }

    /// Creates a group; false when there is one of that name.
    pub(super) fn create_group(&self, name: &str, retention_days: Option<u32>) -> bool {
        let mut state = self.write();
        if state.groups.contains_key(name) {
            return false;
        }
        state.groups.insert(name.to_owned(), Group::new(name, retention_days));
        true
    }

    pub(super) fn delete_group(&self, name: &str) -> bool {
        self.write().groups.remove(name).is_some()
    }

    pub(super) fn has_group(&self, name: &str) -> bool {
        self.read().groups.contains_key(name)
    }

    /// Looks at a group.
    pub(super) fn with_group<T>(&self, name: &str, look: impl FnOnce(&Group) -> T) -> Result<T, ServiceError> {
        self.read().groups.get(name).map(look).ok_or_else(no_such_group)
    }

    /// Changes a group.
    pub(super) fn change_group<T>(&self, name: &str, change: impl FnOnce(&mut Group) -> T) -> Result<T, ServiceError> {
        self.write().groups.get_mut(name).map(change).ok_or_else(no_such_group)
    }

    /// Looks at every group whose name begins so, in the order of names.
    pub(super) fn groups<T>(&self, prefix: &str, look: impl Fn(&Group) -> T) -> Vec<T> {
        self.read().groups.values().filter(|group| group.name.starts_with(prefix)).map(look).collect()
    }

    /// Writes lines; group and stream are created when they are not there.
    pub(super) fn put(&self, group: &str, stream: &str, events: Vec<LogEvent>) {
        let mut state = self.write();
        let state = &mut *state;
        let group = state.groups.entry(group.to_owned()).or_insert_with(|| Group::new(group, None));
        let stream = group.stream(stream);
        let ingested = Timestamp::now().as_millisecond();
        for event in events {
            state.last_id += 1;
            let line = Arc::new(Line {
                id: state.last_id,
                group: Arc::clone(&group.name),
                stream: Arc::clone(&stream),
                timestamp: event.timestamp,
                ingested,
                message: event.message,
            });
            group.push(Arc::clone(&line));
            // Nobody listening is no error.
            let _ = self.arrivals.send(line);
        }
    }

    /// Lines from now on, of all groups.
    pub(super) fn arrivals(&self) -> broadcast::Receiver<Arc<Line>> {
        self.arrivals.subscribe()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    fn new(name: &str, retention_days: Option<u32>) -> Self {
        Self {
            name: name.into(),
            created: Timestamp::now().as_millisecond(),
            retention_days,
            streams: BTreeMap::new(),
            lines: VecDeque::new(),
        }
    }

    /// The stream of that name, created when it is not there.
    pub(super) fn stream(&mut self, name: &str) -> Arc<str> {
        if let Some((name, _)) = self.streams.get_key_value(name) {
            return Arc::clone(name);
        }
        let name: Arc<str> = name.into();
        let created = Timestamp::now().as_millisecond();
        self.streams.insert(Arc::clone(&name), Stream { created, first_event: None, last_event: None });
        name
    }

    fn push(&mut self, line: Arc<Line>) {
        if let Some(stream) = self.streams.get_mut(&line.stream) {
            stream.first_event = Some(stream.first_event.map_or(line.timestamp, |first| first.min(line.timestamp)));
            stream.last_event = Some(stream.last_event.map_or(line.timestamp, |last| last.max(line.timestamp)));
        }
        if self.lines.len() == MAX_EVENTS_PER_GROUP {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_first() {
        let store = Store::new("us-east-1", "000000000000");
        for part in 0..=MAX_EVENTS_PER_GROUP as i64 / 10_000 {
            let events =
                (0..10_000).map(|n| LogEvent { timestamp: part * 10_000 + n, message: String::new() }).collect();
            store.put("g", "s", events);
        }
        let (count, oldest) =
            store.with_group("g", |group| (group.lines.len(), group.lines[0].timestamp)).expect("a group");
        assert_eq!((count, oldest), (MAX_EVENTS_PER_GROUP, 10_000));
    }
}
