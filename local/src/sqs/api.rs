//! The operations, in SQS's JSON protocol.

use std::{collections::BTreeMap, sync::Arc, sync::PoisonError, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Inner, digest,
    queue::{MessageAttribute, Queue, Receive},
};
use crate::aws::{Call, Reply, ServiceError, limits::sqs as limits};

type Answer = Result<Reply, ServiceError>;

pub(super) async fn handle(sqs: &Inner, call: Call) -> Answer {
    let queue = || {
        let input: QueueUrl = call.input()?;
        sqs.of_url(&input.queue_url)
    };
    match call.operation.as_str() {
        "SendMessage" => send(&*queue()?, call.input()?).map(Reply::Json),
        "SendMessageBatch" => batch(&call, |entry| send(&*queue()?, entry)),
        "ReceiveMessage" => receive(&*queue()?, call.input()?).await,
        "DeleteMessage" => delete(&*queue()?, call.input()?).map(|_| Reply::Empty),
        "DeleteMessageBatch" => batch(&call, |entry| delete(&*queue()?, entry)),
        "ChangeMessageVisibility" => change_visibility(&*queue()?, call.input()?).map(|_| Reply::Empty),
        "ChangeMessageVisibilityBatch" => batch(&call, |entry| change_visibility(&*queue()?, entry)),
        "GetQueueAttributes" => get_attributes(&*queue()?, call.input()?),
        "SetQueueAttributes" => {
            let input: Attributes = call.input()?;
            queue()?.set(input.attributes);
            Ok(Reply::Empty)
        }
        "PurgeQueue" => {
            queue()?.purge();
            Ok(Reply::Empty)
        }
        "GetQueueUrl" => get_url(sqs, call.input()?),
        "ListQueues" => list(sqs, call.input()?),
        "CreateQueue" => create(sqs, call.input()?),
        "DeleteQueue" => {
            let name = queue()?.name.clone();
            sqs.queues.write().unwrap_or_else(PoisonError::into_inner).remove(&name);
            Ok(Reply::Empty)
        }
        other => Err(ServiceError::unsupported("SQS", other)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueUrl {
    queue_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendInput {
    message_body: String,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttribute>,
    delay_seconds: Option<u64>,
}

fn send(queue: &Queue, input: SendInput) -> Result<Value, ServiceError> {
    let mut answer = json!({ "MD5OfMessageBody": digest::of_body(&input.message_body) });
    if let Some(digest) = digest::of_attributes(&input.message_attributes) {
        answer["MD5OfMessageAttributes"] = digest.into();
    }
    let delay = input.delay_seconds.map(Duration::from_secs);
    answer["MessageId"] = queue.send(input.message_body, input.message_attributes, delay)?.into();
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ReceiveInput {
    max_number_of_messages: usize,
    visibility_timeout: Option<u64>,
    wait_time_seconds: Option<u64>,
    attribute_names: Vec<String>,
    message_system_attribute_names: Vec<String>,
    message_attribute_names: Vec<String>,
}

impl Default for ReceiveInput {
    fn default() -> Self {
        Self {
            max_number_of_messages: 1,
            visibility_timeout: None,
            wait_time_seconds: None,
            attribute_names: Vec::new(),
            message_system_attribute_names: Vec::new(),
            message_attribute_names: Vec::new(),
        }
    }
}

async fn receive(queue: &Queue, input: ReceiveInput) -> Answer {
    if !(1..=limits::MAX_BATCH).contains(&input.max_number_of_messages) {
        let reason = format!("MaxNumberOfMessages must be from 1 to {}.", limits::MAX_BATCH);
        return Err(ServiceError::new(400, "InvalidParameterValue", reason));
    }
    let how = Receive {
        at_most: input.max_number_of_messages,
        visibility_timeout: input.visibility_timeout.map(Duration::from_secs),
        wait: input.wait_time_seconds.map(Duration::from_secs),
    };
    let system = [input.attribute_names, input.message_system_attribute_names].concat();
    let messages = queue.receive(how).await;
    if messages.is_empty() {
        return Ok(Reply::Json(json!({})));
    }
    let shown: Vec<_> = messages.iter().map(|message| message.show(&system, &input.message_attribute_names)).collect();
    Ok(Reply::Json(json!({ "Messages": shown })))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiptInput {
    receipt_handle: String,
}

fn delete(queue: &Queue, input: ReceiptInput) -> Result<Value, ServiceError> {
    queue.delete(&input.receipt_handle)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VisibilityInput {
    receipt_handle: String,
    visibility_timeout: u64,
}

fn change_visibility(queue: &Queue, input: VisibilityInput) -> Result<Value, ServiceError> {
    queue.change_visibility(&input.receipt_handle, Duration::from_secs(input.visibility_timeout))?;
    Ok(json!({}))
}

/// Does each entry of a batch by itself; one that fails does not keep the others from succeeding.
fn batch<T: for<'de> Deserialize<'de>>(call: &Call, each: impl Fn(T) -> Result<Value, ServiceError>) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Batch {
        entries: Vec<Value>,
    }
    let input: Batch = call.input()?;
    if input.entries.is_empty() || input.entries.len() > limits::MAX_BATCH {
        let code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
        return Err(ServiceError::new(400, code, format!("A batch has 1 to {} entries.", limits::MAX_BATCH)));
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in input.entries {
        let id = entry["Id"].clone();
        let done = serde_json::from_value(entry)
            .map_err(|error| ServiceError::new(400, "InvalidParameterValue", error.to_string()))
            .and_then(&each);
        match done {
            Ok(mut answer) => {
                answer["Id"] = id;
                successful.push(answer);
            }
            Err(error) => failed.push(json!({
                "Id": id, "Code": error.code, "Message": error.message, "SenderFault": error.status < 500,
            })),
        }
    }
    Ok(Reply::Json(json!({ "Successful": successful, "Failed": failed })))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Attributes {
    queue_name: String,
    attribute_names: Vec<String>,
    attributes: BTreeMap<String, String>,
}

fn get_attributes(queue: &Queue, input: Attributes) -> Answer {
    let mut all = queue.describe();
    all.retain(|name, _| input.attribute_names.iter().any(|wanted| wanted == "All" || wanted == name));
    Ok(Reply::Json(json!({ "Attributes": all })))
}

fn get_url(sqs: &Inner, input: Attributes) -> Answer {
    sqs.named(&input.queue_name)?;
    Ok(Reply::Json(json!({ "QueueUrl": sqs.url(&input.queue_name) })))
}

fn list(sqs: &Inner, input: ListInput) -> Answer {
    let queues = sqs.queues.read().unwrap_or_else(PoisonError::into_inner);
    let named = queues.keys().filter(|name| name.starts_with(&input.queue_name_prefix));
    Ok(Reply::Json(json!({ "QueueUrls": named.map(|name| sqs.url(name)).collect::<Vec<_>>() })))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct ListInput {
    queue_name_prefix: String,
}

fn create(sqs: &Inner, input: Attributes) -> Answer {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if input.queue_name.is_empty() || input.queue_name.len() > 80 || !input.queue_name.chars().all(valid) {
        let reason =
            "A queue's name has 1 to 80 letters, digits, hyphens and underscores. FIFO queues are not served here.";
        return Err(ServiceError::new(400, "InvalidParameterValue", reason));
    }
    let mut queues = sqs.queues.write().unwrap_or_else(PoisonError::into_inner);
    let arn = sqs.arn(&input.queue_name);
    queues
        .entry(input.queue_name.clone())
        .or_insert_with(|| Arc::new(Queue::new(input.queue_name.clone(), arn, input.attributes)));
    Ok(Reply::Json(json!({ "QueueUrl": sqs.url(&input.queue_name) })))
}
