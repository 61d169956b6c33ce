//! Publishing events, and making sure that the bus took every one of them.

use std::{fmt, time::Duration};

use aws_sdk_eventbridge::{
    Client,
    error::{DisplayErrorContext, SdkError},
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use eventflow_contract::Event;

use crate::{
    Backoff, Clients,
    environment::{self, EVENT_BUS_NAME},
};

/// The most entries of one PutEvents call. Ten events of this contract are far below the limit in bytes.
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const MAX_ENTRIES: usize = 10;
/// How often entries are sent that the bus refused, the first time included.
const ATTEMPTS: u32 = 4;

/// Publishes events to one bus.
#[derive(Debug, Clone)]
pub struct Publisher {
    client: Client,
    bus: String,
}

/// Why events were not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The call failed as a whole, after the SDK's own retries.
    #[error("publishing {count} event(s) to the bus {bus}: {problem}; check that the role allows events:PutEvents")]
    Call {
        /// How many events were in the call.
        count: usize,
        /// The bus.
        bus: String,
        /// What the SDK says.
        problem: String,
    },
    /// The bus took the call, but not all entries of it, and not when they were sent again either.
    #[error("the bus {bus} refused {} event(s): {}", entries.len(), list(entries))]
    Refused {
        /// The bus.
        bus: String,
        /// The entries.
        entries: Vec<RefusedEntry>,
    },
}

/// An event that the bus refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedEntry {
    /// Its detail-type.
    pub detail_type: String,
    /// EventBridge's error code.
    pub code: String,
    /// EventBridge's text.
    pub message: String,
}

impl fmt::Display for RefusedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}: {})", self.detail_type, self.code, self.message)
    }
}

fn list(entries: &[RefusedEntry]) -> String {
    entries.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Publisher {
    /// A publisher to `bus`.
    pub fn new(client: Client, bus: impl Into<String>) -> Self {
        Self { client, bus: bus.into() }
    }

    /// A publisher to the bus that the environment names, `default` when it names none.
    pub fn from_environment(clients: &Clients) -> Self {
        let bus = environment::optional(EVENT_BUS_NAME).unwrap_or_else(|| "default".to_owned());
        Self::new(clients.eventbridge.clone(), bus)
    }

    /// Publishes one event.
    ///
    /// # Errors
    /// When the bus did not take it, after a bounded number of attempts. It may still have been taken when only the
    /// answer was lost, so publishing is at least once.
    pub async fn publish(&self, event: &Event) -> Result<(), PublishError> {
        self.publish_all(std::slice::from_ref(event)).await
    }

    /// Publishes events, ten to a call. A call that fails does not keep the others from being sent.
    ///
    /// # Errors
    /// The first error, when any event was not taken.
    pub async fn publish_all(&self, events: &[Event]) -> Result<(), PublishError> {
        let mut result = Ok(());
        for chunk in events.chunks(MAX_ENTRIES) {
            let sent = match chunk.iter().map(|event| self.entry(event)).collect() {
                Ok(entries) => self.send(entries).await,
                Err(error) => Err(error),
            };
            result = result.and(sent);
        }
        result
    }

    fn entry(&self, event: &Event) -> Result<PutEventsRequestEntry, PublishError> {
        let detail = event.detail_json().map_err(|error| self.call_error(1, error.to_string()))?;
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(event.source())
            .detail_type(event.detail_type())
            .detail(detail)
            .build())
    }

    /// Sends entries of one call, and those that are refused again, until none is left.
    async fn send(&self, mut entries: Vec<PutEventsRequestEntry>) -> Result<(), PublishError> {
        let mut backoff = Backoff::new(ATTEMPTS, Duration::from_millis(50), Duration::from_secs(1));
        loop {
            let answer = self.client.put_events().set_entries(Some(entries.clone())).send().await;
            let results = match answer {
                Ok(answer) => answer.entries.unwrap_or_default(),
                Err(error) => return Err(self.call_error(entries.len(), describe(&error))),
            };
            // Results come in the order of the entries. One that is missing was not confirmed, so it is sent again.
            let mut results = results.into_iter();
            let refused: Vec<_> = entries
                .into_iter()
                .map(|entry| (entry, results.next()))
                .filter(|(_, result)| result.as_ref().is_none_or(|result| result.event_id.is_none()))
                .collect();
            if refused.is_empty() {
                return Ok(());
            }
            let hopeless = refused.iter().all(|(_, result)| result.as_ref().is_some_and(is_permanent));
            if hopeless || !backoff.wait().await {
                let entries = refused.iter().map(|(entry, result)| refusal(entry, result.as_ref())).collect();
                return Err(PublishError::Refused { bus: self.bus.clone(), entries });
            }
            entries = refused.into_iter().map(|(entry, _)| entry).collect();
        }
    }

    fn call_error(&self, count: usize, problem: String) -> PublishError {
        PublishError::Call { count, bus: self.bus.clone(), problem }
    }
}

fn describe<E: std::error::Error + 'static, R: fmt::Debug + 'static>(error: &SdkError<E, R>) -> String {
    DisplayErrorContext(error).to_string()
}

/// Whether the entry would be refused again. What is not known to be permanent is tried again.
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html>
fn is_permanent(result: &PutEventsResultEntry) -> bool {
    matches!(
        result.error_code(),
        Some(
            "InvalidArgument"
                | "MalformedDetail"
                | "NotAuthorizedForSourceException"
                | "NotAuthorizedForDetailTypeException"
        )
    )
}

fn refusal(entry: &PutEventsRequestEntry, result: Option<&PutEventsResultEntry>) -> RefusedEntry {
    let told = |text: Option<&str>| text.unwrap_or("not told").to_owned();
    RefusedEntry {
        detail_type: entry.detail_type().unwrap_or_default().to_owned(),
        code: told(result.and_then(PutEventsResultEntry::error_code)),
        message: told(result.and_then(PutEventsResultEntry::error_message)),
    }
}
