//! What CloudFormation keeps of its stack: how it stands, what it consists of, and what became of it when.

use std::{collections::VecDeque, sync::Arc};

use jiff::Timestamp;

use super::Blueprint;
use crate::stack::{Difference, Resource, Stack};

/// How many events are kept; the oldest go first.
const MAX_EVENTS: usize = 1_000;
/// The type that the events of the stack itself have.
const STACK: &str = "AWS::CloudFormation::Stack";

/// A stack and its history.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) blueprint: Blueprint,
    pub(super) stack: Arc<Stack>,
    pub(super) created: Timestamp,
    pub(super) updated: Option<Timestamp>,
    pub(super) status: &'static str,
    pub(super) resources: Vec<Listed>,
    /// The newest first.
    pub(super) events: VecDeque<Event>,
}

/// A resource as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listed {
    pub(super) resource: Resource,
    pub(super) status: &'static str,
    /// When it came to that status.
    pub(super) at: Timestamp,
}

/// A line of the stack's history.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) resource: Resource,
    pub(super) status: &'static str,
    pub(super) at: Timestamp,
}

impl Record {
    /// A stack that was deployed at that time.
    pub(super) fn new(blueprint: Blueprint, stack: Stack, now: Timestamp) -> Self {
        let id = format!("arn:aws:cloudformation:{}:{}:stack/{}/local", stack.region, stack.account, stack.name);
        let listed = |resource: &Resource| Listed { resource: resource.clone(), status: "CREATE_COMPLETE", at: now };
        let resources = stack.resources.iter().map(listed).collect();
        let mut record = Self {
            id,
            blueprint,
            stack: Arc::new(stack),
            created: now,
            updated: None,
            status: "CREATE_COMPLETE",
            resources,
            events: VecDeque::new(),
        };
        for listed in record.resources.clone() {
            record.note(listed.resource, listed.status, now);
        }
        record.note_stack(now);
        record
    }

    /// Whether an update is under way.
    pub(super) fn is_in_progress(&self) -> bool {
        self.status == "UPDATE_IN_PROGRESS"
    }

    /// An update begins: what comes and what goes says so, all else stays as it is listed.
    pub(super) fn begin(&mut self, change: &Difference<Resource>, now: Timestamp) {
        (self.status, self.updated) = ("UPDATE_IN_PROGRESS", Some(now));
        self.note_stack(now);
        for resource in &change.added {
            let listed = Listed { resource: resource.clone(), status: "CREATE_IN_PROGRESS", at: now };
            self.resources.push(listed);
            self.note(resource.clone(), "CREATE_IN_PROGRESS", now);
        }
        for listed in self.resources.iter_mut().filter(|listed| change.removed.contains(&listed.resource)) {
            (listed.status, listed.at) = ("DELETE_IN_PROGRESS", now);
        }
    }

    /// The update is done: the stack is the new one.
    pub(super) fn finish(&mut self, blueprint: Blueprint, stack: Stack, now: Timestamp) {
        for mut listed in std::mem::take(&mut self.resources) {
            match listed.status {
                "CREATE_IN_PROGRESS" => (listed.status, listed.at) = ("CREATE_COMPLETE", now),
                "DELETE_IN_PROGRESS" => {
                    self.note(listed.resource, "DELETE_COMPLETE", now);
                    continue;
                }
                _ => {
                    self.resources.push(listed);
                    continue;
                }
            }
            self.note(listed.resource.clone(), listed.status, now);
            self.resources.push(listed);
        }
        let place = |id: &str| stack.resources.iter().position(|resource| resource.logical_id == id);
        self.resources.sort_by_key(|listed| place(&listed.resource.logical_id));
        (self.blueprint, self.stack, self.status) = (blueprint, Arc::new(stack), "UPDATE_COMPLETE");
        self.note_stack(now);
    }

    fn note_stack(&mut self, now: Timestamp) {
        let resource =
            Resource { logical_id: self.stack.name.clone(), physical_id: self.id.clone(), kind: STACK.to_owned() };
        self.note(resource, self.status, now);
    }

    fn note(&mut self, resource: Resource, status: &'static str, at: Timestamp) {
        self.events.truncate(MAX_EVENTS - 1);
        self.events.push_front(Event { id: uuid::Uuid::new_v4().to_string(), resource, status, at });
    }
}
