//! detectFraud: what it flags, and what it refuses.
#![allow(clippy::unwrap_used)]

use eventflow_contract::Event;
use eventflow_fraud_detection::detect_fraud::{DEFAULT_QUANTITY, DetectFraud, suspicion};
use eventflow_kit::{Function, Invocation};
use eventflow_testbed::input_of;
use serde_json::{Value, json};

fn detail(quantity: u32, version: &str) -> Value {
    json!({
        "orderId": "ord-1", "userId": "user-1", "productId": "espresso", "quantity": quantity, "availableQty": 0,
        "reason": "none left", "timestamp": "2026-01-02T03:04:05Z", "version": version,
    })
}

async fn outcome(function: DetectFraud, detail_type: &str, source: &str, quantity: u32) -> &'static str {
    let input = input_of(source, detail_type, detail(quantity, "1.3"));
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        outcomes.push(function.handle(input.clone(), &Invocation::plain("req-1")).await.unwrap().outcome);
    }
    assert_eq!(outcomes[0], outcomes[1], "twice the same event, twice the same verdict");
    outcomes[0]
}

#[tokio::test]
async fn an_order_of_many_pieces_is_flagged_and_a_smaller_one_is_clear() {
    let table = [
        (DEFAULT_QUANTITY, 1, "clear"),
        (DEFAULT_QUANTITY, DEFAULT_QUANTITY - 1, "clear"),
        (DEFAULT_QUANTITY, DEFAULT_QUANTITY, "flagged"),
        (1, 1, "flagged"),
        (1000, 999, "clear"),
    ];
    for (flag_from, quantity, expected) in table {
        let found = outcome(DetectFraud::new(flag_from), "OrderCreated", "eventflow.orders", quantity).await;
        assert_eq!(found, expected, "{quantity} pieces, flagged from {flag_from}");
    }
}

#[tokio::test]
async fn only_new_orders_are_judged() {
    for (source, detail_type) in Event::ALL.iter().filter(|(_, detail_type)| *detail_type != "OrderCreated") {
        assert_eq!(outcome(DetectFraud::new(1), detail_type, source, 1000).await, "ignored", "{detail_type}");
    }
}

#[tokio::test]
async fn another_major_version_is_refused() {
    let input = input_of("eventflow.orders", "OrderCreated", detail(1, "2.0"));
    let error = DetectFraud::new(100).handle(input, &Invocation::plain("req-1")).await.unwrap_err();
    assert_eq!(error.name(), "UnsupportedVersion");
}

#[test]
fn the_reason_names_the_order_and_the_numbers_and_not_the_customer() {
    let input = input_of("eventflow.orders", "OrderCreated", detail(250, "1.0"));
    let Event::OrderCreated(order) = Event::parse(&serde_json::from_value(input).unwrap()).unwrap() else {
        panic!("an OrderCreated")
    };
    assert_eq!(suspicion(&order, 100).unwrap(), "order ord-1 is for 250 pieces; 100 are suspicious");
}
