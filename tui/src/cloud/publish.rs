//! Publishing events as they are given: the same once more, or one that nobody can read.

use anyhow::{Result, anyhow, bail};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use super::{Reach, cause};
use crate::app::NewEvent;

/// Entries of one PutEvents call.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const BATCH: usize = 10;

/// Publishes events on the default bus.
///
/// # Errors
/// When the bus refuses one of them.
pub(crate) async fn publish(reach: &Reach, events: &[NewEvent]) -> Result<()> {
    for batch in events.chunks(BATCH) {
        let entry = |event: &NewEvent| {
            let entry = PutEventsRequestEntry::builder().source(&event.source).detail_type(&event.detail_type);
            entry.detail(event.detail.to_string()).build()
        };
        let call = reach.connection.events.put_events().set_entries(Some(batch.iter().map(entry).collect()));
        let answer =
            call.send().await.map_err(|error| anyhow!("the event bus cannot be reached: {}", cause(&error)))?;
        if let Some(refused) = answer.entries().iter().find(|entry| entry.error_code().is_some()) {
            let reason = refused.error_message().unwrap_or_default();
            bail!("the event bus refused an event: {}: {reason}", refused.error_code().unwrap_or_default());
        }
    }
    Ok(())
}
