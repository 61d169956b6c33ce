//! What the keys of the fault matrix do, and how faults come on and off.

use serde_json::{Value, json};

use super::{
    bindings::Action,
    events::EventRow,
    faults,
    matrix::{Knob, Move},
    message::{Effect, Fault, FaultSetting, NewEvent},
    mode::Mode,
    model::Model,
};

/// The event that is published once more, or spoilt.
const SOURCE: &str = "eventflow.orders";
const DETAIL_TYPE: &str = "OrderCreated";
/// A version of the event that no service knows.
const UNKNOWN_VERSION: &str = "2.0";

/// Does what a key is for while the matrix is open.
pub(crate) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Back {
        return Vec::new();
    }
    model.mode = Mode::Faults;
    match action {
        Action::Up => model.matrix.step(&model.services, Move::Up),
        Action::Down => model.matrix.step(&model.services, Move::Down),
        Action::Left => model.matrix.step(&model.services, Move::Left),
        Action::Right => model.matrix.step(&model.services, Move::Right),
        Action::Rate => model.matrix.turn(Knob::Rate),
        Action::Lasts => model.matrix.turn(Knob::Lasts),
        Action::Delay => model.matrix.turn(Knob::Latency),
        Action::Duplicate => return publish(model, false),
        Action::Poison => return publish(model, true),
        Action::ClearFaults => return clear(model),
        _ => {
            if let Some(fault) = model.matrix.fault(&model.services) {
                return on_cell(model, fault, action);
            }
        }
    }
    Vec::new()
}

fn on_cell(model: &mut Model, fault: Fault, action: Action) -> Vec<Effect> {
    match action {
        Action::Toggle => {
            let asked = model.wanted.iter().find(|(wanted, _)| *wanted == fault).map(|(_, on)| *on);
            let on = asked.unwrap_or_else(|| faults::is_on(&model.services, &fault));
            let setting = model.matrix.setting();
            set(model, fault, (!on).then_some(setting))
        }
        Action::Kill if allowed(model, &fault.function) => vec![Effect::KillProcesses(fault.function)],
        // Sending again heals; it needs no leave to break.
        Action::Redrive => vec![Effect::Redrive(fault.function)],
        _ => Vec::new(),
    }
}

/// Publishes the newest OrderCreated once more: as it was, or in a version that nobody knows.
fn publish(model: &mut Model, poison: bool) -> Vec<Effect> {
    if !allowed(model, "The event bus") {
        return Vec::new();
    }
    let readable = |row: &EventRow| {
        let mut envelope: Value = serde_json::from_str(&row.envelope).ok()?;
        let detail = envelope.get_mut("detail").map(Value::take)?;
        (detail.get("version")? != UNKNOWN_VERSION).then_some(detail)
    };
    let mut detail = match model.events.of_type(DETAIL_TYPE).find_map(readable) {
        Some(detail) => detail,
        // Nobody reads a poison event, so it needs no order.
        None if poison => json!({}),
        None => {
            model.notices.failed("Nothing to publish again: place an order first (n), then press p.", model.now);
            return Vec::new();
        }
    };
    if poison && let Some(fields) = detail.as_object_mut() {
        fields.insert("version".to_owned(), UNKNOWN_VERSION.into());
    }
    vec![Effect::Publish(NewEvent { source: SOURCE.to_owned(), detail_type: DETAIL_TYPE.to_owned(), detail })]
}

/// Turns every fault off.
pub(crate) fn clear(model: &mut Model) -> Vec<Effect> {
    let on: Vec<_> = model.services.faults().map(|(fault, _)| (fault, false)).collect();
    model.wanted = on;
    vec![Effect::ClearFaults]
}

/// Turns a fault on, or off.
pub(crate) fn set(model: &mut Model, fault: Fault, setting: Option<FaultSetting>) -> Vec<Effect> {
    if setting.is_some() && !allowed(model, &fault.function) {
        return Vec::new();
    }
    model.wanted.retain(|(wanted, _)| *wanted != fault);
    model.wanted.push((fault.clone(), setting.is_some()));
    vec![Effect::SetFault { fault, setting }]
}

/// Whether this stack may be broken; says why not.
fn allowed(model: &mut Model, what: &str) -> bool {
    let allowed = model.system.as_ref().is_none_or(|system| system.fault_injection);
    if !allowed {
        let text = format!(
            "{what} is not broken: this stack was deployed with FaultInjection off. Deploy it with FaultInjection=on to break it."
        );
        model.notices.failed(text, model.now);
    }
    allowed
}
