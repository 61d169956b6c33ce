//! The tables, as the template has them, and a gate before them that can feign a conflict.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType,
    },
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{Request, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy, client::legacy::connect::HttpConnector, rt::TokioExecutor};
use serde_json::json;
use tokio::net::TcpListener;

use crate::server;

/// The orders table.
pub const ORDERS: &str = "orders";
/// The stock table.
pub const STOCK: &str = "inventory";
/// The faults table.
pub const FAULTS: &str = "faults";
/// The index of recent orders.
pub const INDEX: &str = "recent-orders";
/// How many partitions that index has.
pub const SHARDS: u32 = 4;

/// The tables of one test.
#[derive(Debug, Clone)]
pub struct Tables {
    conflicts: Arc<AtomicUsize>,
    transactions: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Gate {
    tables: Tables,
    authority: String,
    client: legacy::Client<HttpConnector, Full<Bytes>>,
}

impl Tables {
    /// Starts the database and the gate. The URL is the gate's.
    pub(crate) async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let database = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
        let tables = Self { conflicts: Arc::default(), transactions: Arc::default() };
        let client = legacy::Client::builder(TokioExecutor::new()).build_http();
        let gate = Gate { tables: tables.clone(), authority, client };
        let url = server::serve(Router::new().route("/", post(pass)).with_state(gate)).await;
        (tables, url)
    }

    /// The next `count` transactions conflict with another one, as they do on AWS when a row is wanted by many.
    pub fn conflict(&self, count: usize) {
        self.conflicts.store(count, Ordering::SeqCst);
    }

    /// How many transactions were asked for, those that conflicted included.
    pub fn transactions(&self) -> usize {
        self.transactions.load(Ordering::SeqCst)
    }

    pub(crate) async fn create(&self, client: &Client) {
        let attributes = ["orderId", "recentShard", "createdAt"].map(text_attribute);
        create(client, ORDERS, &attributes, &["orderId"], Some(recent_orders())).await;
        create(client, STOCK, &[text_attribute("productId")], &["productId"], None).await;
        let keys = ["functionName", "mode"];
        create(client, FAULTS, &keys.map(text_attribute), &keys, None).await;
    }
}

async fn create(
    client: &Client,
    table: &str,
    attributes: &[AttributeDefinition],
    keys: &[&str],
    index: Option<GlobalSecondaryIndex>,
) {
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.to_vec()))
        .set_key_schema(Some(key_schema(keys)))
        .set_global_secondary_indexes(index.map(|index| vec![index]))
        .send()
        .await
        .unwrap();
}

fn recent_orders() -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .set_key_schema(Some(key_schema(&["recentShard", "createdAt"])))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .unwrap()
}

fn key_schema(keys: &[&str]) -> Vec<KeySchemaElement> {
    let kinds = [KeyType::Hash, KeyType::Range];
    let element = |(name, kind): (&&str, KeyType)| {
        KeySchemaElement::builder().attribute_name(*name).key_type(kind).build().unwrap()
    };
    keys.iter().zip(kinds).map(element).collect()
}

fn text_attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
}

/// Hands a request on, or feigns a conflict.
async fn pass(State(gate): State<Gate>, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    if parts.headers.get("x-amz-target").is_some_and(|target| target.as_bytes().ends_with(b"TransactWriteItems")) {
        gate.tables.transactions.fetch_add(1, Ordering::SeqCst);
        let left = gate.tables.conflicts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() {
            return conflict();
        }
    }
    parts.uri = format!("http://{}/", gate.authority).parse().unwrap();
    let answer = gate.client.request(Request::from_parts(parts, Full::new(body))).await.unwrap();
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, Body::new(body))
}

fn conflict() -> Response {
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons \
                    [TransactionConflict, None]",
        "CancellationReasons": [
            {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"},
            {"Code": "None"},
        ],
    });
    (StatusCode::BAD_REQUEST, [("content-type", "application/x-amz-json-1.0")], body.to_string()).into_response()
}
