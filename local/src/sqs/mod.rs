//! SQS, as far as dead-letter queues and their readers need it: standard queues in memory.

mod api;
mod digest;
mod queue;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

pub use self::queue::MessageAttribute;
use self::queue::Queue;
use crate::{
    aws::{Arn, Call, Reply, ServiceError},
    stack,
};

/// The embedded SQS. Clones share the queues.
#[derive(Debug, Clone)]
pub struct Sqs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// What queue URLs begin with: the gateway's address and the account.
    base_url: String,
    region: String,
    account: String,
    queues: RwLock<BTreeMap<String, Arc<Queue>>>,
}

impl Sqs {
    /// The service with these queues. Their URLs begin with the gateway's address.
    pub fn new(queues: &[stack::Queue], endpoint_url: &str, region: &str, account: &str) -> Self {
        let sqs = Self {
            inner: Arc::new(Inner {
                base_url: format!("{endpoint_url}/{account}"),
                region: region.into(),
                account: account.into(),
                queues: RwLock::default(),
            }),
        };
        queues.iter().for_each(|queue| sqs.add(queue));
        sqs
    }

    /// Adds an empty queue, in the place of one of that name.
    pub fn add(&self, queue: &stack::Queue) {
        let added = Queue::new(queue.name.clone(), queue.arn.clone(), queue.attributes.clone());
        let mut queues = self.inner.queues.write().unwrap_or_else(PoisonError::into_inner);
        queues.insert(queue.name.clone(), Arc::new(added));
    }

    /// Removes a queue, with the messages in it.
    pub fn remove(&self, name: &str) {
        self.inner.queues.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Whether there is a queue of that name.
    pub fn has(&self, name: &str) -> bool {
        self.inner.named(name).is_ok()
    }

    /// Sends a message from within the cloud; every attribute is a String.
    ///
    /// # Errors
    /// `QueueDoesNotExist` when no queue has that ARN, `InvalidParameterValue` when the message is too large.
    pub fn send(&self, queue: &Arn, body: String, attributes: BTreeMap<String, String>) -> Result<(), ServiceError> {
        let queue = self.inner.named(&queue.resource)?;
        let attributes = attributes.into_iter().map(|(name, value)| (name, MessageAttribute::string(value)));
        queue.send(body, attributes.collect(), None)?;
        Ok(())
    }

    /// Answers one call.
    ///
    /// # Errors
    /// As the operation's API reference lists them.
    pub async fn handle(&self, call: Call) -> Result<Reply, ServiceError> {
        api::handle(&self.inner, call).await
    }
}

impl Inner {
    fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base_url)
    }

    fn named(&self, name: &str) -> Result<Arc<Queue>, ServiceError> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        queues.get(name).cloned().ok_or_else(|| {
            let message = "The specified queue does not exist.";
            ServiceError::new(400, "AWS.SimpleQueueService.NonExistentQueue", message)
        })
    }

    /// The queue of a URL: its name is the last part.
    fn of_url(&self, url: &str) -> Result<Arc<Queue>, ServiceError> {
        self.named(url.rsplit('/').next().unwrap_or_default())
    }

    fn arn(&self, name: &str) -> Arn {
        Arn {
            partition: "aws".into(),
            service: "sqs".into(),
            region: self.region.clone(),
            account: self.account.clone(),
            resource: name.into(),
        }
    }
}
