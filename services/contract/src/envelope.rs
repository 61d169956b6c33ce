//! What EventBridge puts around an event.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An event as EventBridge hands it to a target.
///
/// EventBridge gives `id` to each entry of a PutEvents call, so an event that is published again has a new one: what must
/// happen once is told apart by order id, never by event id.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<D> {
    /// The version of the envelope, always "0". Not the version of the contract, which is in the detail.
    #[serde(default = "envelope_version")]
    pub version: String,
    /// EventBridge's id of this publication.
    pub id: String,
    /// The kind of event: `OrderCreated`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// Who published it: `eventflow.orders`.
    pub source: String,
    /// The account it was published in, twelve digits.
    #[serde(default)]
    pub account: String,
    /// When it was published, to the second.
    pub time: Timestamp,
    /// The Region it was published in.
    #[serde(default)]
    pub region: String,
    /// ARNs the event is about; EventFlow names none.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The event itself.
    pub detail: D,
}

fn envelope_version() -> String {
    "0".to_owned()
}
