//! The front door: one loopback address for all AWS APIs. Finds out which service a request is for, checks who signed it,
//! hands it over as a [`Call`], and renders the answer in that service's protocol.

mod credentials;
mod reply;
mod service;
mod signature;

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, body::Body, extract::State};
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;

pub use self::{
    credentials::{AccessKey, Credentials},
    service::Service,
};
use crate::aws::{Call, Reply, ServiceError};

/// The largest request that any of the APIs takes: DynamoDB's 16 MB.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// A service behind the gateway.
pub trait Api: Send + Sync {
    /// Answers one authenticated call.
    fn handle(&self, call: Call) -> BoxFuture<'_, Result<Reply, ServiceError>>;
}

/// The services and the credentials that open them.
#[derive(Clone)]
pub struct Gateway {
    credentials: Credentials,
    apis: Arc<BTreeMap<Service, Arc<dyn Api>>>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("services", &self.apis.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

impl Gateway {
    /// A gateway to `apis`, opened by `credentials`.
    pub fn new(credentials: Credentials, apis: BTreeMap<Service, Arc<dyn Api>>) -> Self {
        Self { credentials, apis: Arc::new(apis) }
    }

    /// The HTTP side of it.
    pub fn router(self) -> Router {
        Router::new().fallback(serve).with_state(self)
    }

    async fn answer(&self, service: Service, request: Request<Body>, id: &str) -> Result<Reply, ServiceError> {
        let (parts, body) = request.into_parts();
        let body = http_body_util::Limited::new(body, MAX_REQUEST_BYTES)
            .collect()
            .await
            .map_err(|error| ServiceError::new(413, "RequestEntityTooLargeException", error.to_string()))?
            .to_bytes();
        let principal = signature::authenticate(&parts, &body, &self.credentials, service)?;
        let api = self.apis.get(&service).ok_or_else(|| ServiceError::unsupported(service.name(), ""))?;
        let operation = service.operation(&parts.headers);
        api.handle(Call {
            operation,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
            principal,
            request_id: id.to_owned(),
        })
        .await
    }
}

async fn serve(State(gateway): State<Gateway>, request: Request<Body>) -> Response<Body> {
    let id = uuid::Uuid::new_v4().to_string();
    let protocol = reply::Protocol::of(request.headers());
    let Some(service) = Service::of(request.uri().path(), request.headers()) else {
        let error = ServiceError::new(
            404,
            "UnknownOperationException",
            "This address serves the AWS APIs of the embedded cloud; the request names none of them.",
        );
        return reply::error(&error, protocol, &id);
    };
    match gateway.answer(service, request, &id).await {
        Ok(answer) => reply::success(answer, protocol, &id),
        Err(error) => {
            tracing::debug!(service = service.name(), %error, "call refused");
            reply::error(&error, protocol, &id)
        }
    }
}
