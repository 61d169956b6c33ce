//! The built program in a real terminal, driven by keys as a person would.
#![allow(missing_docs)]

#[allow(dead_code)]
mod terminal;

use std::time::Duration;

use terminal::{Terminal, descendants, wait_until_gone};

const ALWAYS_APPROVED: &[&str] = &["--parameter", "PaymentApprovalRate=1.0"];

#[test]
fn an_order_is_confirmed_and_a_failing_notification_harms_nobody_else() {
    let mut terminal = Terminal::start(ALWAYS_APPROVED, (120, 36));
    terminal.wait_for("LIVE");
    place_an_order(&mut terminal);
    terminal.wait_for("1 confirmed");

    terminal.keys(":fault notification error\r");
    terminal.wait_for("FAULT");

    // A function heeds a new fault within a second; orders until then are notified of as ever.
    let failing = |screen: &str| screen.contains("failing");
    let heeded = (0..40).any(|_| {
        place_an_order(&mut terminal);
        terminal.comes_within(Duration::from_millis(500), failing)
    });
    assert!(heeded, "{}", terminal.text());
    terminal.wait_for("✉");
    assert!(!terminal.text().contains("0 confirmed"));

    terminal.keys("F");
    terminal.wait_until("the fault to be cleared", |screen| !screen.contains("▲ FAULT"));
    leave(terminal);
}

/// By keys, as soon as there is something to order.
fn place_an_order(terminal: &mut Terminal) {
    terminal.wait_for("espresso");
    terminal.keys("n");
    terminal.wait_for("Place an order");
    terminal.keys("\r");
    terminal.wait_until("the form to close", |screen| !screen.contains("Place an order"));
}

/// Quits, and finds the terminal as it was and no process left.
fn leave(mut terminal: Terminal) {
    let children = descendants(terminal.pid());
    assert!(!children.is_empty(), "functions run as processes");
    terminal.keys("q");
    let status = terminal.wait_for_exit();
    assert!(status.success(), "{status:?}");
    terminal.wait_until_restored();
    wait_until_gone(&children);
}

#[test]
fn leaving_undoes_the_faults_first() {
    let mut terminal = Terminal::start(ALWAYS_APPROVED, (80, 24));
    terminal.wait_for("espresso");
    terminal.keys(":fault inventory halt\r");
    terminal.wait_for("halted, no concurrency");
    terminal.keys("q");
    terminal.wait_for("Leave?");
    terminal.keys("\r");
    assert!(terminal.wait_for_exit().success());
    terminal.wait_until_restored();
}

#[test]
fn sizes_and_rubbish_do_it_no_harm() {
    let mut terminal = Terminal::start(ALWAYS_APPROVED, (120, 36));
    terminal.wait_for("LIVE");
    for (columns, rows, expected) in [(80, 24, "LIVE"), (40, 10, "40"), (200, 50, "LIVE"), (120, 36, "LIVE")] {
        terminal.resize(columns, rows);
        terminal.wait_for(expected);
        terminal.keys("\u{1b}[200~\u{1b}]0;x\u{7}rubbish\u{0}\u{1b}[201~");
    }
    for (columns, rows) in [(20, 5), (200, 50), (1, 1), (120, 36)] {
        terminal.resize(columns, rows);
    }
    place_an_order(&mut terminal);
    terminal.wait_for("1 confirmed");
    leave(terminal);
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let mut terminal = Terminal::start(&[], (80, 24));
        terminal.wait_for("LIVE");
        let children = descendants(terminal.pid());
        let sent = std::process::Command::new("kill").args(["-s", signal, &terminal.pid().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        terminal.wait_for_exit();
        terminal.wait_until_restored();
        wait_until_gone(&children);
    }
}

#[test]
fn a_killed_dashboard_leaves_no_process() {
    let mut terminal = Terminal::start(ALWAYS_APPROVED, (120, 36));
    terminal.wait_for("LIVE");
    place_an_order(&mut terminal);
    terminal.wait_for("1 confirmed");
    let children = descendants(terminal.pid());
    let sent = std::process::Command::new("kill").args(["-s", "KILL", &terminal.pid().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    terminal.wait_for_exit();
    wait_until_gone(&children);
}
