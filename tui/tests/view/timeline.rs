//! The order's timeline.

use std::time::Duration;

use crossterm::event::KeyCode;
use eventflow_contract::{InventoryStatus, OrderStatus, PaymentStatus};
use eventflow_tui::{
    app::{AttemptEnd, Effect, Entry, EntryKind, Facet, Message, Timeline},
    observe::InvocationStatus,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    keys::{keys, press},
    looks::{draw, snap},
    script::{CONSUMERS, End, Script},
};

/// Builds a timeline from `created` on.
struct Story(Timestamp, Vec<Entry>);

impl Story {
    fn entry(&mut self, ms: f64, lane: &str, kind: EntryKind) {
        let at = self.0 + SignedDuration::from_micros((ms * 1000.0) as i64);
        self.1.push(Entry { at, lane: lane.to_owned(), kind });
    }

    fn event(&mut self, ms: f64, source: &str, detail_type: &str, reason: Option<&str>) {
        let (detail_type, reason) = (detail_type.to_owned(), reason.map(str::to_owned));
        self.entry(ms, source, EntryKind::Event { detail_type, reason });
    }

    fn attempt(&mut self, ms: f64, function: &str, number: u32, trigger: &str, end: Option<(InvocationStatus, f64)>) {
        let end = end.map(|(status, took)| AttemptEnd {
            status,
            duration: Duration::from_secs_f64(took / 1000.0),
            init: (number == 1 && function == "processPayment").then_some(Duration::from_millis(5)),
            error_type: (status == InvocationStatus::Failure).then(|| "Runtime.ExitError".to_owned()),
        });
        let waited = (number > 1).then_some(Duration::from_millis(61_200));
        let kind =
            EntryKind::Attempt { number, trigger: (!trigger.is_empty()).then(|| trigger.to_owned()), waited, end };
        self.entry(ms, function, kind);
    }

    fn change(&mut self, ms: f64, function: &str, facet: Facet, status: OrderStatus) {
        self.entry(ms, function, EntryKind::Change { facet, status });
    }

    fn log(&mut self, ms: f64, function: &str, level: &str, outcome: &str, message: &str) {
        let outcome = Some(outcome.to_owned());
        self.entry(ms, function, EntryKind::Log { level: level.to_owned(), message: message.to_owned(), outcome });
    }
}

/// A declined payment, the stock given back, and a notification whose process died once.
fn declined(created: Timestamp) -> Timeline {
    let mut story = Story(created, Vec::new());
    story.attempt(0.0, "createOrder", 1, "", Some((InvocationStatus::Success, 6.2)));
    story.event(4.0, "eventflow.orders", "OrderCreated", None);
    story.log(5.0, "createOrder", "INFO", "created", "order accepted");
    story.attempt(7.0, "processPayment", 1, "OrderCreated", Some((InvocationStatus::Success, 104.0)));
    story.attempt(7.4, "reserveInventory", 1, "OrderCreated", Some((InvocationStatus::Success, 9.1)));
    story.attempt(8.0, "sendNotification", 1, "OrderCreated", Some((InvocationStatus::Failure, 2.0)));
    story.log(8.4, "sendNotification", "ERROR", "crash", "an injected fault aborts the process in mid-flight");
    let reserved = Facet::Inventory(InventoryStatus::Reserved);
    story.change(13.0, "reserveInventory", reserved, OrderStatus::Reserved);
    story.event(15.0, "eventflow.inventory", "InventoryReserved", None);
    story.change(108.0, "processPayment", Facet::Payment(PaymentStatus::Failed), OrderStatus::PaymentFailed);
    story.event(110.0, "eventflow.payment", "PaymentFailed", Some("the card was declined (injected fault)"));
    story.attempt(112.0, "reserveInventory", 1, "PaymentFailed", Some((InvocationStatus::Success, 8.0)));
    let released = Facet::Inventory(InventoryStatus::Released);
    story.change(117.0, "reserveInventory", released, OrderStatus::PaymentFailed);
    story.event(119.0, "eventflow.inventory", "InventoryReleased", None);
    story.attempt(61_210.0, "sendNotification", 2, "OrderCreated", Some((InvocationStatus::Success, 1.1)));
    story.log(61_211.0, "sendNotification", "INFO", "notified", "Order received: 2 × espresso");
    story.attempt(61_240.0, "sendNotification", 1, "PaymentFailed", None);
    Timeline { entries: story.1 }
}

#[test]
fn an_order_tells_what_happened_to_it_across_the_services() {
    let mut script = Script::new();
    script.connect(&CONSUMERS);
    script.order(End::Declined);
    keys(&mut script, "j");
    press(&mut script, KeyCode::Enter);
    let Some(Effect::FetchTimeline { order_id, created }) = script.effects.last().cloned() else {
        panic!("nothing is fetched: {:?}", script.effects);
    };
    script.send(Message::Timeline { order_id: "another".into(), timeline: declined(created) });
    assert!(!draw(&script.model, (120, 36)).backend().to_string().contains("stock given back"), "another order's");
    script.send(Message::Timeline { order_id, timeline: declined(created) });
    snap("timeline", &script.model);
    script.send(Message::Terminal(crossterm::event::Event::Resize(80, 16)));
    keys(&mut script, "j");
    let picture = draw(&script.model, (80, 16)).backend().to_string();
    assert!(!picture.contains("6.2 ms") && picture.contains("» OrderCreated"), "{picture}");
}
