use aws_sdk_dynamodb::{Client, error::ProvideErrorMetadata, types::AttributeValue};

use crate::client::{sdk, start, with_key};

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_the_template_are_there() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    client.put_item().table_name("orders").item("id", AttributeValue::S("1".into())).send().await.unwrap();
    let found = client.get_item().table_name("orders").key("id", AttributeValue::S("1".into())).send().await.unwrap();
    assert!(found.item.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_credentials_are_refused_as_aws_refuses_them() {
    let cloud = start().await;
    let (id, secret) = cloud.access_key();
    let stranger = Client::new(&with_key(&cloud, "AKIAXXXXXXXXXXXXXXXX", secret));
    let error = stranger.list_tables().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnrecognizedClientException"));
    let forger = Client::new(&with_key(&cloud, id, "another secret"));
    let error = forger.list_tables().send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidSignatureException"));
}
