//! Publishing over the wire: every event is taken, or the caller hears which was not.
#![allow(clippy::unwrap_used)]

use eventflow_contract::Event;
use eventflow_kit::{PublishError, Publisher};
use eventflow_testbed::{Refusal, Testbed};

async fn events(bed: &Testbed, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for n in 0..count {
        events.push(bed.place(&format!("ord-{n}"), "espresso", 1).await);
    }
    events
}

fn ids(events: &[Event]) -> Vec<String> {
    let mut ids: Vec<String> = events.iter().map(|event| event.order_id().to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn many_events_go_ten_to_a_call() {
    let bed = Testbed::start().await;
    let events = events(&bed, 23).await;
    bed.publisher().publish_all(&events).await.unwrap();
    assert_eq!(bed.bus.calls(), [10, 10, 3]);
    assert_eq!(bed.bus.events(), events);
    assert!(bed.bus.taken().iter().all(|published| published.bus == "default"));
}

#[tokio::test]
async fn only_refused_entries_are_sent_again() {
    let bed = Testbed::start().await;
    let events = events(&bed, 5).await;
    bed.bus.refuse([Refusal::Entries(vec![1, 3], "InternalFailure"), Refusal::Entries(vec![0], "ThrottlingException")]);
    bed.publisher().publish_all(&events).await.unwrap();
    assert_eq!(bed.bus.calls(), [5, 2, 1]);
    assert_eq!(ids(&bed.bus.events()), ids(&events), "each once");
}

#[tokio::test]
async fn an_entry_that_is_refused_for_ever_is_an_error_that_names_it() {
    let bed = Testbed::start().await;
    let events = events(&bed, 3).await;
    bed.bus.refuse([
        Refusal::Entries(vec![2], "InternalFailure"),
        Refusal::Entries(vec![0], "InternalFailure"),
        Refusal::Entries(vec![0], "InternalFailure"),
        Refusal::Entries(vec![0], "InternalFailure"),
    ]);
    let error = bed.publisher().publish_all(&events).await.unwrap_err();
    let PublishError::Refused { entries, .. } = &error else { panic!("{error}") };
    assert_eq!(entries.len(), 1);
    assert!(error.to_string().contains("OrderCreated") && error.to_string().contains("InternalFailure"), "{error}");
    assert_eq!(bed.bus.calls(), [3, 1, 1, 1]);
}

#[tokio::test]
async fn what_cannot_succeed_is_not_tried_again() {
    let bed = Testbed::start().await;
    let events = events(&bed, 1).await;
    bed.bus.refuse([Refusal::Entries(vec![0], "MalformedDetail")]);
    assert!(bed.publisher().publish(&events[0]).await.is_err());
    assert_eq!(bed.bus.calls(), [1]);
}

#[tokio::test]
async fn a_call_that_fails_does_not_keep_the_other_events_back() {
    let bed = Testbed::start().await;
    let events = events(&bed, 12).await;
    bed.bus.refuse([Refusal::Call("AccessDeniedException")]);
    let error = bed.publisher().publish_all(&events).await.unwrap_err();
    assert!(error.to_string().contains("AccessDeniedException"), "{error}");
    assert_eq!(ids(&bed.bus.events()), ids(&events[10..]));
}

#[tokio::test]
async fn a_bus_where_nobody_listens_is_an_error() {
    let bed = Testbed::start().await;
    let events = events(&bed, 1).await;
    let publisher = Publisher::new(bed.unreachable_bus().await, "default");
    assert!(matches!(publisher.publish(&events[0]).await, Err(PublishError::Call { count: 1, .. })));
}
