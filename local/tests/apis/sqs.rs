use aws_sdk_sqs::{
    Client,
    error::ProvideErrorMetadata,
    types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry},
};

use crate::client::{sdk, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_hidden_while_it_is_handled_and_gone_when_deleted() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let url = client.get_queue_url().queue_name("letters").send().await.unwrap().queue_url.unwrap();
    let label = MessageAttributeValue::builder().data_type("String").string_value("é").build().unwrap();
    // The SDK compares both digests of the answer with its own.
    client
        .send_message()
        .queue_url(&url)
        .message_body("hello")
        .message_attributes("label", label)
        .send()
        .await
        .unwrap();
    let receive = client.receive_message().queue_url(&url).message_attribute_names("All");
    let first = receive.clone().send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(first.message_attributes.unwrap()["label"].string_value(), Some("é"));
    assert!(receive.clone().send().await.unwrap().messages().is_empty());
    let handle = first.receipt_handle.unwrap();
    client
        .change_message_visibility()
        .queue_url(&url)
        .receipt_handle(&handle)
        .visibility_timeout(0)
        .send()
        .await
        .unwrap();
    let again = receive.clone().send().await.unwrap().messages.unwrap().remove(0);
    client.delete_message().queue_url(&url).receipt_handle(again.receipt_handle.unwrap()).send().await.unwrap();
    let attributes =
        client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All).send().await;
    let attributes = attributes.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_ends_when_a_message_comes() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let url = client.get_queue_url().queue_name("letters").send().await.unwrap().queue_url.unwrap();
    let waiting = client.receive_message().queue_url(&url).wait_time_seconds(20).send();
    let entry = |id: &str| SendMessageBatchRequestEntry::builder().id(id).message_body(id).build().unwrap();
    let sending = client.send_message_batch().queue_url(&url).entries(entry("a")).entries(entry("b")).send();
    let (received, sent) = tokio::join!(waiting, sending);
    assert_eq!(sent.unwrap().successful().len(), 2);
    assert_eq!(received.unwrap().messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_not_there_says_so() {
    let cloud = start().await;
    let error = Client::new(&sdk(&cloud)).get_queue_url().queue_name("none").send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_queue_does_not_exist(), "{:?}", error.code());
}
