//! Events, read from the envelopes that EventBridge writes to the event log group.

use jiff::Timestamp;
use serde_json::Value;

use super::{EventRecord, text::clean};

/// The event of an envelope; `None` when it is none (no id, source or detail-type). `at` stands in for a missing time.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
pub(super) fn event(envelope: Value, at: Timestamp) -> Option<EventRecord> {
    let text = |name: &str| envelope.get(name).and_then(Value::as_str).map(|text| clean(text).into_owned());
    let (id, source, detail_type) = (text("id")?, text("source")?, text("detail-type")?);
    let detail = envelope.get("detail");
    let named = |name: &str| detail?.get(name)?.as_str().filter(|t| !t.is_empty()).map(|text| clean(text).into_owned());
    Some(EventRecord {
        time: time(&envelope, at),
        order_id: named("orderId"),
        product_id: named("productId"),
        user_id: named("userId"),
        quantity: detail.and_then(|d| d.get("quantity")?.as_u64()).and_then(|n| u32::try_from(n).ok()),
        id,
        source,
        detail_type,
        envelope,
    })
}

/// The envelope's time has whole seconds only; the log's own milliseconds are finer, so they win within that second.
fn time(envelope: &Value, at: Timestamp) -> Timestamp {
    match envelope.get("time").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(told) if told.as_second() != at.as_second() => told,
        _ => at,
    }
}
