use aws_sdk_cloudformation::{Client, error::ProvideErrorMetadata};

use crate::client::{sdk, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_is_described_with_its_outputs_and_resources() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let stacks = client.describe_stacks().stack_name(cloud.stack_name()).send().await.unwrap();
    let outputs = stacks.stacks()[0].outputs();
    assert_eq!((outputs[0].output_key(), outputs[0].output_value()), (Some("Table"), Some("orders")));
    let resources = client.list_stack_resources().stack_name(cloud.stack_name()).send().await.unwrap();
    let queue = resources.stack_resource_summaries().iter().find(|one| one.logical_resource_id() == Some("Queue"));
    let url = queue.unwrap().physical_resource_id().unwrap();
    assert_eq!(url, format!("{}/000000000000/letters", cloud.endpoint_url()));
    cloud.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_is_not_there_is_a_validation_error() {
    let cloud = start().await;
    let error = Client::new(&sdk(&cloud)).describe_stacks().stack_name("other").send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationError"));
    assert_eq!(error.message(), Some("Stack with id other does not exist"));
}
