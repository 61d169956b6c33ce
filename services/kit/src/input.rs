//! The input of a function that a rule invokes.

use eventflow_contract::{ContractError, Envelope, Event};
use serde_json::Value;

use crate::Error;

/// The event in a function's input.
///
/// # Errors
/// When it is not an EventBridge event, or not one that this version of the contract reads.
pub fn event_of(input: Value) -> Result<Event, Error> {
    let envelope: Envelope<Value> =
        serde_json::from_value(input).map_err(|error| ContractError::NotAnEvent { problem: error.to_string() })?;
    Ok(Event::parse(&envelope)?)
}

/// From here on the log lines of this invocation name the event in `input`, and its order, as far as it names them.
pub fn note_event_in(input: &Value) {
    if let Some(id) = input.get("id").and_then(Value::as_str) {
        crate::log::note_event(id);
    }
    if let Some(order_id) = input.pointer("/detail/orderId").and_then(Value::as_str) {
        crate::log::note_order(order_id);
    }
}
