//! A Lambda to test: its functions, what it logs and what it delivers.

use std::{
    collections::BTreeMap,
    future::Future,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use eventflow_local::{
    aws::{Arn, Call, Clock, Deliver, Delivery, DeliveryError, Principal, Reply, ServiceError},
    lambda::{FunctionPrograms, FunctionSetup, Lambda, LambdaOptions, LambdaServices, LogLine, LogSink},
    process::reaper_binary_name,
    stack::{AsyncInvokeConfig, Function, LogFormat},
};
use futures::future::BoxFuture;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::functions;

/// Longer than anything takes that is going to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// The log lines of all functions, and the records delivered to destinations.
#[derive(Debug, Default)]
pub struct Seen {
    lines: Mutex<Vec<(String, String)>>,
    records: Mutex<Vec<Value>>,
}

impl LogSink for Seen {
    fn put(&self, group: &str, _stream: &str, lines: Vec<LogLine>) {
        let lines = lines.into_iter().map(|line| (group.to_owned(), line.message));
        self.lines.lock().unwrap().extend(lines);
    }
}

impl Deliver for Seen {
    fn deliver(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), DeliveryError>> {
        let mut record: Value = serde_json::from_str(&delivery.payload).unwrap();
        record["deliveredTo"] = delivery.target.to_string().into();
        self.records.lock().unwrap().push(record);
        Box::pin(async { Ok(()) })
    }
}

/// A running Lambda.
pub struct Cloud {
    pub lambda: Lambda,
    pub seen: Arc<Seen>,
    cancel: CancellationToken,
}

/// A function named as its binary, which fails to a queue and succeeds to another.
pub fn function(binary: &str) -> Function {
    let queue = |name: &str| format!("arn:aws:sqs:us-east-1:000000000000:{name}").parse::<Arn>().unwrap();
    Function {
        logical_id: "Function".into(),
        name: binary.into(),
        arn: format!("arn:aws:lambda:us-east-1:000000000000:function:{binary}").parse().unwrap(),
        binary: binary.into(),
        handler: "bootstrap".into(),
        runtime: "provided.al2023".into(),
        architecture: "x86_64".into(),
        memory_mb: 128,
        timeout: Duration::from_secs(20),
        environment: BTreeMap::from([("TABLE".to_owned(), "orders".to_owned())]),
        reserved_concurrency: None,
        log_group: format!("/aws/lambda/{binary}"),
        log_format: LogFormat::Json,
        async_invoke: AsyncInvokeConfig {
            on_failure: Some(queue("failed")),
            on_success: Some(queue("succeeded")),
            ..AsyncInvokeConfig::default()
        },
        policy: Vec::new(),
    }
}

fn setup(spec: Function) -> FunctionSetup {
    let credentials = BTreeMap::from([("AWS_ACCESS_KEY_ID".to_owned(), "AKIAFUNCTION".to_owned())]);
    FunctionSetup { spec, credentials }
}

impl Cloud {
    /// Runs functions; waits pass `scale` times as fast as on AWS.
    pub fn start(functions: Vec<Function>, scale: f64, change: impl FnOnce(&mut LambdaOptions)) -> Self {
        let executable = std::env::current_exe().unwrap();
        let linked = functions::NAMES.iter().copied().chain([reaper_binary_name()]).map(str::to_owned).collect();
        let beside = executable.parent().unwrap().to_owned();
        let programs = FunctionPrograms { linked, executable, beside };
        let mut options = LambdaOptions::new(std::env::temp_dir().canonicalize().unwrap());
        change(&mut options);
        let (seen, cancel) = (Arc::new(Seen::default()), CancellationToken::new());
        let services = LambdaServices {
            clock: Clock::scaled(scale),
            deliver: seen.clone(),
            logs: seen.clone(),
            endpoint_url: "http://127.0.0.1:4566".into(),
            cancel: cancel.clone(),
        };
        let lambda = Lambda::start(functions.into_iter().map(setup).collect(), programs, &options, &services);
        Self { lambda, seen, cancel }
    }

    /// Deploys one more.
    pub fn add(&self, function: Function) {
        self.lambda.add(setup(function));
    }

    /// One `behave` function as it is by default.
    pub fn behave(scale: f64) -> Self {
        Self::start(vec![function("behave")], scale, |_| {})
    }

    /// Invokes `behave` and waits; the answer, and whether it is an error.
    pub async fn invoke(&self, event: Value) -> (Value, bool) {
        self.invoke_function("behave", event).await
    }

    pub async fn invoke_function(&self, name: &str, event: Value) -> (Value, bool) {
        let result = self.lambda.invoke(name, event.to_string().into()).await.unwrap();
        (serde_json::from_slice(&result.payload).unwrap(), result.function_error.is_some())
    }

    pub fn invoke_async(&self, event: Value) -> String {
        self.lambda.invoke_async("behave", event.to_string().into()).unwrap()
    }

    /// Calls the REST API as the operator.
    pub async fn call(&self, method: Method, uri: &str, headers: &[(&'static str, &str)], body: Value) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let call = Call {
            operation: String::new(),
            method,
            uri: uri.parse().unwrap(),
            headers: map,
            body: body.into(),
            principal: Principal::Operator,
            request_id: uuid::Uuid::new_v4().to_string(),
        };
        Answer::read(self.lambda.handle(call).await).await
    }

    pub async fn reserve(&self, concurrency: u32) {
        let body = json!({ "ReservedConcurrentExecutions": concurrency });
        let answer = self.call(Method::PUT, "/2017-10-31/functions/behave/concurrency", &[], body).await;
        assert_eq!(answer.status, 200);
    }

    pub async fn unreserve(&self) {
        let answer = self.call(Method::DELETE, "/2017-10-31/functions/behave/concurrency", &[], Value::Null).await;
        assert_eq!(answer.status, 204);
    }

    /// The records delivered, once there are `count`.
    pub async fn records(&self, count: usize) -> Vec<Value> {
        eventually("records", || self.seen.records.lock().unwrap().len() >= count).await;
        self.seen.records.lock().unwrap().clone()
    }

    /// All log lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.seen.lines.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
    }

    /// The platform records of a type so far.
    pub fn platform(&self, kind: &str) -> Vec<Value> {
        let lines = self.lines();
        let values = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        values.filter(|value| value["type"] == kind).map(|value| value["record"].clone()).collect()
    }

    /// Shuts down and waits for it.
    pub async fn stop(self) {
        self.cancel.cancel();
        within("the shutdown", self.lambda.stopped()).await;
    }
}

/// An answer of the REST API.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    async fn read(reply: Result<Reply, ServiceError>) -> Self {
        let response = match reply {
            Ok(Reply::Json(body)) => return Self { status: 200, headers: HeaderMap::new(), body },
            Ok(Reply::Empty) => return Self { status: 200, headers: HeaderMap::new(), body: Value::Null },
            Ok(Reply::Http(response)) => response,
            Err(error) => eventflow_local::lambda::error_response(&error),
        };
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// Waits for something that is going to happen.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Waits until a condition holds.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) {
    within(what, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// Whether a process is there and is not a zombie.
pub fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    // The state follows the name, which is in parentheses and may hold any character.
    stat.is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X'])))
}
