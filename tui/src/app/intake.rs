//! What follows from what the live tail brings: counts, rows, pulses, and what to read again.

use jiff::SignedDuration;
use serde_json::Value;

use super::{
    message::{Effect, FunctionRole},
    mode::Mode,
    model::Model,
    pulses::{Edge, TRAVEL},
    services::Service,
};
use crate::observe::{
    EventRecord, InvocationPhase, InvocationRecord, InvocationStatus, Observation, text::clean_in_place,
};

/// The detail-type that tells of an accepted order.
const ACCEPTED: &str = "OrderCreated";
/// Pulses of one batch are spread over this long: Live Tail brings a second's events at once.
const SPREAD: SignedDuration = SignedDuration::from_millis(900);
/// How far apart the pulses of a batch are, until [`SPREAD`] is full.
const STEP: SignedDuration = SignedDuration::from_millis(75);

/// Takes a batch in and says what to read again.
pub(crate) fn observed(model: &mut Model, batch: Vec<Observation>) -> Vec<Effect> {
    let mut orders = Vec::new();
    let mut stock = false;
    let mut retried = false;
    let mut delay = SignedDuration::ZERO;
    for observation in batch {
        match observation {
            Observation::Event(mut event) => {
                clean_event(&mut event);
                stock |= event.detail_type.starts_with("Inventory");
                if let Some(id) = &event.order_id
                    && orders.last() != Some(id)
                {
                    orders.push(id.clone());
                }
                seen(model, event, delay);
                delay = (delay + STEP).min(SPREAD);
            }
            Observation::Invocation(mut record) => {
                // A retry names no order; it may be one of the order that is open.
                retried = true;
                clean_in_place(&mut record.function);
                if let InvocationPhase::Finished { error_type: Some(error), .. } = &mut record.phase {
                    clean_in_place(error);
                }
                invoked(model, record, delay);
            }
            // The Flow view shows no log lines.
            Observation::Log(_) => {}
        }
    }
    if let Mode::OrderDetail { id, .. } = &model.mode
        && (orders.contains(id) || retried)
    {
        model.timeline_asked.1 = true;
    }
    orders.sort_unstable();
    orders.dedup();
    let mut effects = Vec::new();
    if !orders.is_empty() {
        effects.push(Effect::FetchOrders(orders));
    }
    if stock {
        effects.push(Effect::FetchStock);
    }
    effects
}

fn clean_event(event: &mut EventRecord) {
    for text in [&mut event.id, &mut event.source, &mut event.detail_type] {
        clean_in_place(text);
    }
    for text in [&mut event.order_id, &mut event.product_id, &mut event.user_id].into_iter().flatten() {
        clean_in_place(text);
    }
}

fn seen(model: &mut Model, event: EventRecord, delay: SignedDuration) {
    let now = model.now;
    let halted =
        |service: &Service| service.reserved == Some(0) && service.deliveries(&event.source, &event.detail_type) > 0;
    if model.services.list.iter().any(halted) {
        model.expect_letters();
    }
    model.services.routed(&event.source, &event.detail_type, now);
    let by = publisher(model, &event.source).map(|at| model.services.list[at].name.clone());
    if let Some(blast) = &mut model.blast {
        blast.routed(&model.services, &event.source, &event.detail_type);
        by.iter().for_each(|by| blast.published(by, &event.detail_type));
    }
    if event.detail_type == ACCEPTED {
        model.placed.add(now, true);
        model.orders.announce(&event, now);
    }
    set_off(model, &event, delay);
    let mut reason =
        event.envelope.pointer("/detail/reason").and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    clean_in_place(&mut reason);
    model.events.push(event, reason, now);
}

/// Sets off the pulses of an event: from its publisher to the bus, and on to all that hear it.
fn set_off(model: &mut Model, event: &EventRecord, delay: SignedDuration) {
    let failure = event.detail_type.ends_with("Failed");
    let mut arrival = delay;
    if let Some(publisher) = publisher(model, &event.source) {
        if matches!(model.services.list[publisher].role, FunctionRole::Api(_)) {
            arrival += TRAVEL * 2 / 3;
        }
        model.pulses.start(Edge::Publish(publisher), arrival, failure, model.now);
        arrival += TRAVEL;
    }
    for at in 0..model.services.list.len() {
        if model.services.list[at].deliveries(&event.source, &event.detail_type) > 0 {
            model.pulses.start(Edge::Deliver(at), arrival, failure, model.now);
        }
    }
}

/// The function that publishes under a source, by the source's last word: `eventflow.payment` -> `processPayment`.
fn publisher(model: &Model, source: &str) -> Option<usize> {
    let word = source.rsplit('.').next()?.to_ascii_lowercase();
    let stem = word.strip_suffix('s').unwrap_or(&word);
    if stem.len() < 3 {
        return None;
    }
    model.services.list.iter().position(|service| {
        let reads_only =
            matches!(&service.role, FunctionRole::Api(routes) if routes.iter().all(|r| r.starts_with("GET ")));
        !reads_only && service.name.to_ascii_lowercase().contains(stem)
    })
}

fn invoked(model: &mut Model, record: InvocationRecord, delay: SignedDuration) {
    let now = model.now;
    if record.phase == InvocationPhase::Started
        && let Some(at) = model.services.list.iter().position(|service| service.name == record.function)
        && !model.services.list[at].is_consumer()
    {
        model.pulses.start(Edge::Request(at), delay, false, now);
    }
    if matches!(&record.phase, InvocationPhase::Finished { status, .. } if *status != InvocationStatus::Success) {
        model.expect_letters();
    }
    if let Some(blast) = &mut model.blast {
        blast.invocation(&record);
    }
    model.services.invocation(record, now);
}
