//! detectFraud, on OrderCreated.
//!
//! An order for very many pieces looks wrong: its log line has the outcome `flagged`, that of any other the outcome `clear`.
//! Nothing is stored and nobody is stopped, so the same event twice gives the same line twice, with the same `verdictId`.

use eventflow_contract::{Event, OrderCreated};
use eventflow_kit::{
    Clients, Consumed, Error, Function, Invocation,
    environment::{self, EnvironmentError},
    event_of, note_event_in, start,
};
use serde_json::Value;

/// The variable that says from how many pieces on an order is flagged; [`DEFAULT_QUANTITY`] when absent.
pub const FLAG_FROM_QUANTITY: &str = "FLAG_FROM_QUANTITY";
/// From how many pieces on an order is flagged where nobody says otherwise: a tenth of the most that an order may have.
pub const DEFAULT_QUANTITY: u32 = 100;

/// The function.
#[derive(Debug, Clone, Copy)]
pub struct DetectFraud {
    flag_from: u32,
}

/// Runs the function until Lambda ends the process.
///
/// # Errors
/// When its environment lacks something.
pub fn main() -> Result<(), lambda_runtime::Error> {
    start::<DetectFraud>()
}

impl DetectFraud {
    /// The function, flagging orders of `flag_from` pieces or more.
    pub fn new(flag_from: u32) -> Self {
        Self { flag_from }
    }
}

impl Function for DetectFraud {
    type Input = Value;
    type Output = Consumed;

    fn from_environment(_: &Clients) -> Result<Self, EnvironmentError> {
        let expected = "a whole number from 1";
        environment::parsed(FLAG_FROM_QUANTITY, DEFAULT_QUANTITY, expected, |from| *from > 0).map(Self::new)
    }

    fn note(input: &Value) {
        note_event_in(input);
    }

    async fn handle(&self, input: Value, _: &Invocation) -> Result<Consumed, Error> {
        let event = event_of(input)?;
        let Event::OrderCreated(order) = &event else {
            tracing::info!(outcome = "ignored", "nothing to judge in {}", event.detail_type());
            return Ok(Consumed { outcome: "ignored" });
        };
        let verdict_id = format!("{}/fraud", order.order_id);
        match suspicion(order, self.flag_from) {
            Some(reason) => {
                tracing::warn!(outcome = "flagged", verdictId = verdict_id, quantity = order.quantity, "{reason}");
                Ok(Consumed { outcome: "flagged" })
            }
            None => {
                tracing::info!(outcome = "clear", verdictId = verdict_id, quantity = order.quantity, "nothing unusual");
                Ok(Consumed { outcome: "clear" })
            }
        }
    }
}

/// Why an order looks wrong; `None` when it does not. The rule: nobody buys `flag_from` pieces of one product at once.
/// No more of the customer than ids goes into a log.
pub fn suspicion(order: &OrderCreated, flag_from: u32) -> Option<String> {
    let OrderCreated { order_id, quantity, .. } = order;
    (*quantity >= flag_from).then(|| format!("order {order_id} is for {quantity} pieces; {flag_from} are suspicious"))
}
