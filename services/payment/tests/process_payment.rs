//! processPayment against DynamoDB's semantics and a bus on loopback.
#![allow(clippy::unwrap_used)]

use eventflow_contract::{Event, InventoryFailed, InventoryStatus, OrderStatus, PaymentStatus, Version};
use eventflow_kit::{FacetChange, FaultMode, Faults, Function, Invocation};
use eventflow_payment::process_payment::ProcessPayment;
use eventflow_testbed::{Refusal, Testbed, input, input_of};
use jiff::Timestamp;
use serde_json::json;

fn payment(bed: &Testbed, rate: f64) -> ProcessPayment {
    ProcessPayment::new(bed.orders(), bed.publisher(), rate)
}

async fn run(payment: &ProcessPayment, event: &Event) -> Result<&'static str, eventflow_kit::Error> {
    payment.handle(input(event), &Invocation::plain("req-1")).await.map(|consumed| consumed.outcome)
}

/// Stores that inventory failed; its event.
async fn inventory_fails(bed: &Testbed, order_id: &str) -> Event {
    let row = bed.order(order_id).await;
    let failure = Some(("none left".to_owned(), 0));
    let change = FacetChange::Inventory { to: InventoryStatus::Failed, failure };
    bed.orders().move_facet(&row, &change).await.unwrap();
    InventoryFailed {
        order_id: order_id.into(),
        user_id: row.order.user_id,
        product_id: row.order.product_id,
        quantity: row.order.quantity,
        available_qty: 0,
        reason: "none left".into(),
        timestamp: Timestamp::now(),
        version: Version::CURRENT,
    }
    .into()
}

#[tokio::test]
async fn an_approved_order_is_paid_once_however_often_the_event_comes() {
    let bed = Testbed::start().await;
    let created = bed.place("ord-1", "espresso", 2).await;
    assert_eq!(run(&payment(&bed, 1.0), &created).await.unwrap(), "paid");
    let paid = bed.order("ord-1").await;
    assert_eq!((paid.order.payment_status, paid.order.status()), (PaymentStatus::Paid, OrderStatus::Paid));
    // Even a gateway that would now say no does not change what was decided; the event is told again.
    assert_eq!(run(&payment(&bed, 0.0), &created).await.unwrap(), "duplicate");
    assert_eq!(bed.order("ord-1").await, paid);
    assert_eq!(bed.bus.detail_types(), ["PaymentSucceeded", "PaymentSucceeded"]);
}

#[tokio::test]
async fn a_declined_order_fails_with_a_reason_and_the_invocation_does_not() {
    let bed = Testbed::start().await;
    let created = bed.place("ord-1", "espresso", 2).await;
    assert_eq!(run(&payment(&bed, 0.0), &created).await.unwrap(), "declined");
    let Event::PaymentFailed(failed) = &bed.bus.events()[0] else { panic!("not a PaymentFailed") };
    assert_eq!((failed.order_id.as_str(), failed.quantity), ("ord-1", 2));
    assert_eq!(Some(&failed.reason), bed.order("ord-1").await.payment_reason.as_ref());
}

#[tokio::test]
async fn an_injected_decline_declines_and_is_told_the_same_after_it_healed() {
    let bed = Testbed::start().await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let payment = payment(&bed, 1.0);
    let struck = Invocation { faults: Faults::certain(&[FaultMode::Decline]), ..Invocation::plain("req-1") };
    assert_eq!(payment.handle(input(&created), &struck).await.unwrap().outcome, "declined");
    assert_eq!(run(&payment, &created).await.unwrap(), "duplicate");
    let reasons: Vec<_> = bed
        .bus
        .events()
        .into_iter()
        .map(|event| match event {
            Event::PaymentFailed(failed) => failed.reason,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(reasons[0], reasons[1]);
    assert!(reasons[0].contains("injected"));
}

#[tokio::test]
async fn missing_stock_refunds_what_was_paid_once() {
    let bed = Testbed::start().await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let payment = payment(&bed, 1.0);
    run(&payment, &created).await.unwrap();
    let failed = inventory_fails(&bed, "ord-1").await;
    assert_eq!(run(&payment, &failed).await.unwrap(), "refunded");
    assert_eq!(run(&payment, &failed).await.unwrap(), "duplicate");
    assert_eq!(run(&payment, &created).await.unwrap(), "ignored", "charged again");
    let order = bed.order("ord-1").await.order;
    assert_eq!((order.payment_status, order.status()), (PaymentStatus::Refunded, OrderStatus::InventoryFailed));
    assert_eq!(bed.bus.detail_types(), ["PaymentSucceeded", "PaymentRefunded", "PaymentRefunded"]);
}

#[tokio::test]
async fn missing_stock_before_the_order_is_heard_of_means_it_is_never_charged() {
    let bed = Testbed::start().await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let failed = inventory_fails(&bed, "ord-1").await;
    let payment = payment(&bed, 1.0);
    assert_eq!(run(&payment, &failed).await.unwrap(), "cancelled");
    assert_eq!(run(&payment, &created).await.unwrap(), "ignored");
    assert_eq!(bed.order("ord-1").await.order.payment_status, PaymentStatus::Cancelled);
    assert_eq!(bed.bus.detail_types(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_crash_between_write_and_publication_is_made_good_by_the_retry() {
    let bed = Testbed::start().await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let payment = payment(&bed, 1.0);
    bed.bus.refuse([Refusal::Call("AccessDeniedException")]);
    assert_eq!(run(&payment, &created).await.unwrap_err().name(), "PublishFailed");
    assert_eq!(bed.order("ord-1").await.order.payment_status, PaymentStatus::Paid);
    assert_eq!(run(&payment, &created).await.unwrap(), "duplicate");
    assert_eq!(bed.bus.detail_types(), ["PaymentSucceeded"]);
}

#[tokio::test]
async fn an_event_of_a_later_minor_version_is_read_and_of_another_major_version_refused() {
    let bed = Testbed::start().await;
    bed.place("ord-1", "espresso", 2).await;
    let detail = |version: &str| {
        json!({"orderId": "ord-1", "userId": "u", "productId": "espresso", "quantity": 2, "giftWrap": true,
               "timestamp": "2026-01-02T03:04:05Z", "version": version})
    };
    let payment = payment(&bed, 1.0);
    let plain = Invocation::plain("req-1");
    let error = payment.handle(input_of("eventflow.orders", "OrderCreated", detail("2.0")), &plain).await.unwrap_err();
    assert_eq!(error.name(), "UnsupportedVersion");
    assert_eq!(bed.order("ord-1").await.order.payment_status, PaymentStatus::Pending);
    payment.handle(input_of("eventflow.orders", "OrderCreated", detail("1.9")), &plain).await.unwrap();
    assert_eq!(bed.order("ord-1").await.order.payment_status, PaymentStatus::Paid);
}

#[tokio::test]
async fn what_cannot_be_handled_is_an_error_with_a_short_name() {
    let bed = Testbed::start().await;
    let payment = payment(&bed, 1.0);
    let plain = Invocation::plain("req-1");
    let name = async |input| payment.handle(input, &plain).await.unwrap_err().name();
    assert_eq!(name(json!({"hello": "world"})).await, "NotAnEvent");
    assert_eq!(name(input_of("eventflow.orders", "OrderShipped", json!({}))).await, "UnknownEvent");
    let unknown = json!({"orderId": "ord-9", "userId": "u", "productId": "p", "quantity": 1,
                         "timestamp": "2026-01-02T03:04:05Z", "version": "1.0"});
    assert_eq!(name(input_of("eventflow.orders", "OrderCreated", unknown)).await, "OrderNotFound");
}
