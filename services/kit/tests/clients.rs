//! The clients as a function makes them.
#![allow(clippy::unwrap_used)]

use aws_config::Region;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use eventflow_kit::{Clients, OrderTable};
use eventflow_testbed::{ORDERS, SHARDS, Testbed};

fn clients(dynamodb: Option<String>, eventbridge: Option<String>) -> Clients {
    let credentials = SharedCredentialsProvider::new(Credentials::new("AKIDTEST", "secret", None, None, "test"));
    Clients::at(Region::new("us-east-1"), &credentials, dynamodb, eventbridge)
}

async fn finds(clients: &Clients) -> Result<bool, eventflow_kit::Error> {
    let orders = OrderTable::new(clients.dynamodb.clone(), ORDERS, SHARDS);
    orders.find("ord-1").await.map(|row| row.is_some())
}

#[tokio::test]
async fn plain_endpoints_are_reached() {
    let bed = Testbed::start().await;
    bed.place("ord-1", "espresso", 2).await;
    let plain = clients(Some(bed.dynamodb_url.clone()), Some(bed.eventbridge_url.clone()));
    assert!(finds(&plain).await.unwrap());
}

#[tokio::test]
async fn one_endpoint_of_aws_itself_gives_both_a_client_that_speaks_https_too() {
    let bed = Testbed::start().await;
    bed.place("ord-1", "espresso", 2).await;
    assert!(finds(&clients(Some(bed.dynamodb_url.clone()), None)).await.unwrap());
    // The server speaks no TLS, so the handshake fails: it was tried, with a client that can.
    let https = bed.dynamodb_url.replace("http://", "https://");
    let error = finds(&clients(Some(https), None)).await.unwrap_err();
    assert_eq!(error.name(), "StoreFailed");
    assert!(!error.to_string().contains("invalid URI"), "{error}");
}
