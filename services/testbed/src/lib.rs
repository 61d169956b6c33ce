//! Tables and an event bus on loopback, for the tests of EventFlow's functions.
//!
//! The tables are DynamoDB's semantics over HTTP; the bus takes PutEvents over HTTP, keeps what it was sent, and can be
//! told to refuse. Handlers get the AWS SDK's own clients, so what is tested is what runs.
// A crate for tests: a test bed that cannot be set up has nothing better to do than to panic.
#![allow(clippy::unwrap_used)]

mod bus;
mod rows;
mod server;
mod tables;

use std::{sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use eventflow_contract::Event;
use serde_json::{Value, json};

pub use bus::{Bus, Published, Refusal};
pub use tables::{FAULTS, INDEX, ORDERS, SHARDS, STOCK, Tables};

/// One test's tables and bus. They end with the test's runtime.
#[derive(Debug)]
pub struct Testbed {
    /// The tables.
    pub tables: Tables,
    /// The bus.
    pub bus: Arc<Bus>,
    /// A client of the tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// A client of the bus.
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// The URL of the tables.
    pub dynamodb_url: String,
    /// The URL of the bus.
    pub eventbridge_url: String,
}

impl Testbed {
    /// Empty tables and a bus that takes everything.
    pub async fn start() -> Self {
        let (tables, dynamodb_url) = Tables::start().await;
        let bus = Arc::new(Bus::default());
        let eventbridge_url = bus::serve(Arc::clone(&bus)).await;
        let dynamodb = aws_sdk_dynamodb::Client::new(&config(&dynamodb_url));
        tables.create(&dynamodb).await;
        let eventbridge = aws_sdk_eventbridge::Client::new(&config(&eventbridge_url));
        Self { tables, bus, dynamodb, eventbridge, dynamodb_url, eventbridge_url }
    }

    /// A client of a bus where nobody listens.
    pub async fn unreachable_bus(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&config(&server::closed_port().await))
    }

    /// A client of tables where nobody listens.
    pub async fn unreachable_tables(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&config(&server::closed_port().await))
    }
}

fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDTEST", "secret", None, None, "testbed");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().build_http())
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .endpoint_url(endpoint)
        .build()
}

/// The input of a function that a rule brings this event to.
pub fn input(event: &Event) -> Value {
    let detail: Value = serde_json::from_str(&event.detail_json().unwrap()).unwrap();
    input_of(event.source(), event.detail_type(), detail)
}

/// The input of a function that a rule brings an event of this detail to.
pub fn input_of(source: &str, detail_type: &str, detail: Value) -> Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": detail_type,
        "source": source,
        "account": "123456789012",
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    })
}
