//! Requests and responses of an HTTP API, payload format 2.0: the parts of it that these functions use.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_smithy_types::base64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A request as API Gateway hands it to a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "ApiGatewayV2httpRequest")]
pub struct Request {
    /// Headers; API Gateway writes their names in lower case and joins repeated ones with a comma.
    pub headers: BTreeMap<String, String>,
    /// The parts of the path that the route names: `orderId`.
    pub path_parameters: BTreeMap<String, String>,
    /// The body as text, or in base64.
    pub body: Option<String>,
    /// Whether the body is in base64.
    pub is_base64_encoded: bool,
}

impl From<ApiGatewayV2httpRequest> for Request {
    fn from(event: ApiGatewayV2httpRequest) -> Self {
        let headers = event.headers.iter();
        let headers = headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        Self {
            headers: headers.collect(),
            path_parameters: event.path_parameters.into_iter().collect(),
            body: event.body,
            is_base64_encoded: event.is_base64_encoded,
        }
    }
}

impl Request {
    /// The header of that name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body's bytes; empty when there is none. `None` when it should be base64 and is not.
    pub fn body_bytes(&self) -> Option<Vec<u8>> {
        let body = self.body.as_deref().unwrap_or_default();
        if self.is_base64_encoded { base64::decode(body).ok() } else { Some(body.as_bytes().to_vec()) }
    }
}

/// A response as API Gateway takes it from a function. CORS headers are added by the API, as the template says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The HTTP status.
    pub status_code: u16,
    /// Headers.
    pub headers: BTreeMap<&'static str, String>,
    /// The body, JSON.
    pub body: String,
}

impl Response {
    /// A response with a JSON body.
    pub fn json(status_code: u16, body: &impl Serialize) -> Self {
        // What these functions answer always serializes; should it ever not, an empty object is still JSON.
        let body = serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned());
        let headers = [("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
        Self { status_code, headers: headers.into(), body }
    }

    /// A response that says what went wrong: `{"message": ...}` and more.
    pub fn problem(status_code: u16, message: &str, more: Value) -> Self {
        let mut body = json!({ "message": message });
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        Self::json(status_code, &body)
    }
}
