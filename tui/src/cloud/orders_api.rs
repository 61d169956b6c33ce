//! Placing orders through the HTTP API, as any customer does.

use std::time::Duration;

use eventflow_contract::Order;
use http::{Request, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};

use super::cause;
use crate::app::NewOrder;

/// A little longer than an HTTP API takes to give up by itself.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const PATIENCE: Duration = Duration::from_secs(35);

type Body = Full<hyper::body::Bytes>;

/// The client of the HTTP API.
#[derive(Debug, Clone)]
pub struct OrdersApi {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    url: String,
}

/// Why an order was not placed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The API was not reached.
    #[error("cannot reach {url}: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// The API refused it.
    #[error("the order was refused ({status}): {reason}")]
    Refused {
        /// The HTTP status.
        status: StatusCode,
        /// What the API said.
        reason: String,
    },
}

impl OrdersApi {
    /// A client of the API at that base URL. Certificates are read only for HTTPS.
    pub fn new(api_url: &str) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let tls = tls_config(api_url.starts_with("https://"));
        let connector = HttpsConnector::from((http, tls));
        Self { client: Client::builder(TokioExecutor::new()).build(connector), url: format!("{api_url}/orders") }
    }

    /// Places an order; the accepted order is answered as JSON.
    ///
    /// # Errors
    /// [`PlaceError`] when the API cannot be reached or refuses the order.
    pub async fn place(&self, order: &NewOrder) -> Result<Value, PlaceError> {
        let unreachable = |reason: String| PlaceError::Unreachable { url: self.url.clone(), reason };
        let body = json!({ "userId": order.user_id, "productId": order.product_id, "quantity": order.quantity });
        let request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .map_err(|error| unreachable(error.to_string()))?;
        let response = tokio::time::timeout(PATIENCE, self.client.request(request));
        let response = response.await.map_err(|_| unreachable(format!("no answer within {} s", PATIENCE.as_secs())))?;
        let response = response.map_err(|error| unreachable(cause(&error)))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| unreachable(error.to_string()))?.to_bytes();
        let answer: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(answer);
        }
        Err(PlaceError::Refused { status, reason: reason(&answer) })
    }
}

/// The accepted order in the API's answer.
pub(crate) fn accepted(answer: &Value) -> Option<Order> {
    serde_json::from_value(answer.clone()).ok()
}

/// What a refusal says, its violations included, in one line.
fn reason(answer: &Value) -> String {
    let violations = answer["violations"].as_array().map(Vec::as_slice).unwrap_or_default();
    let told: Vec<String> = violations
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("field"), text("problem"))
        })
        .collect();
    match (told.is_empty(), answer["message"].as_str()) {
        (false, _) => told.join("; "),
        (true, Some(message)) => message.to_owned(),
        (true, None) => "no reason was given".to_owned(),
    }
}

fn tls_config(needed: bool) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    if needed {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring serves the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_every_violation() {
        let answer = json!({"message": "invalid", "violations": [
            {"field": "quantity", "problem": "must be 1 to 1000"}, {"field": "userId", "problem": "is missing"},
        ]});
        assert_eq!(reason(&answer), "quantity must be 1 to 1000; userId is missing");
        assert_eq!(reason(&json!({"message": "Not Found"})), "Not Found");
        assert_eq!(reason(&Value::Null), "no reason was given");
    }
}
