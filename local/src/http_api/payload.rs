//! The payload format 2.0 of Lambda proxy integrations.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::{collections::BTreeMap, net::IpAddr};

use axum::body::Body;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE, USER_AGENT},
    request::Parts,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use super::route::Matched;

/// What the request's context tells of the API and the caller.
pub(super) struct Context<'a> {
    pub(super) api_id: &'a str,
    pub(super) stage: &'a str,
    pub(super) account: &'a str,
    pub(super) source_ip: IpAddr,
}

/// The event for the function.
pub(super) fn request(parts: &Parts, body: &[u8], matched: &Matched<'_>, context: &Context<'_>) -> Value {
    let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = header(HOST);
    let now = Timestamp::now();
    let mut event = json!({
        "version": "2.0",
        "routeKey": matched.key(),
        "rawPath": parts.uri.path(),
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(parts),
        "requestContext": {
            "accountId": context.account,
            "apiId": context.api_id,
            "domainName": host,
            "domainPrefix": context.api_id,
            "http": {
                "method": parts.method.as_str(),
                "path": parts.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": context.source_ip.to_string(),
                "userAgent": header(USER_AGENT),
            },
            "requestId": uuid::Uuid::new_v4().to_string(),
            "routeKey": matched.key(),
            "stage": context.stage,
            "time": now.to_zoned(TimeZone::UTC).strftime("%d/%b/%Y:%H:%M:%S %z").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    let cookies: Vec<&str> = parts
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|c| c.split("; "))
        .collect();
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
        event["queryStringParameters"] = json!(joined(query_pairs(query)));
    }
    if !matched.variables.is_empty() {
        event["pathParameters"] = json!(matched.variables);
    }
    match std::str::from_utf8(body) {
        Ok("") => {}
        Ok(text) => event["body"] = json!(text),
        Err(_) => {
            event["body"] = json!(aws_smithy_types::base64::encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
    event
}

/// Header names in lower case, several values of one name joined with commas; cookies are told elsewhere.
fn headers(parts: &Parts) -> BTreeMap<String, String> {
    let named = parts.headers.iter().filter(|(name, _)| *name != COOKIE);
    joined(named.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))))
}

fn joined(pairs: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in pairs {
        all.entry(name)
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert(value);
    }
    all
}

fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| percent_decode(&text.replace('+', " "));
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// Decodes percent signs with two hexadecimal digits behind them; anything else stays as it is.
pub(super) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| bytes[at] == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A structured answer of a function.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Structured {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    cookies: Vec<String>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The HTTP response that a function's answer stands for. An answer without `statusCode` is itself the body of a 200.
/// `None` when it is structured and malformed.
pub(super) fn response(answer: &str) -> Option<Response<Body>> {
    let value: Value = serde_json::from_str(answer).ok()?;
    if value.get("statusCode").is_none() {
        let body = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Response::builder().header(CONTENT_TYPE, "application/json").body(Body::from(body)).ok();
    }
    let answer: Structured = serde_json::from_value(value).ok()?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded { aws_smithy_types::base64::decode(body).ok()? } else { body.into_bytes() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code).ok()?;
    for (name, value) in answer.headers {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        response.headers_mut().insert(HeaderName::try_from(name).ok()?, HeaderValue::from_str(&value).ok()?);
    }
    for cookie in answer.cookies {
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    response.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_decoded_and_rubbish_is_kept() {
        assert_eq!(percent_decode("a%20b%C3%A9%"), "a bé%");
        assert_eq!(percent_decode("%zz%2"), "%zz%2");
    }

    #[test]
    fn an_answer_without_a_status_is_the_body() {
        let response = response(r#"{"orderId":"1"}"#).expect("a response");
        assert_eq!(
            (response.status(), &response.headers()[CONTENT_TYPE]),
            (StatusCode::OK, &HeaderValue::from_static("application/json"))
        );
    }

    #[test]
    fn a_malformed_structured_answer_is_none() {
        assert!(response(r#"{"statusCode":"x"}"#).is_none());
        assert!(response(r#"{"statusCode":9}"#).is_none());
        assert!(response(r#"{"statusCode":200,"body":"%","isBase64Encoded":true}"#).is_none());
        assert!(response("not JSON").is_none());
    }
}
