//! Sending the events again that lie in a function's dead-letter queues: to that function, and to nobody else.

use anyhow::{Context, Result, anyhow, ensure};
use aws_sdk_lambda::{primitives::Blob, types::InvocationType};
use aws_sdk_sqs::types::Message;
use serde_json::Value;

use super::{Reach, cause};

/// Messages of one ReceiveMessage call.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>
const BATCH: i32 = 10;
/// For how many seconds a message is nobody else's while it is sent again.
const HELD: i32 = 60;

/// Invokes the function asynchronously with every event that lies in its dead-letter queues, and takes each out of its
/// queue after Lambda accepted it: an event may be sent twice by that, and none is lost.
///
/// # Errors
/// When a queue cannot be read, or a message holds no event; what was not sent stays where it is.
pub(crate) async fn redrive(reach: &Reach, function: &str) -> Result<usize> {
    let known = reach.resources.functions.iter().find(|known| known.name == function);
    let queues = &known.with_context(|| format!("there is no function {function}"))?.dead_letter_queues;
    ensure!(
        super::state::reserved(reach, function).await? != Some(0),
        "{function} is halted: Lambda would put each event straight back. Turn that fault off first"
    );
    let mut sent = 0;
    let mut problem = None;
    for queue in queues {
        // What fails again comes back while this goes on; it is not sent once more.
        let mut left =
            super::state::letters(reach, std::slice::from_ref(queue)).await?.max(BATCH.unsigned_abs().into());
        while left > 0
            && let batch = receive(reach, queue).await?
            && !batch.is_empty()
        {
            for message in batch {
                left = left.saturating_sub(1);
                match send(reach, function, queue, &message).await {
                    Ok(()) => sent += 1,
                    Err(error) => problem = problem.or(Some(error)),
                }
            }
        }
    }
    match problem {
        None => Ok(sent),
        Some(error) => Err(error.context(format!("{sent} events were sent again, not all"))),
    }
}

/// The orders that are named by the events in a function's dead-letter queues. They are nobody else's for a minute then,
/// and stay where they are.
///
/// # Errors
/// When a queue cannot be read.
pub(crate) async fn orders(reach: &Reach, function: &str) -> Result<Vec<String>> {
    let known = reach.resources.functions.iter().find(|known| known.name == function);
    let queues = &known.with_context(|| format!("there is no function {function}"))?.dead_letter_queues;
    let mut orders = Vec::new();
    for queue in queues {
        while let batch = receive(reach, queue).await?
            && !batch.is_empty()
        {
            let events = batch.iter().filter_map(|message| event_of(message.body()?));
            orders.extend(events.filter_map(|event| event["detail"]["orderId"].as_str().map(str::to_owned)));
        }
    }
    Ok(orders)
}

async fn receive(reach: &Reach, queue: &str) -> Result<Vec<Message>> {
    let call = reach.connection.sqs.receive_message().queue_url(queue);
    // Without a wait AWS asks only some of its servers, and finds nothing where there is something.
    let wait = if reach.connection.custom_endpoint { 0 } else { 1 };
    let call = call.max_number_of_messages(BATCH).visibility_timeout(HELD).wait_time_seconds(wait);
    let answer = call.send().await.map_err(|error| anyhow!("cannot read the queue {queue}: {}", cause(&error)))?;
    Ok(answer.messages.unwrap_or_default())
}

async fn send(reach: &Reach, function: &str, queue: &str, message: &Message) -> Result<()> {
    let event = event_of(message.body().unwrap_or_default())
        .with_context(|| format!("a message in {queue} holds no event; look at it with aws sqs receive-message"))?;
    let call = reach.connection.lambda.invoke().function_name(function).invocation_type(InvocationType::Event);
    let call = call.payload(Blob::new(event.to_string()));
    call.send().await.map_err(|error| anyhow!("{function} does not take the event: {}", cause(&error)))?;
    let receipt = message.receipt_handle().unwrap_or_default();
    let call = reach.connection.sqs.delete_message().queue_url(queue).receipt_handle(receipt);
    call.send().await.map(|_| ()).map_err(|error| anyhow!("cannot take a message out of {queue}: {}", cause(&error)))
}

/// The event in a message: within the record of an on-failure destination, or as a rule could not deliver it.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
fn event_of(body: &str) -> Option<Value> {
    let mut record: Value = serde_json::from_str(body).ok()?;
    match record.get_mut("requestPayload") {
        Some(payload) => Some(payload.take()),
        None => record.get("detail-type").is_some().then_some(record),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_event_is_found_in_both_kinds_of_message() {
        let event = json!({ "detail-type": "OrderCreated", "detail": {} });
        let record = json!({ "version": "1.0", "requestPayload": event });
        assert_eq!(event_of(&record.to_string()), Some(event.clone()));
        assert_eq!(event_of(&event.to_string()), Some(event));
        assert_eq!(event_of("{}"), None);
        assert_eq!(event_of("rubbish"), None);
    }
}
