//! What each key does.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use eventflow_tui::{
    app::{ActiveFault, Effect, Fault, FaultKind, FaultSetting, Message, NewOrder, Scope, bindings},
    observe::InvocationStatus,
};

use crate::{
    looks::draw,
    script::{CONSUMERS, Script},
};

pub(crate) fn connected() -> Script {
    let mut script = Script::new();
    script.connect(&CONSUMERS);
    script.busy(12);
    script.wait(5_000);
    script.effects.clear();
    script
}

pub(crate) fn press(script: &mut Script, code: KeyCode) {
    script.send(Message::Terminal(Event::Key(KeyEvent::new(code, KeyModifiers::NONE))));
}

fn control(script: &mut Script, letter: char) {
    script.send(Message::Terminal(Event::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))));
}

pub(crate) fn keys(script: &mut Script, text: &str) {
    text.chars().for_each(|c| press(script, KeyCode::Char(c)));
}

pub(crate) fn shows(script: &Script, text: &str) -> bool {
    draw(&script.model, (120, 36)).backend().to_string().contains(text)
}

pub(crate) fn fault(function: &str, kind: FaultKind) -> Fault {
    Fault { function: function.into(), kind }
}

#[test]
fn n_enter_places_an_order_at_once() {
    let mut script = connected();
    keys(&mut script, "n");
    assert_eq!(script.model.scope(), Scope::Form);
    press(&mut script, KeyCode::Enter);
    let order = NewOrder { user_id: "user-42".into(), product_id: "cold-brew".into(), quantity: 1 };
    assert_eq!(script.effects, [Effect::PlaceOrder(order)]);
    assert_eq!(script.model.scope(), Scope::View);
}

#[test]
fn an_order_is_chosen_with_arrows_and_typed() {
    let mut script = connected();
    keys(&mut script, "n");
    press(&mut script, KeyCode::Down);
    press(&mut script, KeyCode::Down);
    press(&mut script, KeyCode::Tab);
    press(&mut script, KeyCode::Backspace);
    keys(&mut script, "7");
    press(&mut script, KeyCode::Tab);
    keys(&mut script, "q");
    press(&mut script, KeyCode::Enter);
    let order = NewOrder { user_id: "user-42q".into(), product_id: "espresso".into(), quantity: 7 };
    assert_eq!(script.effects, [Effect::PlaceOrder(order.clone())]);
    keys(&mut script, "n");
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects.last(), Some(&Effect::PlaceOrder(order)), "the last order is offered again");
}

#[test]
fn a_wrong_quantity_is_said_in_the_form_and_nothing_is_placed() {
    let mut script = connected();
    keys(&mut script, "n");
    press(&mut script, KeyCode::Tab);
    keys(&mut script, "0000");
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects, []);
    assert!(shows(&script, "a whole number from 1 to 1000"));
    press(&mut script, KeyCode::Esc);
    assert_eq!(script.model.scope(), Scope::View);
}

#[test]
fn a_beginning_of_a_product_is_completed_and_an_unknown_one_is_warned_of() {
    let mut script = connected();
    keys(&mut script, "n");
    control(&mut script, 'u');
    keys(&mut script, "mat");
    press(&mut script, KeyCode::Enter);
    assert!(matches!(&script.effects[..], [Effect::PlaceOrder(order)] if order.product_id == "matcha"));
    keys(&mut script, "n");
    control(&mut script, 'u');
    keys(&mut script, "unicorn");
    assert!(shows(&script, "no such product"));
}

#[test]
fn b_places_twenty() {
    let mut script = connected();
    keys(&mut script, "bb");
    let burst = Effect::PlaceBurst { count: 20, product_id: None };
    assert_eq!(script.effects, [burst.clone(), burst]);
}

#[test]
fn destructive_keys_are_text_while_a_filter_is_typed() {
    let mut script = connected();
    keys(&mut script, "/Fbfqn");
    assert_eq!(script.effects, []);
    assert_eq!(script.model.scope(), Scope::Filter);
    assert!(shows(&script, "No order matches"));
    press(&mut script, KeyCode::Esc);
    assert!(!shows(&script, "No order matches"));
}

#[test]
fn a_filter_holds_for_orders_and_events() {
    let mut script = connected();
    keys(&mut script, "/failed");
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.model.scope(), Scope::View);
    let picture = draw(&script.model, (120, 36)).backend().to_string();
    assert!(picture.contains("PAYMENT_FAILED") && !picture.contains("● CONFIRMED"), "{picture}");
    assert!(!picture.contains("• OrderCreated"), "{picture}");
    press(&mut script, KeyCode::Esc);
    assert!(shows(&script, "● CONFIRMED"));
}

#[test]
fn space_holds_the_lists_and_counts_what_is_new() {
    let mut script = connected();
    press(&mut script, KeyCode::Char(' '));
    let before = draw(&script.model, (120, 36)).backend().to_string();
    assert!(before.contains("PAUSED"));
    script.busy(5);
    assert!(shows(&script, "+5 new"));
    press(&mut script, KeyCode::Char(' '));
    assert!(!shows(&script, " new "));
}

