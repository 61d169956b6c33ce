//! What the Flow view looks like, as text and in its styles.

use std::time::Duration;

use eventflow_tui::{
    app::{ActiveFault, Appearance, FaultKind, FeedState, Message, Model},
    view::view,
};
use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::Buffer,
    style::{Color, Modifier},
};

use crate::script::{CONSUMERS, Script, notification_failing, payment_failing, throttled};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 50)];

pub(crate) fn draw(model: &Model, (width, height): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal
}

pub(crate) fn snap(name: &str, model: &Model) {
    for (width, height) in SIZES {
        insta::assert_snapshot!(format!("{name}-{width}x{height}"), draw(model, (width, height)).backend());
    }
}

fn connected() -> Script {
    let mut script = Script::new();
    script.connect(&CONSUMERS);
    script
}

/// Where `text` begins in the picture.
fn find(buffer: &Buffer, text: &str) -> (u16, u16) {
    let area = buffer.area;
    for y in 0..area.height {
        for x in 0..area.width {
            let mut here = String::new();
            for column in x..area.width {
                here.push_str(buffer[(column, y)].symbol());
                if here.len() >= text.len() {
                    break;
                }
            }
            if here == text {
                return (x, y);
            }
        }
    }
    panic!("{text:?} is not on the screen:\n{buffer:?}");
}

#[test]
fn before_anything_is_known() {
    snap("connecting", &Script::new().model);
}

#[test]
fn a_stack_at_rest() {
    snap("quiet", &connected().model);
}

#[test]
fn good_business() {
    let mut script = connected();
    script.busy(40);
    script.create();
    script.wait(200);
    snap("busy", &script.model);
}

#[test]
fn payments_are_declined() {
    snap("payment-failing", &payment_failing().model);
}

#[test]
fn inventory_is_throttled_and_its_backlog_waits() {
    snap("throttled", &throttled().model);
}

#[test]
fn the_live_tail_is_lost() {
    let mut script = connected();
    script.busy(5);
    script.send(Message::Feed(FeedState::Lost("connection refused".into())));
    script
        .send(Message::Failed("reading the live tail failed: connection refused; it is tried again by itself".into()));
    snap("lost", &script.model);
}

#[test]
fn a_stack_that_was_never_reached_says_why() {
    let mut script = Script::new();
    script.send(Message::Feed(FeedState::Lost("no credentials were found; set AWS_PROFILE".into())));
    insta::assert_snapshot!(draw(&script.model, (80, 24)).backend());
}

#[test]
fn a_screen_that_is_too_small() {
    insta::assert_snapshot!(draw(&connected().model, (50, 12)).backend());
    insta::assert_snapshot!("smallest", draw(&payment_failing().model, (60, 16)).backend());
}

#[test]
fn one_consumer_and_eight_lay_out() {
    let mut one = Script::new();
    one.connect(&CONSUMERS[..1]);
    one.order(crate::script::End::Declined);
    insta::assert_snapshot!("one-consumer", draw(&one.model, (120, 36)).backend());
    let mut eight = Script::new();
    eight.connect(&["processPayment", "reserveInventory", "sendNotification", "a", "b", "c", "d", "e"]);
    eight.busy(4);
    insta::assert_snapshot!("eight-consumers-80x24", draw(&eight.model, (80, 24)).backend());
    insta::assert_snapshot!("eight-consumers-120x36", draw(&eight.model, (120, 36)).backend());
}

#[test]
fn ascii_only() {
    let mut script = Script::with(Appearance { colour: false, ascii: true });
    script.connect(&CONSUMERS);
    script.busy(4);
    let terminal = draw(&script.model, (80, 24));
    let own: String = terminal.backend().to_string().replace("東京", "");
    assert!(own.chars().all(|c| c.is_ascii() || "·…–".contains(c)), "{own}");
}

#[test]
fn the_failing_service_is_red_and_reversed_and_the_others_stay_green() {
    let script = payment_failing();
    let terminal = draw(&script.model, (120, 36));
    let buffer = terminal.backend().buffer();
    let badge = &buffer[find(buffer, "✖ failing")];
    assert_eq!(badge.fg, Color::Red);
    assert!(badge.modifier.contains(Modifier::REVERSED | Modifier::BOLD));
    let others = &buffer[find(buffer, "● healthy")];
    assert_eq!(others.fg, Color::Green);
    assert!(!others.modifier.contains(Modifier::REVERSED));
    let (x, y) = find(buffer, " processPayment ");
    assert_eq!(buffer[(x - 1, y)].symbol(), "┏", "a heavy border besides the colour");
}

#[test]
fn every_health_has_its_own_word_and_style() {
    let throttled = draw(&throttled().model, (120, 36));
    let buffer = throttled.backend().buffer();
    assert_eq!(buffer[find(buffer, "◑ throttled")].fg, Color::Yellow);
    let mut script = notification_failing();
    let buffer_of = |script: &Script| draw(&script.model, (120, 36)).backend().buffer().clone();
    let buffer = buffer_of(&script);
    assert_eq!(buffer[find(&buffer, "✖ failing")].fg, Color::Red);
    script.state("sendNotification", |state| state.reserved_concurrency = Some(0));
    script.state("reserveInventory", |state| state.disabled_rules = vec!["reserveInventory-rule".into()]);
    script.state("processPayment", |state| {
        state.faults = vec![ActiveFault::plain(FaultKind::Latency).for_another(Duration::from_secs(9))]
    });
    let buffer = buffer_of(&script);
    assert_eq!(buffer[find(&buffer, "■ halted")].fg, Color::Red);
    assert_eq!(buffer[find(&buffer, "◌ disconnected")].fg, Color::Red);
    assert_eq!(buffer[find(&buffer, "▲ degraded")].fg, Color::Yellow);
    let idle = draw(&connected().model, (120, 36));
    let buffer = idle.backend().buffer();
    assert_eq!(buffer[find(buffer, "○ idle")].fg, Color::DarkGray);
}

#[test]
fn without_colour_no_cell_has_one_and_states_are_still_told() {
    let mut script = Script::with(Appearance { colour: false, ascii: false });
    script.connect(&CONSUMERS);
    script.busy(6);
    script.state("processPayment", |state| state.faults = vec![ActiveFault::plain(FaultKind::Decline)]);
    let terminal = draw(&script.model, (120, 36));
    let buffer = terminal.backend().buffer();
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    assert!(buffer[find(buffer, "✖ failing")].modifier.contains(Modifier::REVERSED));
}

#[test]
fn no_colour_is_fixed_on_a_background() {
    let terminal = draw(&payment_failing().model, (120, 36));
    assert!(terminal.backend().buffer().content.iter().all(|cell| cell.bg == Color::Reset));
}

#[test]
fn text_from_outside_cannot_reach_the_terminal() {
    let mut script = connected();
    let mut order = script.create();
    order.order_id = "ord-\u{1b}[2Jevil".into();
    order.user_id = "\u{202e}resu\u{7}".into();
    order.created_at = script.now;
    script.send(Message::Orders { orders: vec![order], complete: false });
    script.send(Message::Failed("boom\u{1b}]0;title\u{7}".into()));
    let terminal = draw(&script.model, (120, 36));
    let buffer = terminal.backend().buffer();
    find(buffer, "evil");
    assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(['\u{1b}', '\u{202e}', '\u{7}'])));
    assert!(!terminal.backend().to_string().contains("[2J"));
}
