//! A running `eventflow-tui local`, and AWS clients for it made from nothing but its export lines.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;

/// The name of the orders table.
pub(crate) const ORDERS: &str = "eventflow-order-system-orders-dev";
/// The name of the inventory table.
pub(crate) const INVENTORY: &str = "eventflow-order-system-inventory-dev";
/// The faults table.
pub(crate) const FAULTS: &str = "eventflow-order-system-faults-dev";

/// The cloud as a process of its own.
pub(crate) struct Cloud {
    process: Child,
    environment: BTreeMap<String, String>,
}

impl Cloud {
    /// Starts `eventflow-tui local` with these further arguments and reads its export lines.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_eventflow-tui"))
            .args(["local", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(process.stdout.take().expect("its standard output"));
        let mut environment = BTreeMap::new();
        for line in output.lines() {
            let line = line.expect("a line of text");
            let (name, value) =
                line.strip_prefix("export ").and_then(|rest| rest.split_once('=')).expect("an export line");
            environment.insert(name.to_owned(), value.trim_matches('\'').to_owned());
            if name == "EVENTFLOW_STACK" {
                break;
            }
        }
        Self { process, environment }
    }

    /// A variable of the export lines.
    pub(crate) fn variable(&self, name: &str) -> &str {
        self.environment.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.environment.keys()))
    }

    /// All of the export lines, for another process.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The process id of the cloud.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The configuration for SDK clients.
    pub(crate) fn sdk(&self) -> SdkConfig {
        let credentials = Credentials::new(
            self.variable("AWS_ACCESS_KEY_ID"),
            self.variable("AWS_SECRET_ACCESS_KEY"),
            None,
            None,
            "export lines",
        );
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.variable("AWS_REGION").to_owned()))
            .endpoint_url(self.variable("AWS_ENDPOINT_URL"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    }

    /// POST /orders with that body; the status and the answer.
    pub(crate) async fn post_order(&self, body: Value) -> (StatusCode, Value) {
        let request = Request::post(format!("{}/orders", self.variable("EVENTFLOW_API_URL")))
            .header("content-type", "application/json")
            .body(Full::<bytes::Bytes>::from(body.to_string()))
            .expect("a request");
        let response = Client::builder(TokioExecutor::new()).build_http().request(request).await.expect("an answer");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&body).expect("a JSON answer"))
    }

    /// Ends it with a signal (`TERM`, `KILL`) and waits for it.
    pub(crate) fn end(&mut self, signal: &str) -> std::process::ExitStatus {
        let sent = Command::new("kill").args(["-s", signal, &self.pid().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        self.process.wait().expect("its exit status")
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