#[test]
fn enter_opens_the_selected_order_and_escape_goes_back_by_layers() {
    let mut script = connected();
    keys(&mut script, "jj");
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.model.scope(), Scope::Popup);
    assert!(shows(&script, "reading the logs…"));
    assert!(matches!(script.effects.last(), Some(Effect::FetchTimeline { .. })), "{:?}", script.effects);
    press(&mut script, KeyCode::Esc);
    assert_eq!(script.model.scope(), Scope::View);
    script.busy(3);
    assert!(shows(&script, "+3 new"), "a selection holds the list");
    press(&mut script, KeyCode::Esc);
    assert!(!shows(&script, "+3 new"));
}

#[test]
fn enter_on_an_event_shows_its_json() {
    let mut script = connected();
    press(&mut script, KeyCode::Tab);
    keys(&mut script, "G");
    press(&mut script, KeyCode::Enter);
    assert!(shows(&script, "\"detail-type\": \"OrderCreated\""));
}

#[test]
fn selections_move_by_rows_pages_and_ends() {
    let mut script = connected();
    keys(&mut script, "j");
    let first = draw(&script.model, (120, 36)).backend().buffer().clone();
    control(&mut script, 'd');
    control(&mut script, 'u');
    assert_eq!(draw(&script.model, (120, 36)).backend().buffer(), &first);
    keys(&mut script, "Gkg");
    script.busy(1);
    assert!(!shows(&script, "+1 new"), "g follows again");
}

#[test]
fn commands_are_completed_run_and_explained() {
    let mut script = connected();
    keys(&mut script, ":bur");
    press(&mut script, KeyCode::Tab);
    keys(&mut script, "50 espresso");
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects, [Effect::PlaceBurst { count: 50, product_id: Some("espresso".into()) }]);
    keys(&mut script, ":nonsense");
    press(&mut script, KeyCode::Enter);
    assert!(shows(&script, "nonsense is no command"));
    press(&mut script, KeyCode::Esc);
    keys(&mut script, ":fault inventory halt");
    press(&mut script, KeyCode::Enter);
    let halt =
        Effect::SetFault { fault: fault("reserveInventory", FaultKind::Halt), setting: Some(FaultSetting::default()) };
    assert_eq!(script.effects.last(), Some(&halt));
}

#[test]
fn r_offers_the_scarcest_product() {
    let mut script = connected();
    keys(&mut script, "r");
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects, [Effect::Restock { product_id: "matcha".into(), quantity: 50 }]);
}

#[test]
fn control_c_leaves_at_once_whatever_is_open() {
    for open in ["", "/", "n", "f", "?", "q"] {
        let mut script = connected();
        script.state("processPayment", |state| state.faults = vec![ActiveFault::plain(FaultKind::Decline)]);
        keys(&mut script, open);
        control(&mut script, 'c');
        assert_eq!(script.effects, [Effect::Quit], "{open}");
    }
}

#[test]
fn the_mouse_selects_and_opens() {
    let mut script = connected();
    script.send(Message::Terminal(Event::Resize(120, 36)));
    assert!(!script.model.captures_mouse());
    keys(&mut script, "m");
    assert!(script.model.captures_mouse());
    let click = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 10,
        row: 19,
        modifiers: KeyModifiers::NONE,
    };
    script.send(Message::Terminal(Event::Mouse(click)));
    script.send(Message::Terminal(Event::Mouse(click)));
    assert!(shows(&script, "reading the logs…"));
}

#[test]
fn the_help_names_every_binding() {
    let mut script = connected();
    keys(&mut script, "?");
    let mut seen = String::new();
    for _ in 0..bindings().len() + 20 {
        seen.push_str(&draw(&script.model, (120, 36)).backend().to_string());
        keys(&mut script, "j");
    }
    for binding in bindings() {
        assert!(seen.contains(binding.help), "{}", binding.help);
    }
}

#[test]
fn events_ask_for_their_orders_and_inventory_events_for_the_stock() {
    let mut script = Script::new();
    script.connect(&CONSUMERS);
    script.effects.clear();
    let order = script.create();
    assert_eq!(script.effects, [Effect::FetchOrders(vec![order.order_id.clone()])]);
    script.effects.clear();
    let reserved = script.event("eventflow.inventory", "InventoryReserved", &order, None);
    script.send(Message::Observed(vec![reserved]));
    assert_eq!(script.effects, [Effect::FetchOrders(vec![order.order_id]), Effect::FetchStock]);
}

#[test]
fn a_failure_asks_for_the_dead_letter_queues_once_and_not_at_once() {
    let mut script = connected();
    let asked = |script: &Script| script.effects.iter().filter(|effect| **effect == Effect::FetchServices).count();
    for attempt in 0..20 {
        script.finished("sendNotification", &format!("failing-{attempt}"), 3, InvocationStatus::Error);
    }
    assert_eq!(asked(&script), 0, "the letter may not be there yet");
    script.wait(600);
    script.wait(600);
    assert_eq!(asked(&script), 1);
    script.finished("sendNotification", "well", 3, InvocationStatus::Success);
    script.wait(2_000);
    assert_eq!(asked(&script), 1);
}
