#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn detail(version: &str) -> Value {
    json!({
        "orderId": "ord-1", "userId": "user-1", "productId": "espresso", "quantity": 2, "availableQty": 5,
        "reason": "because", "timestamp": "2026-01-02T03:04:05.678Z", "version": version,
    })
}

fn envelope(source: &str, detail_type: &str, detail: Value) -> Envelope<Value> {
    serde_json::from_value(json!({
        "version": "0", "id": "4f2c", "detail-type": detail_type, "source": source, "account": "123456789012",
        "time": "2026-01-02T03:04:05Z", "region": "us-east-1", "resources": [], "detail": detail,
    }))
    .unwrap()
}

#[test]
fn the_fields_of_every_event_are_those_of_the_design() {
    let base = ["orderId", "userId", "productId", "quantity"];
    for (source, detail_type, more) in [
        ("eventflow.orders", "OrderCreated", &[][..]),
        ("eventflow.payment", "PaymentFailed", &["reason"]),
        ("eventflow.inventory", "InventoryFailed", &["availableQty", "reason"]),
        ("eventflow.payment", "PaymentSucceeded", &[]),
        ("eventflow.payment", "PaymentRefunded", &[]),
        ("eventflow.inventory", "InventoryReserved", &["availableQty"]),
        ("eventflow.inventory", "InventoryReleased", &["availableQty"]),
    ] {
        let event = Event::parse(&envelope(source, detail_type, detail("1.0"))).unwrap();
        assert_eq!((event.source(), event.detail_type()), (source, detail_type));
        let written: Value = serde_json::from_str(&event.detail_json().unwrap()).unwrap();
        let names: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, [&base, more, &["timestamp", "version"]].concat(), "{detail_type}");
        assert_eq!(written["timestamp"], "2026-01-02T03:04:05.678Z");
    }
    assert_eq!(Event::ALL.len(), 7);
}

#[test]
fn an_unknown_minor_version_and_unknown_fields_are_read() {
    let mut later = detail("1.7");
    later["giftWrap"] = json!({"colour": "red"});
    let event = Event::parse(&envelope("eventflow.orders", "OrderCreated", later)).unwrap();
    let Event::OrderCreated(order) = event else { panic!("not an OrderCreated") };
    assert_eq!((order.quantity, order.version.to_string()), (2, "1.7".to_owned()));
}

#[test]
fn another_major_version_is_refused_with_both_versions_named() {
    // Nothing else of it can be known: even with all fields missing, the version is the reason.
    let error = Event::parse(&envelope("eventflow.orders", "OrderCreated", json!({"version": "2.0"}))).unwrap_err();
    assert_eq!(error.name(), "UnsupportedVersion");
    let text = error.to_string();
    assert!(text.contains("2.0") && text.contains("1.0"), "{text}");
}

#[test]
fn what_breaks_the_contract_is_named() {
    let malformed = |change: fn(&mut Value)| {
        let mut broken = detail("1.0");
        change(&mut broken);
        let error = Event::parse(&envelope("eventflow.payment", "PaymentFailed", broken)).unwrap_err();
        assert_eq!(error.name(), "MalformedEvent", "{error}");
        error.to_string()
    };
    let without = |field: &str, text: String| assert!(text.contains(field), "{text} does not name {field}");
    without("reason", malformed(|d| drop(d.as_object_mut().unwrap().remove("reason"))));
    without("version", malformed(|d| drop(d.as_object_mut().unwrap().remove("version"))));
    without("version", malformed(|d| d["version"] = json!(1.0)));
    without("version", malformed(|d| d["version"] = json!("one")));
    without("string", malformed(|d| d["orderId"] = json!(7)));
    without("-1", malformed(|d| d["quantity"] = json!(-1)));
    without("year", malformed(|d| d["timestamp"] = json!("yesterday")));
    malformed(|d| *d = json!("text"));
}

#[test]
fn an_unknown_event_is_refused_and_so_is_a_known_one_of_a_foreign_source() {
    for (source, detail_type) in
        [("eventflow.orders", "OrderShipped"), ("evil.orders", "OrderCreated"), ("eventflow.payment", "OrderCreated")]
    {
        let error = Event::parse(&envelope(source, detail_type, detail("1.0"))).unwrap_err();
        assert_eq!(error.name(), "UnknownEvent");
        assert!(error.to_string().contains(source) && error.to_string().contains(detail_type), "{error}");
    }
}

#[test]
fn an_envelope_is_written_with_the_names_of_eventbridge() {
    let written = serde_json::to_value(envelope("s", "t", json!({}))).unwrap();
    let names: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]);
    assert_eq!(written["time"], "2026-01-02T03:04:05Z");
}

proptest! {
    #[test]
    fn every_detail_survives_the_way_through_json(
        kind in 0..Event::ALL.len(), order_id: String, user_id: String, product_id: String, quantity: u32,
        available: u32, reason: String, millis in 0..4_102_444_800_000_i64, minor: u16,
    ) {
        let (source, detail_type) = Event::ALL[kind];
        let timestamp = Timestamp::from_millisecond(millis).unwrap();
        let body = json!({
            "orderId": order_id, "userId": user_id, "productId": product_id, "quantity": quantity,
            "availableQty": available, "reason": reason, "timestamp": timestamp.to_string(), "version": format!("1.{minor}"),
        });
        let event = Event::parse(&envelope(source, detail_type, body)).unwrap();
        prop_assert_eq!(event.order_id(), order_id);
        let written = serde_json::from_str(&event.detail_json().unwrap()).unwrap();
        prop_assert_eq!(Event::parse(&envelope(source, detail_type, written)).unwrap(), event);
    }

    #[test]
    fn no_detail_makes_it_panic(kind in 0..Event::ALL.len(), text: String, number: f64) {
        let (source, detail_type) = Event::ALL[kind];
        let _ = Event::parse(&envelope(source, detail_type, json!({"version": text, "quantity": number, "orderId": []})));
    }
}
