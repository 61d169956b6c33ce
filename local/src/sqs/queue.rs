//! One queue.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use super::digest;
use crate::aws::{Arn, ServiceError, limits::sqs as limits};

/// An attribute of a message, sent as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageAttribute {
    /// `String` or `Number`, perhaps with a label behind a dot.
    pub data_type: String,
    /// The value.
    pub string_value: String,
}

impl MessageAttribute {
    /// A String attribute.
    pub fn string(value: String) -> Self {
        Self { data_type: "String".into(), string_value: value }
    }
}

/// A message in a queue.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    pub(super) sent: Timestamp,
    pub(super) first_received: Option<Timestamp>,
    pub(super) receive_count: u32,
    /// Valid until the message is received again.
    pub(super) receipt: Option<String>,
    expires: Instant,
    hidden_until: Instant,
}

/// A standard queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) arn: Arn,
    pub(super) created: Timestamp,
    settings: Mutex<BTreeMap<String, String>>,
    messages: Mutex<Vec<Message>>,
    arrived: Notify,
}

/// How to receive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receive {
    pub(super) at_most: usize,
    pub(super) visibility_timeout: Option<Duration>,
    pub(super) wait: Option<Duration>,
}

impl Queue {
    pub(super) fn new(name: String, arn: Arn, settings: BTreeMap<String, String>) -> Self {
        Self {
            name,
            arn,
            created: Timestamp::now(),
            settings: Mutex::new(settings),
            messages: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// Adds a message; its id is answered.
    pub(super) fn send(
        &self,
        body: String,
        attributes: BTreeMap<String, MessageAttribute>,
        delay: Option<Duration>,
    ) -> Result<String, ServiceError> {
        let attribute_bytes =
            |(name, value): (&String, &MessageAttribute)| name.len() + value.data_type.len() + value.string_value.len();
        let bytes = body.len() + attributes.iter().map(attribute_bytes).sum::<usize>();
        if body.is_empty() || bytes > limits::MAX_MESSAGE_BYTES {
            let reason = format!("The message must have 1 to {} bytes.", limits::MAX_MESSAGE_BYTES);
            return Err(ServiceError::new(400, "InvalidParameterValue", reason));
        }
        let now = Instant::now();
        let id = Uuid::new_v4().to_string();
        self.messages().push(Message {
            id: id.clone(),
            body,
            attributes,
            sent: Timestamp::now(),
            first_received: None,
            receive_count: 0,
            receipt: None,
            expires: now + self.seconds("MessageRetentionPeriod").unwrap_or(limits::DEFAULT_RETENTION),
            hidden_until: now + delay.or_else(|| self.seconds("DelaySeconds")).unwrap_or_default(),
        });
        self.arrived.notify_waiters();
        Ok(id)
    }

    /// Takes visible messages and hides them; waits for one when there is none and the call says so.
    pub(super) async fn receive(&self, how: Receive) -> Vec<Message> {
        let wait = how.wait.or_else(|| self.seconds("ReceiveMessageWaitTimeSeconds")).unwrap_or_default();
        let deadline = Instant::now() + wait.min(limits::MAX_WAIT);
        loop {
            let arrived = self.arrived.notified();
            let (taken, next_visible) = self.take(how);
            if !taken.is_empty() || Instant::now() >= deadline {
                return taken;
            }
            let wake = next_visible.map_or(deadline, |at| at.min(deadline));
            tokio::select! {
                () = arrived => {}
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    /// The messages that are taken, and when the next one becomes visible.
    fn take(&self, how: Receive) -> (Vec<Message>, Option<Instant>) {
        let now = Instant::now();
        let default = || self.seconds("VisibilityTimeout").unwrap_or(limits::DEFAULT_VISIBILITY_TIMEOUT);
        let hidden_until = now + how.visibility_timeout.unwrap_or_else(default);
        let mut messages = self.messages();
        messages.retain(|message| message.expires > now);
        let mut taken = Vec::new();
        for message in messages.iter_mut().filter(|message| message.hidden_until <= now).take(how.at_most) {
            message.hidden_until = hidden_until;
            message.receive_count += 1;
            message.first_received.get_or_insert_with(Timestamp::now);
            message.receipt = Some(Uuid::new_v4().to_string());
            taken.push(message.clone());
        }
        let next = messages.iter().map(|message| message.hidden_until).filter(|at| *at > now).min();
        (taken, next)
    }

    /// Deletes the message of a receipt. One that is gone already is deleted well, as on AWS.
    pub(super) fn delete(&self, receipt: &str) -> Result<(), ServiceError> {
        check_receipt(receipt)?;
        self.messages().retain(|message| message.receipt.as_deref() != Some(receipt));
        Ok(())
    }

    /// Hides the message of a receipt for so long from now.
    pub(super) fn change_visibility(&self, receipt: &str, timeout: Duration) -> Result<(), ServiceError> {
        check_receipt(receipt)?;
        if timeout > limits::MAX_VISIBILITY_TIMEOUT {
            return Err(ServiceError::new(400, "InvalidParameterValue", "VisibilityTimeout must be from 0 to 43200."));
        }
        let mut messages = self.messages();
        let now = Instant::now();
        let held = |message: &&mut Message| message.receipt.as_deref() == Some(receipt) && message.hidden_until > now;
        let Some(message) = messages.iter_mut().find(held) else {
            let reason = "The message is not in flight: it was deleted or became visible again.";
            return Err(ServiceError::new(400, "AWS.SimpleQueueService.MessageNotInflight", reason));
        };
        message.hidden_until = now + timeout;
        drop(messages);
        self.arrived.notify_waiters();
        Ok(())
    }

    pub(super) fn purge(&self) {
        self.messages().clear();
    }

    pub(super) fn set(&self, changes: BTreeMap<String, String>) {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).extend(changes);
    }

    /// All attributes under their API names, the counts included.
    pub(super) fn describe(&self) -> BTreeMap<String, String> {
        let now = Instant::now();
        let mut messages = self.messages();
        messages.retain(|message| message.expires > now);
        let hidden = |message: &&Message| message.hidden_until > now;
        let in_flight = messages.iter().filter(hidden).filter(|message| message.receipt.is_some()).count();
        let delayed = messages.iter().filter(hidden).count() - in_flight;
        let visible = messages.len() - in_flight - delayed;
        drop(messages);
        let created = self.created.as_second().to_string();
        let mut all = BTreeMap::from([
            ("VisibilityTimeout".to_owned(), limits::DEFAULT_VISIBILITY_TIMEOUT.as_secs().to_string()),
            ("MessageRetentionPeriod".to_owned(), limits::DEFAULT_RETENTION.as_secs().to_string()),
            ("MaximumMessageSize".to_owned(), limits::MAX_MESSAGE_BYTES.to_string()),
            ("DelaySeconds".to_owned(), "0".to_owned()),
            ("ReceiveMessageWaitTimeSeconds".to_owned(), "0".to_owned()),
            ("CreatedTimestamp".to_owned(), created.clone()),
            ("LastModifiedTimestamp".to_owned(), created),
        ]);
        all.extend(self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone());
        all.insert("QueueArn".into(), self.arn.to_string());
        all.insert("ApproximateNumberOfMessages".into(), visible.to_string());
        all.insert("ApproximateNumberOfMessagesNotVisible".into(), in_flight.to_string());
        all.insert("ApproximateNumberOfMessagesDelayed".into(), delayed.to_string());
        all
    }

    fn seconds(&self, setting: &str) -> Option<Duration> {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        settings.get(setting)?.parse().ok().map(Duration::from_secs)
    }

    fn messages(&self) -> MutexGuard<'_, Vec<Message>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_receipt(receipt: &str) -> Result<(), ServiceError> {
    if Uuid::parse_str(receipt).is_ok() {
        return Ok(());
    }
    Err(ServiceError::new(400, "ReceiptHandleIsInvalid", "The input receipt handle is invalid."))
}

impl Message {
    /// The message as ReceiveMessage shows it. Both lists name attributes, or `All`.
    pub(super) fn show(&self, system: &[String], named: &[String]) -> serde_json::Value {
        let mut shown = serde_json::json!({
            "MessageId": self.id,
            "ReceiptHandle": self.receipt,
            "Body": self.body,
            "MD5OfBody": digest::of_body(&self.body),
        });
        let mut all = BTreeMap::from([
            ("SentTimestamp", self.sent.as_millisecond().to_string()),
            ("ApproximateReceiveCount", self.receive_count.to_string()),
        ]);
        if let Some(first) = self.first_received {
            all.insert("ApproximateFirstReceiveTimestamp", first.as_millisecond().to_string());
        }
        all.retain(|name, _| system.iter().any(|wanted| wanted == "All" || wanted == name));
        if !all.is_empty() {
            shown["Attributes"] = serde_json::json!(all);
        }
        let wanted = |name: &String| {
            let fits = |wanted: &String| {
                wanted == "All"
                    || wanted == ".*"
                    || wanted == name
                    || wanted.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
            };
            named.iter().any(fits)
        };
        let attributes: BTreeMap<_, _> =
            self.attributes.iter().filter(|(name, _)| wanted(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        if let Some(digest) = digest::of_attributes(&attributes) {
            shown["MD5OfMessageAttributes"] = digest.into();
            shown["MessageAttributes"] = serde_json::json!(attributes);
        }
        shown
    }
}
