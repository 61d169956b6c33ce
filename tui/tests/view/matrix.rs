//! The fault matrix: its keys and its looks.

use std::time::Duration;

use crossterm::event::KeyCode;
use eventflow_tui::app::{ActiveFault, Effect, FaultKind, FaultSetting, Message, NewEvent, Scope};

use crate::{
    keys::{connected, fault, keys, press, shows},
    looks::{draw, snap},
    script::{CONSUMERS, Script},
};

fn on(function: &str, kind: FaultKind) -> Effect {
    Effect::SetFault { fault: fault(function, kind), setting: Some(FaultSetting::default()) }
}

#[test]
fn f_enter_breaks_payment_and_the_cell_waits_for_the_answer() {
    let mut script = connected();
    keys(&mut script, "f");
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects, [on("processPayment", FaultKind::Decline)]);
    assert!(shows(&script, "asked for…"));
    script.state("processPayment", |state| {
        state.faults = vec![ActiveFault::plain(FaultKind::Decline).for_another(Duration::from_secs(252))]
    });
    assert!(shows(&script, "● 4m 12s") && shows(&script, "processPayment: on, 100 %, 4m 12s left"));
    press(&mut script, KeyCode::Esc);
    assert_eq!(script.model.scope(), Scope::View);
    keys(&mut script, "f ");
    let off = Effect::SetFault { fault: fault("processPayment", FaultKind::Decline), setting: None };
    assert_eq!(script.effects.last(), Some(&off), "the place in the matrix is kept");
}

#[test]
fn arrows_and_letters_choose_kind_and_service() {
    let mut script = connected();
    keys(&mut script, "fj jjl ");
    press(&mut script, KeyCode::Down);
    press(&mut script, KeyCode::Left);
    press(&mut script, KeyCode::Left);
    keys(&mut script, " khhF");
    let expected = [
        on("reserveInventory", FaultKind::OutOfStock),
        on("reserveInventory", FaultKind::Error),
        on("createOrder", FaultKind::Crash),
        Effect::ClearFaults,
    ];
    assert_eq!(script.effects, expected);
}

#[test]
fn knobs_change_how_the_next_fault_strikes() {
    let mut script = connected();
    keys(&mut script, "fjjjrrtd");
    assert!(shows(&script, "25 %") && shows(&script, "30m") && shows(&script, "3s"));
    press(&mut script, KeyCode::Enter);
    let setting = FaultSetting { rate: 0.25, lasts: Duration::from_secs(1_800), latency: Duration::from_millis(3_000) };
    let slow = Effect::SetFault { fault: fault("processPayment", FaultKind::Error), setting: Some(setting) };
    assert_eq!(script.effects, [slow]);
}

#[test]
fn a_rate_below_all_is_told_while_the_fault_is_on() {
    let mut script = connected();
    let error = ActiveFault { rate: 0.25, ..ActiveFault::plain(FaultKind::Error) };
    script.state("processPayment", |state| state.faults = vec![error]);
    assert!(shows(&script, "processPayment: every invocation fails, 25 %"));
}

#[test]
fn processes_are_killed_and_dead_letters_sent_again_for_the_chosen_service() {
    let mut script = connected();
    keys(&mut script, "fjxs");
    let inventory = "reserveInventory".to_owned();
    assert_eq!(script.effects, [Effect::KillProcesses(inventory.clone()), Effect::Redrive(inventory)]);
    assert_eq!(script.model.scope(), Scope::Menu);
}

#[test]
fn the_newest_order_is_published_again_whole_or_spoilt() {
    let mut script = Script::new();
    script.connect(&CONSUMERS);
    script.effects.clear();
    keys(&mut script, "fp");
    assert_eq!(script.effects, [], "nothing to publish again yet");
    assert!(shows(&script, "place an order first"));
    let order = script.create();
    script.effects.clear();
    keys(&mut script, "Pp");
    let published = |effect: &Effect| match effect {
        Effect::Publish(NewEvent { source, detail_type, detail }) => {
            assert_eq!((&**source, &**detail_type), ("eventflow.orders", "OrderCreated"));
            (detail["orderId"].as_str().unwrap().to_owned(), detail["version"].as_str().unwrap().to_owned())
        }
        other => panic!("{other:?}"),
    };
    let seen: Vec<_> = script.effects.iter().map(published).collect();
    assert_eq!(seen, [(order.order_id.clone(), "2.0".into()), (order.order_id, "1.0".into())]);
}

#[test]
fn a_stack_without_fault_injection_says_so_and_is_not_broken() {
    let mut script = Script::new();
    let mut system = crate::script::system(&CONSUMERS);
    system.fault_injection = false;
    script.send(Message::Discovered(Box::new(system)));
    script.create();
    script.effects.clear();
    keys(&mut script, "f xpP");
    assert_eq!(script.effects, []);
    assert!(shows(&script, "FaultInjection"));
}

fn broken(consumers: &[&str]) -> Script {
    let mut script = Script::new();
    script.connect(consumers);
    script.busy(12);
    let on = |kind, seconds| ActiveFault::plain(kind).for_another(Duration::from_secs(seconds));
    let errors = ActiveFault { rate: 0.25, ..on(FaultKind::Error, 252) };
    script.state("sendNotification", |state| state.faults = vec![errors, on(FaultKind::Latency, 1_799)]);
    script.state("reserveInventory", |state| state.faults = vec![on(FaultKind::Drain, 41)]);
    keys(&mut script, "f ");
    keys(&mut script, "jjjll");
    script
}

#[test]
fn the_matrix_at_each_size() {
    snap("matrix", &broken(&CONSUMERS).model);
}

#[test]
fn five_services_fit_eighty_columns_and_more_scroll() {
    let five = ["processPayment", "reserveInventory", "sendNotification", "shipOrder", "scoreFraud"];
    insta::assert_snapshot!("matrix-five-80x24", draw(&broken(&five[..4]).model, (80, 24)).backend());
    let mut more = broken(&five);
    keys(&mut more, "ll");
    insta::assert_snapshot!("matrix-six-80x24", draw(&more.model, (80, 24)).backend());
    insta::assert_snapshot!("matrix-six-60x16", draw(&more.model, (60, 16)).backend());
}
