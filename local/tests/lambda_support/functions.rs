//! The functions that the tests run.

use std::{process::ExitCode, time::Duration};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// The binaries that this executable serves as functions.
pub const NAMES: [&str; 3] = ["behave", "fails-to-start", "exits-at-start"];

#[derive(Debug)]
struct Refused;

impl From<Refused> for Diagnostic {
    fn from(_: Refused) -> Self {
        Self { error_type: "Refused".into(), error_message: "as asked".into() }
    }
}

/// Runs a function until its Runtime API is gone.
pub fn main(name: &str) -> ExitCode {
    match name {
        "exits-at-start" => return ExitCode::from(3),
        "fails-to-start" => fail_to_start(),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(lambda_runtime::run(service_fn(behave))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Does what the event says.
async fn behave(event: LambdaEvent<Value>) -> Result<Value, Refused> {
    let text = |name: &str| event.payload[name].as_str().unwrap_or_default().to_owned();
    match text("do").as_str() {
        "fail" => return Err(Refused),
        "exit" => std::process::exit(3),
        "abort" => std::process::abort(),
        "sleep" => tokio::time::sleep(Duration::from_millis(event.payload["ms"].as_u64().unwrap_or(60_000))).await,
        // Waits until the test removes the file, so that no test depends on how long something takes.
        "wait" => {
            while std::path::Path::new(&text("file")).exists() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        "fail-until" => {
            let path = text("file");
            let tries = std::fs::read_to_string(&path).unwrap_or_default().len() as u64 + 1;
            std::fs::write(&path, "x".repeat(tries as usize)).unwrap();
            if tries <= event.payload["failures"].as_u64().unwrap_or(0) {
                std::process::abort();
            }
        }
        "print" => {
            println!("{}", text("text"));
            eprintln!("and an error line");
        }
        "large" => return Ok(Value::String("x".repeat(7 * 1024 * 1024))),
        "environment" => {
            let variables: serde_json::Map<String, Value> = std::env::vars().map(|(k, v)| (k, v.into())).collect();
            let directory = std::env::current_dir().unwrap_or_default();
            return Ok(json!({ "variables": variables, "directory": directory }));
        }
        _ => {}
    }
    Ok(json!({ "pid": std::process::id(), "id": event.context.request_id, "event": event.payload }))
}

/// Reports an init error the way a custom runtime does, then exits.
fn fail_to_start() {
    use std::io::{Read, Write};
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let body = r#"{"errorType":"Runtime.ConfigMissing","errorMessage":"no table"}"#;
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let request = format!(
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nhost: {address}\r\nlambda-runtime-function-error-type: \
         Runtime.ConfigMissing\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    std::process::exit(1);
}
