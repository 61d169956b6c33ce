//! The blast radius: what it says, and what it looks like.

use std::time::Duration;

use crossterm::event::KeyCode;
use eventflow_tui::{
    app::{ActiveFault, Appearance, FaultKind, FeedState, Message},
    observe::InvocationStatus,
};

use crate::{
    keys::press,
    looks::{draw, snap},
    script::{CONSUMERS, End, Script, notification_failing, throttled},
};

/// On a screen where no sentence is broken into lines.
fn shows(script: &Script, text: &str) -> bool {
    draw(&script.model, (200, 50)).backend().to_string().contains(text)
}

/// Busy for a while, then one service has a fault.
fn broken(function: &str, kind: FaultKind) -> Script {
    broken_in(Script::new(), function, kind)
}

fn broken_in(mut script: Script, function: &str, kind: FaultKind) -> Script {
    script.connect(&CONSUMERS);
    script.busy(20);
    script.state(function, |state| {
        state.faults = vec![ActiveFault::plain(kind).for_another(Duration::from_secs(252))];
        state.reserved_concurrency = (kind == FaultKind::Halt).then_some(0);
        state.disabled_rules =
            if kind == FaultKind::Disconnect { vec![format!("{function}-rule")] } else { Vec::new() };
    });
    script
}

/// An order of which the notification fails, that often.
fn fail(script: &mut Script, request: &str, attempts: usize) {
    script.create();
    for function in ["processPayment", "reserveInventory"] {
        script.finished(function, request, 4, InvocationStatus::Success);
    }
    for _ in 0..attempts {
        script.finished("sendNotification", request, 1, InvocationStatus::Error);
        script.wait(300);
    }
}

#[test]
fn without_a_fault_there_is_none() {
    let mut script = Script::new();
    script.connect(&CONSUMERS);
    script.busy(5);
    assert!(!shows(&script, "Blast radius"));
}

#[test]
fn before_anything_happens_it_claims_nothing() {
    let script = broken("sendNotification", FaultKind::Error);
    assert!(shows(&script, "sendNotification: no traffic yet."));
    assert!(!shows(&script, "untouched") && !shows(&script, "unchanged"));
}

#[test]
fn the_sentence_tells_what_failed_and_what_did_not_and_retries_count_once() {
    let mut script = broken("sendNotification", FaultKind::Error);
    (0..6).for_each(|at| fail(&mut script, &format!("r{at}"), 3));
    assert!(shows(&script, "sendNotification is failing: 6 of 6 failed."));
    assert!(shows(&script, "createOrder, processPayment, reserveInventory: 18 of 18 handled"));
    snap("blast-failing", &script.model);
    script.state("sendNotification", |state| {
        state.dead_letters = 6;
        state.faults = vec![ActiveFault::plain(FaultKind::Error)];
    });
    assert!(shows(&script, "6 of 6 failed, 6 dead letters."), "the dead letters are the failed requests");
}

#[test]
fn a_request_that_succeeds_at_last_was_handled_after_a_retry() {
    let mut script = broken("sendNotification", FaultKind::Crash);
    fail(&mut script, "r", 2);
    assert!(shows(&script, "1 of 1 failed"));
    script.finished("sendNotification", "r", 1, InvocationStatus::Success);
    assert!(shows(&script, "sendNotification stumbles: 1 of 1 needed a retry."));
}

#[test]
fn a_halt_gives_up_untried_and_a_disconnect_lets_pass_by() {
    let mut script = broken("sendNotification", FaultKind::Halt);
    for _ in 0..4 {
        script.create();
    }
    script.wait(3_000);
    assert!(shows(&script, "sendNotification falls behind: 4 of 4 wait."));
    script.state("sendNotification", |state| {
        state.dead_letters = 4;
        state.reserved_concurrency = Some(0);
        state.faults = vec![ActiveFault::plain(FaultKind::Halt)];
    });
    assert!(shows(&script, "4 of 4 given up untried, 4 dead letters."));

    let mut script = broken("sendNotification", FaultKind::Disconnect);
    for _ in 0..4 {
        script.create();
    }
    script.wait(3_000);
    assert!(shows(&script, "sendNotification hears nothing: 4 events passed it by."));
    assert!(shows(&script, "nothing reached it"));
}

