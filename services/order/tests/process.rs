//! createOrder as Lambda runs it: the real binary on a Lambda Runtime API.
#![allow(clippy::unwrap_used)]

use std::{
    collections::VecDeque,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use eventflow_kit::{Fault, FaultMode};
use eventflow_testbed::{FAULTS, ORDERS, Testbed};
use serde_json::{Value, json};
use tokio::{
    io::AsyncReadExt,
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
};

/// A Lambda Runtime API that hands out the given invocations, and then lets the function wait.
struct Lambda {
    waiting: Mutex<VecDeque<Value>>,
    answers: mpsc::UnboundedSender<Value>,
}

async fn next(State(lambda): State<Arc<Lambda>>) -> Response {
    let next = lambda.waiting.lock().unwrap().pop_front();
    let Some(invocation) = next else { return std::future::pending().await };
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-aws-request-id", "req-1".parse().unwrap());
    headers.insert("lambda-runtime-deadline-ms", "99999999999999".parse().unwrap());
    (headers, invocation.to_string()).into_response()
}

async fn answer(State(lambda): State<Arc<Lambda>>, body: String) -> Response {
    lambda.answers.send(serde_json::from_str(&body).unwrap()).unwrap();
    axum::http::StatusCode::ACCEPTED.into_response()
}

async fn lambda(invocations: Vec<Value>) -> (String, mpsc::UnboundedReceiver<Value>) {
    let (answers, received) = mpsc::unbounded_channel();
    let lambda = Arc::new(Lambda { waiting: Mutex::new(invocations.into()), answers });
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(answer))
        .with_state(lambda);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, received)
}

fn spawn(bed: &Testbed, runtime_api: &str, faults: bool) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_create-order"));
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_FUNCTION_NAME", "createOrder")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_ENDPOINT_URL_DYNAMODB", &bed.dynamodb_url)
        .env("AWS_ENDPOINT_URL_EVENTBRIDGE", &bed.eventbridge_url)
        .env("ORDERS_TABLE", ORDERS)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    if faults {
        command.env("FAULTS_TABLE", FAULTS);
    }
    command.spawn().unwrap()
}

fn order() -> Value {
    let body = json!({"userId": "user-1", "productId": "espresso", "quantity": 2}).to_string();
    let http =
        json!({"method": "POST", "path": "/orders", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t"});
    let context =
        json!({"routeKey": "POST /orders", "stage": "$default", "requestId": "1", "timeEpoch": 0, "http": http});
    json!({"version": "2.0", "headers": {}, "requestContext": context, "body": body, "isBase64Encoded": false})
}

/// Ends the process if it has not ended, and reads what it logged.
async fn log_of(mut child: Child) -> (Vec<Value>, ExitStatus) {
    child.start_kill().ok();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
    let status = child.wait().await.unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), status)
}

#[tokio::test]
async fn the_binary_takes_orders_and_logs_flat_lines() {
    let bed = Testbed::start().await;
    let (api, mut answers) = lambda(vec![order(), order()]).await;
    let child = spawn(&bed, &api, false);
    for _ in 0..2 {
        assert_eq!(answers.recv().await.unwrap()["statusCode"], 201);
    }
    assert_eq!((bed.order_count().await, bed.bus.detail_types().len()), (2, 2));
    let (lines, _) = log_of(child).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        assert_eq!((&line["level"], &line["outcome"]), (&json!("INFO"), &json!("created")));
        assert_eq!((&line["function"], &line["requestId"]), (&json!("createOrder"), &json!("req-1")));
        assert!(line["orderId"].as_str().unwrap().starts_with("ord-"));
    }
}

#[tokio::test]
async fn an_injected_error_reaches_lambda_with_a_short_type() {
    let bed = Testbed::start().await;
    bed.inject("createOrder", &fault(FaultMode::Error)).await;
    let (api, mut answers) = lambda(vec![order()]).await;
    let _child = spawn(&bed, &api, true);
    assert_eq!(answers.recv().await.unwrap()["errorType"], "InjectedFault");
    assert_eq!(bed.order_count().await, 0);
}

#[tokio::test]
async fn a_crash_between_write_and_publication_leaves_a_stored_order_that_nobody_heard_of() {
    let bed = Testbed::start().await;
    bed.inject("createOrder", &fault(FaultMode::Publish)).await;
    let (api, _answers) = lambda(vec![order()]).await;
    let mut child = spawn(&bed, &api, true);
    assert!(!child.wait().await.unwrap().success());
    assert_eq!((bed.order_count().await, bed.bus.calls().len()), (1, 0));
}

#[tokio::test]
async fn a_function_without_its_table_says_so_and_ends() {
    let bed = Testbed::start().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_create-order"));
    command.env_clear().env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9").env("AWS_LAMBDA_FUNCTION_NAME", "createOrder");
    command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
    command.env("AWS_REGION", "us-east-1");
    command.env("AWS_ENDPOINT_URL", &bed.dynamodb_url);
    let output = command.output().await.unwrap();
    assert!(!output.status.success());
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(line["message"].as_str().unwrap().contains("ORDERS_TABLE"), "{line}");
}

fn fault(mode: FaultMode) -> Fault {
    Fault { mode, rate: 1.0, latency: Duration::ZERO, expires_at: None }
}
