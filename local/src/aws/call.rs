//! One call of an AWS API, as the gateway hands it to a service.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde::de::DeserializeOwned;

use super::ServiceError;

/// Who signed a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The person at the keyboard: the credentials that the embedded cloud prints. May do everything.
    Operator,
    /// A function, by its name: the credentials in that function's environment.
    Function(String),
}

/// An authenticated call of an AWS API.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operation's name as in the service's API reference: `PutEvents`. Empty for REST services (Lambda),
    /// which tell operations apart by method and path.
    pub operation: String,
    /// The HTTP method.
    pub method: Method,
    /// Path and query as received.
    pub uri: Uri,
    /// All request headers.
    pub headers: HeaderMap,
    /// The whole request body.
    pub body: Bytes,
    /// Who signed the call.
    pub principal: Principal,
    /// The id given to this request; answered as `x-amzn-RequestId`.
    pub request_id: String,
}

impl Call {
    /// The body as the operation's JSON input; an empty body reads as `{}`.
    ///
    /// # Errors
    /// `SerializationException` (400) when the body is not JSON of that shape, as AWS's JSON protocols answer.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body)
            .map_err(|error| ServiceError::new(400, "SerializationException", error.to_string()))
    }
}

/// What a service answers to a [`Call`]. The gateway adds request id and content type.
#[derive(Debug)]
pub enum Reply {
    /// 200 with a JSON body.
    Json(serde_json::Value),
    /// 200 with nothing in it.
    Empty,
    /// Anything else, headers and all: REST answers, event streams, XML.
    Http(http::Response<Body>),
}

impl Reply {
    /// A JSON answer from any serializable output.
    ///
    /// # Errors
    /// `InternalFailure` (500) when the output does not serialize.
    pub fn json<T: serde::Serialize>(output: &T) -> Result<Self, ServiceError> {
        serde_json::to_value(output)
            .map(Self::Json)
            .map_err(|error| ServiceError::new(500, "InternalFailure", error.to_string()))
    }
}
