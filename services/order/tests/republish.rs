//! republishStuckOrders against DynamoDB's semantics and a bus on loopback.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use eventflow_contract::{Event, PaymentStatus};
use eventflow_kit::{FacetChange, Function, Invocation};
use eventflow_order::republish_stuck_orders::{RepublishStuckOrders, Swept};
use eventflow_testbed::{Refusal, Testbed};
use jiff::Timestamp;
use serde_json::json;

const MINUTE: Duration = Duration::from_secs(60);

fn function(bed: &Testbed) -> RepublishStuckOrders {
    RepublishStuckOrders::new(bed.recent(), bed.publisher(), MINUTE)
}

async fn run(function: &RepublishStuckOrders) -> Swept {
    function.handle(json!({}), &Invocation::plain("req-1")).await.unwrap()
}

async fn placed(bed: &Testbed, id: &str, ago: Duration) -> Event {
    bed.place_at(id, "espresso", 1, Timestamp::now() - ago).await
}

#[tokio::test]
async fn only_orders_that_nobody_decided_on_for_a_minute_are_told_of_again() {
    let bed = Testbed::start().await;
    for n in 0..20 {
        placed(&bed, &format!("stuck-{n}"), MINUTE * 2).await;
    }
    placed(&bed, "young", MINUTE / 2).await;
    placed(&bed, "ancient", MINUTE * 60 * 25).await;
    placed(&bed, "decided", MINUTE * 2).await;
    let row = bed.order("decided").await;
    let change = FacetChange::Payment { to: PaymentStatus::Paid, reason: None };
    bed.orders().move_facet(&row, &change).await.unwrap();

    assert_eq!(run(&function(&bed)).await, Swept { stuck: 20, republished: 20 });
    let mut told: Vec<String> = bed.bus.events().iter().map(|event| event.order_id().to_owned()).collect();
    told.sort();
    let mut expected: Vec<String> = (0..20).map(|n| format!("stuck-{n}")).collect();
    expected.sort();
    assert_eq!(told, expected, "each once, whatever partition of the index it is in");
}

#[tokio::test]
async fn what_is_told_again_is_the_order_as_it_was_accepted() {
    let bed = Testbed::start().await;
    let recent = placed(&bed, "ord-2", MINUTE * 2).await;
    run(&function(&bed)).await;
    let events = bed.bus.events();
    let ([Event::OrderCreated(told)], Event::OrderCreated(first)) = (&events[..], recent) else { panic!("{events:?}") };
    assert_eq!((&told.order_id, &told.user_id, told.quantity), (&first.order_id, &first.user_id, first.quantity));
    assert_eq!(told.timestamp.as_millisecond(), first.timestamp.as_millisecond());
}

#[tokio::test]
async fn an_order_that_stays_stuck_is_not_told_of_in_every_run() {
    let bed = Testbed::start().await;
    placed(&bed, "ord-1", MINUTE * 2).await;
    let function = function(&bed);
    assert_eq!(run(&function).await, Swept { stuck: 1, republished: 1 });
    assert_eq!(run(&function).await, Swept { stuck: 1, republished: 0 });
    assert_eq!(bed.bus.detail_types(), ["OrderCreated"]);
}

#[tokio::test]
async fn what_the_bus_did_not_take_is_told_of_in_the_next_run() {
    let bed = Testbed::start().await;
    placed(&bed, "ord-1", MINUTE * 2).await;
    let function = function(&bed);
    bed.bus.refuse([Refusal::Call("AccessDeniedException")]);
    let error = function.handle(json!({}), &Invocation::plain("req-1")).await.unwrap_err();
    assert_eq!(error.name(), "PublishFailed");
    assert_eq!(run(&function).await, Swept { stuck: 1, republished: 1 });
}
