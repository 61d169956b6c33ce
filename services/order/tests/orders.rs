//! createOrder and getOrder against DynamoDB's semantics and a bus on loopback.
#![allow(clippy::unwrap_used)]

use eventflow_contract::Event;
use eventflow_kit::{Function, Invocation, OrderTable, Publisher};
use eventflow_order::{Request, Response, create_order::CreateOrder, get_order::GetOrder};
use eventflow_testbed::{ORDERS, Refusal, SHARDS, Testbed};
use serde_json::{Value, json};

fn request(body: &Value) -> Request {
    Request { body: Some(body.to_string()), ..Request::default() }
}

fn espresso() -> Value {
    json!({"userId": "user-1", "productId": "espresso", "quantity": 2})
}

fn with_key(body: &Value, key: &str) -> Request {
    // API Gateway writes header names in lower case.
    Request { headers: [("idempotency-key".to_owned(), key.to_owned())].into(), ..request(body) }
}

async fn create(bed: &Testbed, request: Request) -> (u16, Value) {
    let function = CreateOrder::new(bed.orders(), bed.publisher());
    read(function.handle(request, &Invocation::plain("req-1")).await.unwrap())
}

fn read(response: Response) -> (u16, Value) {
    assert_eq!(response.headers["content-type"], "application/json");
    assert!(!response.headers.keys().any(|name| name.starts_with("access-control")), "CORS is the API's work");
    (response.status_code, serde_json::from_str(&response.body).unwrap())
}

async fn get(bed: &Testbed, id: &str) -> (u16, Value) {
    let request = Request { path_parameters: [("orderId".to_owned(), id.to_owned())].into(), ..Request::default() };
    read(GetOrder::new(bed.orders()).handle(request, &Invocation::plain("req-1")).await.unwrap())
}

#[tokio::test]
async fn an_order_is_stored_told_of_and_shown() {
    let bed = Testbed::start().await;
    let (status, created) = create(&bed, request(&espresso())).await;
    assert_eq!((status, created["status"].as_str()), (201, Some("PENDING")));
    let id = created["orderId"].as_str().unwrap();
    assert_eq!(get(&bed, id).await, (200, created.clone()));
    let events = bed.bus.events();
    let [Event::OrderCreated(event)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.order_id.as_str(), event.quantity, event.version.to_string()), (id, 2, "1.0".to_owned()));
    assert_eq!(event.timestamp, bed.order(id).await.order.created_at);
}

