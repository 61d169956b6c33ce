//! sendNotification: what it tells, and what it refuses.
#![allow(clippy::unwrap_used)]

use eventflow_contract::Event;
use eventflow_kit::{Function, Invocation};
use eventflow_notification::send_notification::{SendNotification, notification};
use eventflow_testbed::input_of;
use serde_json::{Value, json};

fn detail(version: &str) -> Value {
    json!({
        "orderId": "ord-1", "userId": "user-1", "productId": "espresso", "quantity": 2, "availableQty": 0,
        "reason": "none left", "timestamp": "2026-01-02T03:04:05Z", "version": version,
    })
}

#[tokio::test]
async fn customers_hear_of_orders_and_failures_and_of_nothing_else() {
    for (source, detail_type) in Event::ALL {
        let told = ["OrderCreated", "PaymentFailed", "InventoryFailed"].contains(detail_type);
        let input = input_of(source, detail_type, detail("1.3"));
        for _ in 0..2 {
            let consumed = SendNotification.handle(input.clone(), &Invocation::plain("req-1")).await.unwrap();
            assert_eq!(consumed.outcome, if told { "notified" } else { "ignored" }, "{detail_type}");
        }
    }
}

#[tokio::test]
async fn another_major_version_is_refused() {
    let input = input_of("eventflow.orders", "OrderCreated", detail("2.0"));
    let error = SendNotification.handle(input, &Invocation::plain("req-1")).await.unwrap_err();
    assert_eq!(error.name(), "UnsupportedVersion");
}

#[test]
fn the_text_names_the_order_and_the_reason_and_not_the_customer() {
    let envelope = serde_json::from_value(input_of("eventflow.payment", "PaymentFailed", detail("1.0"))).unwrap();
    let text = notification(&Event::parse(&envelope).unwrap()).unwrap();
    assert_eq!(text, "order ord-1 not paid: none left");
}