#[test]
fn a_slow_service_is_told_with_its_percentiles() {
    let mut script = broken("processPayment", FaultKind::Latency);
    for at in 0..8 {
        script.create();
        for (function, ms) in [("processPayment", 1_504), ("reserveInventory", 5), ("sendNotification", 2)] {
            script.finished(function, &format!("s{at}"), ms, InvocationStatus::Success);
        }
        script.wait(300);
    }
    assert!(shows(&script, "processPayment is slower: p95 4.0 ms → 1.5 s, 8 of 8 handled."));
    snap("blast-slow", &script.model);
}

#[test]
fn ascii_will_do() {
    let mut script =
        broken_in(Script::with(Appearance { colour: false, ascii: true }), "processPayment", FaultKind::Latency);
    for at in 0..4 {
        script.create();
        script.finished("processPayment", &at.to_string(), 1_504, InvocationStatus::Success);
        script.wait(300);
    }
    for size in [(80, 24), (120, 36), (200, 50)] {
        let own = draw(&script.model, size).backend().to_string().replace("東京", "");
        assert!(own.contains("slower: p95 4.0 ms -> 1.5 s"), "{own}");
        let own: String = own.lines().map(|line| line.split(" Hidden by").next().unwrap_or_default()).collect();
        assert!(own.chars().all(|c| c.is_ascii() || "·…–".contains(c)), "{own}");
    }
}

#[test]
fn what_was_dropped_makes_every_count_a_lower_bound() {
    let mut script = broken("sendNotification", FaultKind::Error);
    fail(&mut script, "r", 1);
    script.send(Message::Dropped(3));
    assert!(shows(&script, "at least 1 of 1 failed") && shows(&script, "at least 3 handled"));
    assert!(shows(&script, "no failure seen") && !shows(&script, "untouched"));
    snap("blast-at-least", &script.model);
    let mut script = broken("sendNotification", FaultKind::Error);
    fail(&mut script, "r", 1);
    script.send(Message::Feed(FeedState::Lost("gone".into())));
    script.send(Message::Feed(FeedState::Live));
    assert!(shows(&script, "at least 1 of 1 failed"));
}

#[test]
fn it_stays_until_it_was_read_and_a_new_fault_counts_anew() {
    let mut script = broken("sendNotification", FaultKind::Error);
    fail(&mut script, "r", 3);
    script.wait(20_000);
    script.state("sendNotification", |_| {});
    assert!(shows(&script, "over after 20s") && shows(&script, "sendNotification: 1 of 1 failed"));
    snap("blast-over", &script.model);
    press(&mut script, KeyCode::Esc);
    assert!(!shows(&script, "Blast radius"));
    script.state("sendNotification", |state| state.faults = vec![ActiveFault::plain(FaultKind::Error)]);
    assert!(shows(&script, "sendNotification: no traffic yet."));
    press(&mut script, KeyCode::Esc);
    assert!(shows(&script, "Blast radius"), "while a fault is on it is not dismissed");
}

#[test]
fn a_fault_that_joins_another_does_not_start_the_count_again() {
    let mut script = broken("sendNotification", FaultKind::Error);
    fail(&mut script, "r", 1);
    script.state("processPayment", |state| state.faults = vec![ActiveFault::plain(FaultKind::Decline)]);
    script.order(End::Declined);
    assert!(shows(&script, "processPayment refuses: 1 of 1 refused."));
    assert!(shows(&script, "sendNotification is failing: 1 of"));
}

#[test]
fn what_waited_and_was_handled_after_all_has_caught_up() {
    let mut script = throttled();
    script.wait(3_000);
    (0..14).for_each(|at| script.finished("reserveInventory", &format!("late-{at}"), 5, InvocationStatus::Success));
    script.wait(300);
    assert!(shows(&script, "reserveInventory has caught up: 14 of 14 handled, up to 14 waited."));
    script.state("reserveInventory", |_| {});
    assert!(shows(&script, "reserveInventory: 14 of 14 handled, up to 14 waited."));
}

#[test]
fn scripted_disasters_read_well() {
    assert!(shows(&throttled(), "reserveInventory falls behind: 14 of 14 wait."));
    assert!(shows(&notification_failing(), "sendNotification is failing: 6 of 6 failed"));
    insta::assert_snapshot!("blast-60x16", draw(&throttled().model, (60, 16)).backend());
}
