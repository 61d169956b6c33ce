//! The input of a function that a rule invokes.

use eventflow_contract::{ContractError, Envelope, Event};
use serde_json::Value;

use crate::Error;

/// The event in a function's input. From here on the log lines of this invocation name event and order.
///
/// # Errors
/// When it is not an EventBridge event, or not one that this version of the contract reads.
pub fn event_of(input: Value) -> Result<Event, Error> {
    let envelope: Envelope<Value> =
        serde_json::from_value(input).map_err(|error| ContractError::NotAnEvent { problem: error.to_string() })?;
    crate::log::note_event(&envelope.id);
    if let Some(order_id) = envelope.detail.get("orderId").and_then(Value::as_str) {
        crate::log::note_order(order_id);
    }
    Ok(Event::parse(&envelope)?)
}
