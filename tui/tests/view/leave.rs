//! Leaving while faults are on.

use std::time::Duration;

use crossterm::event::KeyCode;
use eventflow_tui::app::{ActiveFault, Effect, FaultKind, Message, Scope};

use crate::{
    keys::{connected, keys, press, shows},
    looks::snap,
    script::Script,
};

fn broken() -> Script {
    let mut script = connected();
    script.state("processPayment", |state| {
        state.faults = vec![ActiveFault::plain(FaultKind::Decline).for_another(Duration::from_secs(252))];
    });
    script.effects.clear();
    script
}

#[test]
fn without_faults_q_leaves_at_once() {
    let mut script = connected();
    keys(&mut script, "q");
    assert_eq!(script.effects, [Effect::Quit]);
}

#[test]
fn enter_undoes_the_faults_and_leaves_once_none_is_seen() {
    let mut script = broken();
    keys(&mut script, "q");
    assert_eq!((script.effects.len(), script.model.scope()), (0, Scope::Confirm));
    snap("leave", &script.model);
    press(&mut script, KeyCode::Enter);
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects, [Effect::ClearFaults], "asked for once");
    assert!(shows(&script, "Undoing them…"));
    script.state("processPayment", |state| state.faults = vec![ActiveFault::plain(FaultKind::Decline)]);
    assert_eq!(script.effects.len(), 1, "one that was read before is no reason to leave");
    script.state("processPayment", |_| {});
    assert_eq!(script.effects.last(), Some(&Effect::Quit));
}

#[test]
fn what_cannot_be_undone_keeps_the_question_open_with_the_reason() {
    let mut script = broken();
    keys(&mut script, "qy");
    script.send(Message::Failed("Faults not cleared: the table is gone".into()));
    assert_eq!(script.model.scope(), Scope::Confirm);
    assert!(shows(&script, "the table is gone") && shows(&script, "Enter try again"));
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects, [Effect::ClearFaults, Effect::ClearFaults]);
    press(&mut script, KeyCode::Esc);
    assert_eq!(script.model.scope(), Scope::View);
    script.state("processPayment", |_| {});
    assert!(!script.effects.contains(&Effect::Quit), "who decided to stay stays");
}

#[test]
fn l_leaves_them_on_and_escape_stays() {
    let mut script = broken();
    keys(&mut script, "q");
    press(&mut script, KeyCode::Esc);
    assert_eq!((script.effects.len(), script.model.scope()), (0, Scope::View));
    keys(&mut script, "ql");
    assert_eq!(script.effects, [Effect::Quit]);
}

#[test]
fn a_fault_that_was_just_asked_for_is_undone_only_once_it_is_on() {
    let mut script = connected();
    keys(&mut script, ":fault payment decline");
    press(&mut script, KeyCode::Enter);
    script.effects.clear();
    keys(&mut script, "q");
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects, []);
    script.state("processPayment", |state| state.faults = vec![ActiveFault::plain(FaultKind::Decline)]);
    assert_eq!(script.effects, [Effect::ClearFaults]);
    script.state("processPayment", |_| {});
    assert_eq!(script.effects[1..], [Effect::Quit]);
}

#[test]
fn what_somebody_else_withholds_is_no_question() {
    let mut script = connected();
    script.state("processPayment", |state| state.faults = vec![ActiveFault::plain(FaultKind::Halt)]);
    keys(&mut script, "q");
    assert_eq!(script.effects, [Effect::Quit]);
}

#[test]
fn told_to_leave_faults_on_it_does_not_ask() {
    let mut script = broken();
    script.model = script.model.clone().leaving_faults_on(true);
    keys(&mut script, "q");
    assert_eq!(script.effects, [Effect::Quit]);
}