#[tokio::test]
async fn an_invalid_order_lists_everything_wrong_and_stores_nothing() {
    let bed = Testbed::start().await;
    let (status, answer) = create(&bed, with_key(&json!({"userId": "", "quantity": 0}), "a b")).await;
    assert_eq!(status, 400);
    assert!(answer["message"].is_string());
    let fields: Vec<&str> =
        answer["violations"].as_array().unwrap().iter().map(|v| v["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["userId", "productId", "quantity", "Idempotency-Key"]);
    for body in [None, Some("not json".to_owned()), Some("[]".to_owned())] {
        assert_eq!(create(&bed, Request { body, ..Request::default() }).await.0, 400);
    }
    assert_eq!((bed.order_count().await, bed.bus.calls().len()), (0, 0));
}

#[tokio::test]
async fn a_body_in_base64_is_read_and_one_that_is_not_is_refused() {
    let bed = Testbed::start().await;
    let base64 = |body: &str| Request { body: Some(body.to_owned()), is_base64_encoded: true, ..Request::default() };
    let encoded = "eyJ1c2VySWQiOiJ1IiwicHJvZHVjdElkIjoicCIsInF1YW50aXR5IjoxfQ==";
    assert_eq!(create(&bed, base64(encoded)).await.0, 201);
    assert_eq!(create(&bed, base64("{}")).await.0, 400);
}

#[tokio::test]
async fn a_huge_body_is_refused_before_it_is_read() {
    let bed = Testbed::start().await;
    let mut body = espresso();
    body["note"] = json!("x".repeat(9_000));
    assert_eq!(create(&bed, request(&body)).await.0, 413);
    body["note"] = json!("x".repeat(7_000));
    assert_eq!(create(&bed, request(&body)).await.0, 201);
}

#[tokio::test]
async fn the_same_idempotency_key_gives_the_same_order() {
    let bed = Testbed::start().await;
    let first = create(&bed, with_key(&espresso(), "key-1")).await;
    let again = create(&bed, with_key(&espresso(), "key-1")).await;
    assert_eq!(first, again);
    assert_eq!(first.0, 201);
    assert_ne!(create(&bed, with_key(&espresso(), "key-2")).await.1["orderId"], first.1["orderId"]);
    assert_ne!(create(&bed, request(&espresso())).await.1["orderId"], first.1["orderId"]);
    assert_eq!(bed.order_count().await, 3);
}

#[tokio::test]
async fn the_same_key_for_another_order_is_a_conflict_and_for_another_user_is_not() {
    let bed = Testbed::start().await;
    create(&bed, with_key(&espresso(), "key-1")).await;
    let mut more = espresso();
    more["quantity"] = json!(3);
    let (status, answer) = create(&bed, with_key(&more, "key-1")).await;
    assert_eq!(status, 409);
    assert!(answer.get("orderId").is_none());
    let mut other = espresso();
    other["userId"] = json!("user-2");
    assert_eq!(create(&bed, with_key(&other, "key-1")).await.0, 201);
    assert_eq!((bed.order_count().await, bed.bus.events().len()), (2, 2));
}

#[tokio::test]
async fn a_stored_order_is_accepted_though_the_bus_is_down() {
    let bed = Testbed::start().await;
    bed.bus.refuse([Refusal::Call("AccessDeniedException")]);
    let (status, order) = create(&bed, with_key(&espresso(), "key-1")).await;
    assert_eq!(status, 201);
    assert_eq!(get(&bed, order["orderId"].as_str().unwrap()).await.0, 200);
    // The customer who asks again makes it good, as republishStuckOrders would.
    assert_eq!(create(&bed, with_key(&espresso(), "key-1")).await, (201, order));
    assert_eq!(bed.bus.detail_types(), ["OrderCreated"]);

    let publisher = Publisher::new(bed.unreachable_bus().await, "default");
    let function = CreateOrder::new(bed.orders(), publisher);
    let response = function.handle(request(&espresso()), &Invocation::plain("req-1")).await.unwrap();
    assert_eq!(read(response).0, 201);
}

#[tokio::test]
async fn an_order_that_cannot_be_stored_is_an_error_and_nobody_hears_of_it() {
    let bed = Testbed::start().await;
    let orders = OrderTable::new(bed.unreachable_tables().await, ORDERS, SHARDS);
    let function = CreateOrder::new(orders, bed.publisher());
    let error = function.handle(request(&espresso()), &Invocation::plain("req-1")).await.unwrap_err();
    assert_eq!((error.name(), bed.bus.calls().len()), ("StoreFailed", 0));
}

#[tokio::test]
async fn an_order_that_is_not_there_is_not_found() {
    let bed = Testbed::start().await;
    for id in ["ord-1", "", "a\nb", &"x".repeat(5_000)] {
        let (status, answer) = get(&bed, id).await;
        assert_eq!((status, answer["message"].as_str()), (404, Some("there is no such order")), "{id:?}");
    }
}

#[test]
fn a_request_of_api_gateway_is_read() {
    let request: Request = serde_json::from_value(json!({
        "version": "2.0", "routeKey": "POST /orders", "rawPath": "/orders", "rawQueryString": "",
        "headers": {"content-type": "application/json", "idempotency-key": "k"},
        "requestContext": {"http": {"method": "POST", "path": "/orders"}},
        "body": "{}", "isBase64Encoded": false,
    }))
    .unwrap();
    assert_eq!((request.header("Idempotency-Key"), request.body.as_deref()), (Some("k"), Some("{}")));
}
