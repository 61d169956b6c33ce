//! sendNotification, on OrderCreated, PaymentFailed and InventoryFailed.
//!
//! A notification is one structured log line. The same event twice gives the same line twice, with the same
//! `notificationId`: whoever delivers them can tell, and nothing has to be stored here.

use eventflow_contract::Event;
use eventflow_kit::{
    Clients, Consumed, Error, Function, Invocation, environment::EnvironmentError, event_of, note_event_in, start,
};
use serde_json::Value;

/// The function.
#[derive(Debug, Clone, Copy, Default)]
pub struct SendNotification;

/// Runs the function until Lambda ends the process.
///
/// # Errors
/// When its environment lacks something.
pub fn main() -> Result<(), lambda_runtime::Error> {
    start::<SendNotification>()
}

impl Function for SendNotification {
    type Input = Value;
    type Output = Consumed;

    fn from_environment(_: &Clients) -> Result<Self, EnvironmentError> {
        Ok(Self)
    }

    fn note(input: &Value) {
        note_event_in(input);
    }

    async fn handle(&self, input: Value, _: &Invocation) -> Result<Consumed, Error> {
        let event = event_of(input)?;
        let Some(text) = notification(&event) else {
            tracing::info!(outcome = "ignored", "nothing to tell of {}", event.detail_type());
            return Ok(Consumed { outcome: "ignored" });
        };
        let notification_id = format!("{}/{}", event.order_id(), event.detail_type());
        tracing::info!(outcome = "notified", notificationId = notification_id, "{text}");
        Ok(Consumed { outcome: "notified" })
    }
}

/// What the customer is told; `None` when the event is not one that customers hear of. No more of the customer than
/// ids goes into a log.
pub fn notification(event: &Event) -> Option<String> {
    match event {
        Event::OrderCreated(order) => Some(format!("order {} received", order.order_id)),
        Event::PaymentFailed(failed) => Some(format!("order {} not paid: {}", failed.order_id, failed.reason)),
        Event::InventoryFailed(failed) => {
            Some(format!("order {} cannot be delivered: {}", failed.order_id, failed.reason))
        }
        _ => None,
    }
}
