//! Asynchronous invocation: events that were accepted, and their way to success or to a destination.
//!
//! Every event is a task of its own that runs the function, waits, and runs it again as [`decision`] says; nothing polls.

pub mod decision;
mod record;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};
use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use self::{
    decision::{Attempt, Decision, Progress, decide},
    record::DestinationRecord,
};
use super::{
    outcome::{InvokeResult, RequestId},
    pool::{Pool, Refusal},
};
use crate::{
    aws::{Arn, Clock, Deliver, Delivery},
    stack::AsyncInvokeConfig,
};

/// How often a destination is tried, and AWS's time between the attempts.
const DESTINATION_ATTEMPTS: u32 = 3;
const DESTINATION_DELAY: Duration = Duration::from_secs(60);

/// The asynchronous queue of one function.
#[derive(Debug)]
pub(crate) struct AsyncQueue {
    pool: Arc<Pool>,
    clock: Clock,
    deliver: Arc<dyn Deliver>,
    config: Mutex<AsyncInvokeConfig>,
    /// Events that are neither done nor given up.
    backlog: AtomicUsize,
}

/// An event in the queue. While it exists it counts in the backlog.
struct Event {
    queue: Arc<AsyncQueue>,
    request_id: RequestId,
    payload: Bytes,
    queued: Instant,
}

impl Drop for Event {
    fn drop(&mut self) {
        self.queue.backlog.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsyncQueue {
    pub(crate) fn new(pool: Arc<Pool>, clock: Clock, deliver: Arc<dyn Deliver>) -> Arc<Self> {
        let config = Mutex::new(pool.runtime.function.async_invoke.clone());
        Arc::new(Self { pool, clock, deliver, config, backlog: AtomicUsize::new(0) })
    }

    /// Accepts an event.
    pub(crate) fn push(self: &Arc<Self>, request_id: RequestId, payload: Bytes) {
        self.backlog.fetch_add(1, Ordering::Relaxed);
        let event = Event { queue: Arc::clone(self), request_id, payload, queued: Instant::now() };
        let cancel = self.pool.runtime.cancel.clone();
        self.pool.runtime.tasks.spawn(async move { cancel.run_until_cancelled_owned(event.process()).await });
    }

    /// How many events are neither done nor given up.
    pub(crate) fn backlog(&self) -> usize {
        self.backlog.load(Ordering::Relaxed)
    }

    /// The config in force.
    pub(crate) fn config(&self) -> AsyncInvokeConfig {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the config; events already waiting follow it from their next decision on.
    pub(crate) fn configure(&self, config: AsyncInvokeConfig) {
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
    }

    async fn deliver(&self, target: Arn, payload: String) {
        let delivery = Delivery { target, payload, attributes: BTreeMap::new() };
        for attempt in 1..=DESTINATION_ATTEMPTS {
            match self.deliver.deliver(delivery.clone()).await {
                Ok(()) => return,
                Err(error) if error.retryable && attempt < DESTINATION_ATTEMPTS => {
                    self.clock.sleep(DESTINATION_DELAY).await;
                }
                Err(error) => {
                    let (function, target) = (&self.pool.runtime.function.name, &delivery.target);
                    tracing::error!(%function, %target, %error, "a record could not be delivered to its destination");
                    return;
                }
            }
        }
    }
}

impl Event {
    /// Runs the function until the event is done or given up, and tells the destination.
    async fn process(self) {
        let queue = &self.queue;
        let mut progress = Progress::default();
        let mut last: Option<InvokeResult> = None;
        loop {
            let attempt = match queue.pool.run(self.request_id.clone(), self.payload.clone(), false).await {
                Ok(result) => {
                    progress.invocations += 1;
                    progress.throttles = 0;
                    let failed = result.function_error.is_some();
                    last = Some(result);
                    if failed { Attempt::FunctionFailed } else { Attempt::Succeeded }
                }
                Err(Refusal::Throttled) => {
                    progress.throttles += 1;
                    Attempt::Throttled
                }
                Err(Refusal::ZeroConcurrency) => Attempt::ZeroConcurrency,
                Err(Refusal::Stopping) => return,
            };
            progress.age = queue.clock.elapsed_since(self.queued);
            let config = queue.config();
            let (condition, target) = match decide(attempt, progress, &config, chance()) {
                Decision::Retry(after) => {
                    queue.clock.sleep(after).await;
                    continue;
                }
                Decision::Done => ("Success", config.on_success),
                Decision::Discard(condition) => (condition.as_str(), config.on_failure),
            };
            if let Some(target) = target {
                let record = DestinationRecord {
                    function_arn: &queue.pool.runtime.arn_text,
                    request_id: &self.request_id,
                    request: &self.payload,
                    condition,
                    invocations: progress.invocations,
                    last: last.as_ref(),
                };
                queue.deliver(target, record.to_json(jiff::Timestamp::now())).await;
            }
            return;
        }
    }
}

/// A number from 0 up to 1.
fn chance() -> f64 {
    let [a, b, c, d, ..] = *uuid::Uuid::new_v4().as_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
}
