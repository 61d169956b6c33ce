//! The Lambda Runtime API: how a function's process gets invocations and answers them.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use jiff::Timestamp;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

use crate::{aws::limits::lambda::RUNTIME_RESPONSE, lambda::RequestId};

/// The header in which a runtime says what kind of error it reports.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// An invocation as the runtime gets it.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) request_id: RequestId,
    pub(crate) payload: Bytes,
    pub(crate) timeout: Duration,
    pub(crate) function_arn: Arc<str>,
}

/// What the runtime said.
#[derive(Debug)]
pub(crate) enum Said {
    /// It is ready for the next invocation.
    Next,
    /// It answered the current invocation.
    Response(Bytes),
    /// Its answer was larger than Lambda lets through.
    TooLarge,
    /// It could not answer the current invocation.
    Error { error_type: Option<String>, payload: Bytes },
    /// It could not start.
    InitError { error_type: Option<String>, payload: Bytes },
}

/// The Runtime API of one execution environment, on a port of its own. Dropping it closes the port.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    invocations: mpsc::Sender<Invocation>,
    said: mpsc::Receiver<Said>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    said: mpsc::Sender<Said>,
    /// The invocation that was handed out and has no answer yet.
    current: Mutex<Option<RequestId>>,
}

impl RuntimeApi {
    /// Serves a Runtime API on a free port of the loopback interface.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, receiver) = mpsc::channel(1);
        let (sender, said) = mpsc::channel(4);
        let shared = Shared { invocations: tokio::sync::Mutex::new(receiver), said: sender, current: Mutex::new(None) };
        let listener = listener.tap_io(|stream| {
            // Best effort: without it answers may wait for the peer's acknowledgement.
            let _ = stream.set_nodelay(true);
        });
        let router = router(Arc::new(shared));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "a Runtime API listener ended");
            }
        });
        Ok(Self { address, invocations, said, server })
    }

    /// `host:port`, as `AWS_LAMBDA_RUNTIME_API` wants it.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands an invocation to the runtime, which has asked for it or soon will. It holds one at a time.
    pub(crate) fn hand_out(&self, invocation: Invocation) {
        if self.invocations.try_send(invocation).is_err() {
            tracing::error!("a Runtime API was given an invocation while it still had one");
        }
    }

    /// Waits for the runtime's next word. Cancel safe.
    pub(crate) async fn listen(&mut self) -> Option<Said> {
        self.said.recv().await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .with_state(shared)
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    // A lock that is taken means a second connection that asks at the same time; it waits its turn.
    let mut invocations = shared.invocations.lock().await;
    if shared.said.send(Said::Next).await.is_err() {
        return shutting_down();
    }
    let Some(invocation) = invocations.recv().await else { return shutting_down() };
    *shared.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(invocation.request_id.clone());
    let timeout = i64::try_from(invocation.timeout.as_millis()).unwrap_or(i64::MAX);
    let deadline = Timestamp::now().as_millisecond().saturating_add(timeout);
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.request_id.clone()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", invocation.function_arn.to_string()),
        ("lambda-runtime-trace-id", trace_id()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, invocation.payload).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Response {
    if let Some(refused) = shared.refuse_unless_current(&id) {
        return refused;
    }
    match read_to_end(body).await {
        Ok(payload) => shared.say(Said::Response(payload)).await,
        Err(Unread::TooLarge) => {
            let message = format!("Exceeded maximum allowed payload size ({RUNTIME_RESPONSE} bytes).");
            shared.say(Said::TooLarge).await;
            refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
        }
        // The process is going; what becomes of the invocation shows in how it ends.
        Err(Unread::Broken) => shutting_down(),
    }
}

/// Why a body could not be taken.
enum Unread {
    TooLarge,
    Broken,
}

/// Reads a body to its end even when it is too large: a runtime that is cut off while it writes never sees the refusal.
async fn read_to_end(mut body: Body) -> Result<Bytes, Unread> {
    let mut payload = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        length += data.len();
        if length <= RUNTIME_RESPONSE {
            payload.extend_from_slice(&data);
        } else {
            payload = BytesMut::new();
        }
    }
    if length <= RUNTIME_RESPONSE { Ok(payload.freeze()) } else { Err(Unread::TooLarge) }
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    if let Some(refused) = shared.refuse_unless_current(&id) {
        return refused;
    }
    let (error_type, payload) = reported(&headers, body).await;
    shared.say(Said::Error { error_type, payload }).await
}

async fn init_error(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Body) -> Response {
    let (error_type, payload) = reported(&headers, body).await;
    shared.say(Said::InitError { error_type, payload }).await
}

/// The error a runtime reports: its type, from the header, and the body.
async fn reported(headers: &HeaderMap, body: Body) -> (Option<String>, Bytes) {
    let error_type = headers.get(ERROR_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    (error_type, read_to_end(body).await.unwrap_or_default())
}

impl Shared {
    /// Closes the current invocation if it is the one named, so that it is answered once only; else the refusal.
    fn refuse_unless_current(&self, id: &str) -> Option<Response> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.as_deref() {
            Some(open) if open == id => {
                *current = None;
                None
            }
            Some(_) => Some(refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")),
            None => Some(refusal(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                "State transition is not allowed: there is no invocation to answer",
            )),
        }
    }

    async fn say(&self, said: Said) -> Response {
        if self.said.send(said).await.is_err() {
            return shutting_down();
        }
        (StatusCode::ACCEPTED, [(CONTENT_TYPE, "application/json")], r#"{"status":"OK"}"#).into_response()
    }
}

fn refusal(status: StatusCode, error_type: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errorType": error_type, "errorMessage": message }).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// 500 tells a runtime to exit.
fn shutting_down() -> Response {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "Container.Shutdown", "The execution environment is shutting down")
}

/// A trace header that is not sampled.
fn trace_id() -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let seconds = Timestamp::now().as_second();
    format!("Root=1-{seconds:08x}-{};Parent={};Sampled=0", &id[..24], &id[8..24])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn request(address: String, method: &str, path: &str, body: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let request = format!(
            "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn an_invocation_is_handed_out_and_answered_once() {
        let mut api = RuntimeApi::start().await.unwrap();
        let post = |path: &'static str| request(api.address(), "POST", path, "\"done\"");
        assert!(post("invocation/one/response").await.starts_with("HTTP/1.1 403"), "nothing was handed out");
        api.hand_out(Invocation {
            request_id: "one".into(),
            payload: "{}".into(),
            timeout: Duration::from_secs(3),
            function_arn: "arn:f".into(),
        });
        let next = request(api.address(), "GET", "invocation/next", "").await;
        for header in ["lambda-runtime-aws-request-id: one", "lambda-runtime-deadline-ms: ", "function-arn: arn:f"] {
            assert!(next.contains(header), "{header} is not in {next}");
        }
        let wrong = post("invocation/two/response").await;
        assert!(wrong.starts_with("HTTP/1.1 400") && wrong.contains("InvalidRequestID"), "{wrong}");
        assert!(post("invocation/one/response").await.starts_with("HTTP/1.1 202"));
        assert!(post("invocation/one/error").await.starts_with("HTTP/1.1 403"), "it was answered already");
        assert!(matches!(api.listen().await, Some(Said::Next)));
        assert!(matches!(api.listen().await, Some(Said::Response(body)) if body == "\"done\""));
    }
}
