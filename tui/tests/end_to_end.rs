//! The built program in a real terminal, driven by keys as a person would.
#![allow(missing_docs)]

#[allow(dead_code)]
mod terminal;

use terminal::{Terminal, descendants, wait_until_gone};

const ALWAYS_APPROVED: &[&str] = &["--parameter", "PaymentApprovalRate=1.0"];

#[test]
fn an_order_is_confirmed_and_a_failing_notification_harms_nobody_else() {
    let mut terminal = Terminal::start(ALWAYS_APPROVED, (120, 36));
    terminal.wait_for("LIVE");
    terminal.wait_for("espresso");

    terminal.keys("n");
    terminal.wait_for("Place an order");
    terminal.keys("\r");
    terminal.wait_for("1 confirmed");

    terminal.keys("f");
    terminal.wait_for("Break something");
    terminal.keys("jj\r");
    terminal.wait_for("FAULT");
    terminal.keys("\u{1b}");
    terminal.wait_until("the menu to close", |screen| !screen.contains("Break something"));

    terminal.keys("n");
    terminal.wait_for("Place an order");
    terminal.keys("\r");
    terminal.wait_for("2 confirmed");
    terminal.wait_for("failing");
    terminal.wait_for("✉ 1");

    terminal.keys("F");
    terminal.wait_until("the fault to be cleared", |screen| !screen.contains("▲ FAULT"));
    leave(terminal);
}

/// Quits, and finds the terminal as it was and no process left.
fn leave(mut terminal: Terminal) {
    let children = descendants(terminal.pid());
    assert!(!children.is_empty(), "functions run as processes");
    terminal.keys("q");
    let status = terminal.wait_for_exit();
    assert!(status.success(), "{status:?}");
    assert!(terminal.is_restored(), "{}", terminal.text());
    wait_until_gone(&children);
}

#[test]
fn sizes_and_rubbish_do_it_no_harm() {
    let mut terminal = Terminal::start(ALWAYS_APPROVED, (120, 36));
    terminal.wait_for("LIVE");
    for (columns, rows) in [(80, 24), (20, 5), (200, 50), (1, 1), (120, 36)] {
        terminal.resize(columns, rows);
        terminal.keys("\u{1b}[200~\u{1b}]0;x\u{7}rubbish\u{0}\u{1b}[201~");
    }
    terminal.keys("n");
    terminal.wait_for("Place an order");
    terminal.keys("\r");
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
        assert!(terminal.is_restored(), "{signal}: {}", terminal.text());
        wait_until_gone(&children);
    }
}

#[test]
fn a_killed_dashboard_leaves_no_process() {
    let mut terminal = Terminal::start(ALWAYS_APPROVED, (120, 36));
    terminal.wait_for("LIVE");
    terminal.keys("n");
    terminal.wait_for("Place an order");
    terminal.keys("\r");
    terminal.wait_for("1 confirmed");
    let children = descendants(terminal.pid());
    let sent = std::process::Command::new("kill").args(["-s", "KILL", &terminal.pid().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    terminal.wait_for_exit();
    wait_until_gone(&children);
}
