use std::sync::Arc;

use bytes::Bytes;
use eventflow_local::{
    aws::Arn,
    http_api::{InvokeError, InvokeFunction, router},
    stack::{Cors, HttpApi, Route},
};
use futures::future::{BoxFuture, FutureExt, ready};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

/// Answers with the event it was given, or as its name says.
struct Functions;

impl InvokeFunction for Functions {
    fn invoke(&self, function: &Arn, payload: String) -> BoxFuture<'_, Result<String, InvokeError>> {
        let answer = match function.resource.as_str() {
            "function:echo" => {
                let headers = json!({"content-type": "application/json", "access-control-allow-origin": "nobody"});
                Ok(json!({"statusCode": 201, "body": payload, "headers": headers, "cookies": ["a=1"]}).to_string())
            }
            "function:busy" => Err(InvokeError::Unavailable),
            _ => Err(InvokeError::Failed),
        };
        ready(answer).boxed()
    }
}

async fn serve() -> String {
    let route = |method: &str, path: &str, function: &str| Route {
        method: method.into(),
        path: path.into(),
        function: format!("arn:aws:lambda:us-east-1:0:function:{function}").parse().unwrap(),
    };
    let api = HttpApi {
        logical_id: "Api".into(),
        id: "abc".into(),
        stage: "$default".into(),
        routes: vec![
            route("POST", "/orders/{id}", "echo"),
            route("GET", "/fail", "fail"),
            route("GET", "/busy", "busy"),
        ],
        cors: Some(Cors { allow_origins: vec!["*".into()], allow_methods: vec!["POST".into()], ..Cors::default() }),
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = router(api, "0", Arc::new(Functions)).into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

async fn send(request: Request<Full<Bytes>>) -> Response<Bytes> {
    let response = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_function_sees_the_request_in_payload_format_2() {
    let url = serve().await;
    let request = Request::post(format!("{url}/orders/a%20b?x=1&x=2&y=%C3%A9"))
        .header("X-Test", "one")
        .header("x-test", "two")
        .header("cookie", "c=1; d=2")
        .header("origin", "https://shop.example")
        .body(Full::from("{}"))
        .unwrap();
    let response = send(request).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["access-control-allow-origin"], "*", "the API's CORS replaces the function's");
    assert_eq!(response.headers()["set-cookie"], "a=1");
    let event: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "POST /orders/{id}");
    assert_eq!(event["pathParameters"], json!({"id": "a b"}));
    assert_eq!(event["queryStringParameters"], json!({"x": "1,2", "y": "é"}));
    assert_eq!(event["headers"]["x-test"], "one,two");
    assert_eq!(event["cookies"], json!(["c=1", "d=2"]));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.1");
}

#[tokio::test]
async fn bytes_that_are_no_text_come_in_base64() {
    let url = serve().await;
    let request = Request::post(format!("{url}/orders/1")).body(Full::from(vec![0xff, 0xfe])).unwrap();
    let event: Value = serde_json::from_slice(send(request).await.body()).unwrap();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("//4="), &json!(true)));
}

#[tokio::test]
async fn failures_have_the_statuses_of_http_apis() {
    let url = serve().await;
    let status = async |method: &str, path: &str, body: Bytes| {
        let request = Request::builder().method(method).uri(format!("{url}{path}")).body(Full::from(body)).unwrap();
        send(request).await.status().as_u16()
    };
    assert_eq!(status("GET", "/nothing", Bytes::new()).await, 404);
    assert_eq!(status("GET", "/orders/1", Bytes::new()).await, 404);
    assert_eq!(status("GET", "/fail", Bytes::new()).await, 500);
    assert_eq!(status("GET", "/busy", Bytes::new()).await, 503);
    let large = Bytes::from(vec![b'x'; 10 * 1024 * 1024 + 1]);
    assert_eq!(status("POST", "/orders/1", large).await, 413);
}

#[tokio::test]
async fn a_preflight_request_never_reaches_a_function() {
    let url = serve().await;
    let request = Request::options(format!("{url}/fail"))
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .body(Full::default())
        .unwrap();
    let response = send(request).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["access-control-allow-methods"], "POST");
}
