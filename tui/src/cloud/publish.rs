//! Publishing events as they are given: the same once more, or one that nobody can read.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use eventflow_kit::Backoff;

use super::{Reach, cause};
use crate::app::NewEvent;

/// Entries of one PutEvents call.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const BATCH: usize = 10;

/// How often entries that the bus could not take are sent.
const ATTEMPTS: u32 = 6;

/// Publishes events on the default bus.
///
/// # Errors
/// When the bus refuses one of them, also when it is sent again. Those after it are not published then.
pub(crate) async fn publish(reach: &Reach, events: &[NewEvent]) -> Result<()> {
    for batch in events.chunks(BATCH) {
        let entry = |event: &NewEvent| {
            let entry = PutEventsRequestEntry::builder().source(&event.source).detail_type(&event.detail_type);
            entry.detail(event.detail.to_string()).build()
        };
        let mut entries: Vec<_> = batch.iter().map(entry).collect();
        let mut backoff = Backoff::new(ATTEMPTS, Duration::from_millis(50), Duration::from_secs(2));
        loop {
            let call = reach.connection.events.put_events().set_entries(Some(entries.clone()));
            let answer =
                call.send().await.map_err(|error| anyhow!("the event bus cannot be reached: {}", cause(&error)))?;
            let refused = answer.entries().iter().map(|entry| entry.error_code().is_some());
            let again: Vec<_> =
                entries.iter().zip(refused).filter(|(_, refused)| *refused).map(|(entry, _)| entry.clone()).collect();
            let Some(first) = answer.entries().iter().find(|entry| entry.error_code().is_some()) else { break };
            if !backoff.wait().await {
                let reason = first.error_message().unwrap_or_default();
                bail!("the event bus refused an event: {}: {reason}", first.error_code().unwrap_or_default());
            }
            entries = again;
        }
    }
    Ok(())
}
