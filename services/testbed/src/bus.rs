//! The event bus: EventBridge's PutEvents over HTTP.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use eventflow_contract::{Envelope, Event};
use serde_json::{Value, json};

use crate::{input_of, server};

/// A bus that keeps what it was sent.
#[derive(Debug, Default)]
pub struct Bus {
    state: Mutex<BusState>,
}

#[derive(Debug, Default)]
struct BusState {
    calls: Vec<usize>,
    taken: Vec<Published>,
    refusals: VecDeque<Refusal>,
}

/// An entry that the bus took.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The bus it was sent to.
    pub bus: String,
    /// What a rule hands to its targets.
    pub input: Value,
}

/// How the bus answers one call, when it does not take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The entries at these places fail with this code; the others are taken.
    Entries(Vec<usize>, &'static str),
    /// The whole call fails with this code, in a way that the SDK does not try again.
    Call(&'static str),
}

impl Bus {
    /// The next calls are refused like this, one after the other; then all are taken again.
    pub fn refuse(&self, refusals: impl IntoIterator<Item = Refusal>) {
        self.state.lock().unwrap().refusals.extend(refusals);
    }

    /// Everything taken so far, as rules hand it to their targets.
    pub fn inputs(&self) -> Vec<Value> {
        self.taken().into_iter().map(|published| published.input).collect()
    }

    /// Everything taken so far.
    pub fn taken(&self) -> Vec<Published> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Everything taken so far, read by the contract.
    pub fn events(&self) -> Vec<Event> {
        let parse = |input: Value| Event::parse(&serde_json::from_value::<Envelope<Value>>(input).unwrap()).unwrap();
        self.inputs().into_iter().map(parse).collect()
    }

    /// The detail-types of everything taken so far.
    pub fn detail_types(&self) -> Vec<&'static str> {
        self.events().iter().map(Event::detail_type).collect()
    }

    /// How many entries each call had, refused ones included.
    pub fn calls(&self) -> Vec<usize> {
        self.state.lock().unwrap().calls.clone()
    }

    /// Forgets everything that was taken.
    pub fn forget(&self) {
        self.state.lock().unwrap().taken.clear();
    }

    fn put_events(&self, request: &Value) -> Response {
        let entries = request["Entries"].as_array().cloned().unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        state.calls.push(entries.len());
        if entries.is_empty() || entries.len() > 10 {
            return failure("ValidationException");
        }
        let (refused, code) = match state.refusals.pop_front() {
            Some(Refusal::Call(code)) => return failure(code),
            Some(Refusal::Entries(refused, code)) => (refused, code),
            None => (Vec::new(), ""),
        };
        let mut results = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            if refused.contains(&place) {
                results.push(json!({"ErrorCode": code, "ErrorMessage": "refused by the test"}));
                continue;
            }
            let published = take(entry);
            results.push(json!({"EventId": published.input["id"]}));
            state.taken.push(published);
        }
        answer(StatusCode::OK, &json!({"FailedEntryCount": refused.len(), "Entries": results}))
    }
}

fn take(entry: &Value) -> Published {
    let text = |name: &str| entry[name].as_str().unwrap_or_else(|| panic!("an entry without {name}: {entry}"));
    let detail = serde_json::from_str(text("Detail")).unwrap();
    Published { bus: text("EventBusName").to_owned(), input: input_of(text("Source"), text("DetailType"), detail) }
}

fn failure(code: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({"__type": code, "message": "refused by the test"}))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}

async fn handle(State(bus): State<Arc<Bus>>, headers: HeaderMap, body: Bytes) -> Response {
    match headers.get("x-amz-target").map(|target| target.as_bytes()) {
        Some(b"AWSEvents.PutEvents") => bus.put_events(&serde_json::from_slice(&body).unwrap()),
        _ => failure("UnknownOperationException"),
    }
}

pub(crate) async fn serve(bus: Arc<Bus>) -> String {
    server::serve(Router::new().route("/", post(handle)).with_state(bus)).await
}
