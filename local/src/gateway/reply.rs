//! Answers in the protocol of the service that was asked.

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header::CONTENT_TYPE};
use serde_json::json;

use crate::aws::{Reply, ServiceError};

/// How a service writes its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// AWS JSON 1.0 or 1.1; the answer's content type is the request's.
    Json(&'static str),
    /// REST with JSON bodies: Lambda.
    RestJson,
    /// Query with XML answers: CloudFormation.
    Query,
}

impl Protocol {
    /// The protocol that a client with these headers speaks.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/x-amz-json-1.0" => Self::Json("application/x-amz-json-1.0"),
            "application/x-amz-json-1.1" => Self::Json("application/x-amz-json-1.1"),
            "application/x-www-form-urlencoded" => Self::Query,
            _ => Self::RestJson,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json(content_type) => content_type,
            Self::RestJson => "application/json",
            Self::Query => "text/xml",
        }
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// SDKs of the Query protocol's time read the code of an SQS error here.
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// The answer to a call that went well.
pub(super) fn success(reply: Reply, protocol: Protocol, id: &str) -> Response<Body> {
    let mut response = match reply {
        Reply::Json(value) => with_type(Body::from(value.to_string()), protocol.content_type()),
        Reply::Empty => with_type(Body::empty(), protocol.content_type()),
        Reply::Http(response) => response,
    };
    stamp(&mut response, id);
    response
}

/// The answer to a call that failed.
pub(super) fn error(error: &ServiceError, protocol: Protocol, id: &str) -> Response<Body> {
    let body = match protocol {
        Protocol::Json(_) => json!({ "__type": error.code, "message": error.message }).to_string(),
        Protocol::RestJson => json!({ "Type": "User", "Message": error.message, "message": error.message }).to_string(),
        Protocol::Query => query_error(error, id),
    };
    let mut response = with_type(Body::from(body), protocol.content_type());
    *response.status_mut() = http::StatusCode::from_u16(error.status).unwrap_or(http::StatusCode::BAD_REQUEST);
    if let Ok(code) = HeaderValue::from_str(&error.code) {
        response.headers_mut().insert(ERROR_TYPE, code);
    }
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    if let Ok(code) = HeaderValue::from_str(&format!("{};{fault}", error.code)) {
        response.headers_mut().insert(QUERY_ERROR, code);
    }
    stamp(&mut response, id);
    response
}

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html>
fn query_error(error: &ServiceError, id: &str) -> String {
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>{fault}</Type>\
<Code>{}</Code><Message>{}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
        escaped(&error.code),
        escaped(&error.message)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn with_type(body: Body, content_type: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn stamp(response: &mut Response<Body>, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
}
