//! API Gateway HTTP APIs with Lambda proxy integrations of payload format 2.0.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

mod cors;
mod payload;
mod route;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, State},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;

use crate::{
    aws::{Arn, limits::http_api as limits},
    stack::HttpApi,
};

/// What invokes the functions behind the routes. The cloud implements it over Lambda.
pub trait InvokeFunction: Send + Sync {
    /// Invokes and waits for the answer.
    fn invoke(&self, function: &Arn, payload: String) -> BoxFuture<'_, Result<String, InvokeError>>;
}

/// Why a function gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvokeError {
    /// It failed: an error, a crash.
    Failed,
    /// It was throttled, or took too long.
    Unavailable,
}

/// The HTTP API, ready to be served.
#[derive(Clone)]
struct Api {
    definition: Arc<HttpApi>,
    account: Arc<str>,
    functions: Arc<dyn InvokeFunction>,
}

/// The HTTP side of an API. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that functions see the
/// caller's address.
pub fn router(definition: HttpApi, account: &str, functions: Arc<dyn InvokeFunction>) -> Router {
    let api = Api { definition: Arc::new(definition), account: account.into(), functions };
    Router::new().fallback(serve).with_state(api)
}

async fn serve(
    State(api): State<Api>,
    ConnectInfo(caller): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if let Some(preflight) = cors::preflight(api.definition.cors.as_ref(), &parts) {
        return preflight;
    }
    let mut response = match body_of(body).await {
        Ok(body) => api.answer(&parts, body, caller).await,
        Err(response) => response,
    };
    cors::apply(api.definition.cors.as_ref(), &parts.headers, response.headers_mut());
    response
}

async fn body_of(body: Body) -> Result<Bytes, Response<Body>> {
    match Limited::new(body, limits::MAX_PAYLOAD_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"))
        }
        Err(_) => Err(message(StatusCode::BAD_REQUEST, "Bad Request")),
    }
}

impl Api {
    async fn answer(&self, parts: &Parts, body: Bytes, caller: SocketAddr) -> Response<Body> {
        let stage = &self.definition.stage;
        let path = match stage.as_str() {
            "$default" => parts.uri.path(),
            stage => match parts.uri.path().strip_prefix('/').and_then(|path| path.strip_prefix(stage)) {
                Some(path) => path,
                None => return message(StatusCode::NOT_FOUND, "Not Found"),
            },
        };
        let Some(matched) = route::find(&self.definition.routes, parts.method.as_str(), path) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        let context =
            payload::Context { api_id: &self.definition.id, stage, account: &self.account, source_ip: caller.ip() };
        let event = payload::request(parts, &body, &matched, &context).to_string();
        let invoked =
            tokio::time::timeout(limits::INTEGRATION_TIMEOUT, self.functions.invoke(&matched.route.function, event));
        match invoked.await {
            Ok(Ok(answer)) => payload::response(&answer)
                .unwrap_or_else(|| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")),
            Ok(Err(InvokeError::Failed)) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
            Ok(Err(InvokeError::Unavailable)) | Err(_) => {
                message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
            }
        }
    }
}

fn message(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(json!({ "message": text }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
