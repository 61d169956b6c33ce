//! Cross-origin requests, as the API's own configuration says; what the function answers is replaced.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>

use axum::body::Body;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
        ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    },
    request::Parts,
};

use crate::stack::Cors;

/// The answer to a preflight request, which never reaches a function.
pub(super) fn preflight(cors: Option<&Cors>, parts: &Parts) -> Option<Response<Body>> {
    let cors = cors?;
    let asks = parts.method == Method::OPTIONS && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let origin = parts.headers.get(ORIGIN).filter(|_| asks)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if cors.allows(origin) {
        let headers = response.headers_mut();
        allow_origin(cors, origin, headers);
        list(headers, ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods);
        list(headers, ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers);
        list(headers, ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers);
        if let Some(seconds) = cors.max_age {
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
        }
    }
    Some(response)
}

/// Puts the configured headers on an answer, in place of any that the function gave.
pub(super) fn apply(cors: Option<&Cors>, request: &HeaderMap, response: &mut HeaderMap) {
    let Some(cors) = cors else { return };
    for name in [
        ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_EXPOSE_HEADERS,
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        ACCESS_CONTROL_MAX_AGE,
    ] {
        response.remove(name);
    }
    let Some(origin) = request.get(ORIGIN).filter(|origin| cors.allows(origin)) else { return };
    allow_origin(cors, origin, response);
    list(response, ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers);
}

impl Cors {
    fn allows(&self, origin: &HeaderValue) -> bool {
        self.allow_origins
            .iter()
            .any(|allowed| allowed == "*" || origin.to_str().is_ok_and(|origin| matches_origin(allowed, origin)))
    }
}

/// `https://*` allows every origin of that scheme.
fn matches_origin(allowed: &str, origin: &str) -> bool {
    match allowed.strip_suffix('*') {
        Some(scheme) => origin.starts_with(scheme),
        None => allowed.eq_ignore_ascii_case(origin),
    }
}

fn allow_origin(cors: &Cors, origin: &HeaderValue, headers: &mut HeaderMap) {
    let any = cors.allow_origins.iter().any(|allowed| allowed == "*");
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, if any { HeaderValue::from_static("*") } else { origin.clone() });
    if cors.allow_credentials {
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

fn list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if let Ok(value) = HeaderValue::from_str(&values.join(","))
        && !values.is_empty()
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn cors() -> Cors {
        Cors {
            allow_origins: vec!["https://shop.example".into()],
            allow_methods: vec!["GET".into(), "POST".into()],
            allow_headers: vec!["content-type".into()],
            max_age: Some(300),
            ..Cors::default()
        }
    }

    fn asked(origin: &str) -> Response<Body> {
        let request = Request::options("/orders").header(ORIGIN, origin).header(ACCESS_CONTROL_REQUEST_METHOD, "POST");
        preflight(Some(&cors()), &request.body(()).expect("a request").into_parts().0).expect("a preflight answer")
    }

    #[test]
    fn preflight_tells_only_allowed_origins_what_they_may() {
        let allowed = asked("https://shop.example");
        assert_eq!(allowed.headers()[ACCESS_CONTROL_ALLOW_METHODS], "GET,POST");
        assert_eq!(allowed.headers()[ACCESS_CONTROL_MAX_AGE], "300");
        assert!(asked("https://other.example").headers().is_empty());
    }

    #[test]
    fn the_functions_own_headers_are_replaced() {
        let request = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("https://shop.example"))]);
        let mut response = HeaderMap::from_iter([(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))]);
        apply(Some(&cors()), &request, &mut response);
        assert_eq!(response[ACCESS_CONTROL_ALLOW_ORIGIN], "https://shop.example");
    }
}
