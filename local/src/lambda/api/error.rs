//! Errors in the shape of Lambda's REST API.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use crate::aws::ServiceError;

/// Why the embedded Lambda throttles: it knows no other reason.
const THROTTLE_REASON: &str = "ReservedFunctionConcurrentInvocationLimitExceeded";

/// An error of Lambda as its clients read it: the code in `x-amzn-ErrorType`, the message in the body.
/// Throttling also says why, and when to come back.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors>
pub fn error_response(error: &ServiceError) -> Response<Body> {
    let kind = if error.status < 500 { "User" } else { "Service" };
    let throttled = error.code == "TooManyRequestsException";
    let body = match error.code.as_str() {
        "TooManyRequestsException" => json!({ "Reason": THROTTLE_REASON, "Type": kind, "message": error.message }),
        // The two exceptions whose member the API spells with a capital, and what is no exception of Lambda's own.
        "ResourceNotFoundException" | "ServiceException" => json!({ "Type": kind, "Message": error.message }),
        code if code.ends_with("Exception") => json!({ "Type": kind, "message": error.message }),
        _ => json!({ "Type": kind, "Message": error.message }),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(code) = HeaderValue::from_str(&error.code) {
        headers.insert("x-amzn-errortype", code);
    }
    if throttled {
        headers.insert("retry-after", HeaderValue::from_static("1"));
    }
    response
}

/// The function has no concurrency left.
pub(in crate::lambda) fn too_many_requests() -> ServiceError {
    ServiceError::new(429, "TooManyRequestsException", "Rate Exceeded.")
}

/// An input that Lambda refuses.
pub(super) fn invalid_parameter(message: impl Into<String>) -> ServiceError {
    ServiceError::new(400, "InvalidParameterValueException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn throttling_says_why_and_when_to_come_back() {
        let response = error_response(&too_many_requests());
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["x-amzn-errortype"], "TooManyRequestsException");
        assert_eq!(response.headers()["retry-after"], "1");
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.expect("a body");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["Reason"], THROTTLE_REASON);
    }
}
