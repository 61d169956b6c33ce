//! Reading everything that the log groups hold since a moment, each line once: for counting, where the live tail, which
//! may leave lines out, will not do.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use anyhow::{Result, anyhow};
use jiff::Timestamp;

use super::{Connection, Resources, cause};
use crate::observe::{GroupNames, Observation, observe};

/// How far back each reading looks again for lines that arrived late.
const OVERLAP_MS: i64 = 5_000;
/// FilterLogEvents is limited to 5 calls a second for the account; this leaves room for others.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
pub(super) const PACE: Duration = Duration::from_millis(250);

/// A reader of all log groups of a stack.
#[derive(Debug)]
pub struct LogReader {
    names: GroupNames,
    /// The newest line of each group, in milliseconds after the epoch.
    marks: BTreeMap<String, i64>,
    /// Ids of each group's lines within the overlap, with their time.
    told: HashMap<String, HashMap<String, i64>>,
    since: i64,
}

impl LogReader {
    /// That reads what was written from `since` on.
    pub fn new(resources: &Resources, since: Timestamp) -> Self {
        let mut reader = Self {
            names: GroupNames::default(),
            marks: BTreeMap::new(),
            told: HashMap::new(),
            since: since.as_millisecond(),
        };
        reader.follow(resources);
        reader
    }

    /// Follows the groups of a stack that changed; those already followed go on.
    pub fn follow(&mut self, resources: &Resources) {
        self.names.events.clone_from(&resources.event_log_group);
        self.marks.entry(resources.event_log_group.clone()).or_insert(self.since);
        for function in &resources.functions {
            self.names.functions.insert(function.log_group.clone(), function.name.clone());
            self.marks.entry(function.log_group.clone()).or_insert(self.since);
        }
    }

    /// What was written since the last reading.
    ///
    /// # Errors
    /// When a group cannot be read. What was read of others is lost then, and counts too low: begin again.
    pub async fn read(&mut self, connection: &Connection) -> Result<Vec<Observation>> {
        let mut observations = Vec::new();
        let groups: Vec<String> = self.marks.keys().cloned().collect();
        for group in groups {
            self.read_group(connection, &group, &mut observations).await?;
        }
        Ok(observations)
    }

    async fn read_group(&mut self, connection: &Connection, group: &str, into: &mut Vec<Observation>) -> Result<()> {
        let mark = self.marks.get(group).copied().unwrap_or(self.since);
        let from = (mark - OVERLAP_MS).max(self.since);
        let call = connection.logs.filter_log_events().log_group_name(group).start_time(from);
        let mut pages = call.into_paginator().send();
        let told = self.told.entry(group.to_owned()).or_default();
        let mut newest = mark;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| anyhow!("cannot read the log group {group}: {}", cause(&error)))?;
            for line in page.events.unwrap_or_default() {
                let at = line.timestamp.unwrap_or_default();
                let id = line.event_id.unwrap_or_default();
                if told.insert(id, at).is_none() {
                    newest = newest.max(at);
                    into.extend(observe(group, line.message.as_deref().unwrap_or_default(), at, &self.names));
                }
            }
            if !connection.custom_endpoint {
                tokio::time::sleep(PACE).await;
            }
        }
        told.retain(|_, at| *at >= newest - 2 * OVERLAP_MS);
        self.marks.insert(group.to_owned(), newest);
        Ok(())
    }
}
