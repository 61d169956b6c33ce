//! Whatever comes, in whatever order, at whatever size: nothing panics, and the picture stays in its frame.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use eventflow_tui::{
    app::{ActiveFault, FaultKind, FeedState, Message},
    observe::{InvocationStatus, Observation},
};
use proptest::prelude::*;

use crate::{
    looks::draw,
    script::{CONSUMERS, End, Script},
};

#[derive(Debug, Clone)]
enum Happening {
    Key(KeyCode, bool),
    Click(u16, u16),
    Wheel(u16, u16, bool),
    Resize(u16, u16),
    Paste(String),
    Wait(i64),
    Order(u8),
    Create,
    Text(String),
    State(usize, u64, Option<u32>, bool),
    Fail(usize, u8),
    Feed(u8),
    Dropped(u64),
    Connect(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let code = prop_oneof![
        8 => proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        2 => Just(KeyCode::Enter),
        2 => Just(KeyCode::Esc),
        2 => Just(KeyCode::Tab),
        1 => Just(KeyCode::BackTab),
        2 => Just(KeyCode::Down),
        2 => Just(KeyCode::Up),
        1 => Just(KeyCode::Backspace),
        1 => Just(KeyCode::PageDown),
        1 => Just(KeyCode::End),
        1 => Just(KeyCode::Home),
    ];
    prop_oneof![
        10 => (code, prop::bool::weighted(0.1)).prop_map(|(code, control)| H::Key(code, control)),
        2 => (0..220_u16, 0..60_u16).prop_map(|(x, y)| H::Click(x, y)),
        1 => (0..220_u16, 0..60_u16, any::<bool>()).prop_map(|(x, y, up)| H::Wheel(x, y, up)),
        1 => (0..260_u16, 0..90_u16).prop_map(|(w, h)| H::Resize(w, h)),
        1 => ".{0,20}".prop_map(H::Paste),
        3 => prop_oneof![Just(33), Just(1_000), Just(90_000), Just(-5_000)].prop_map(H::Wait),
        4 => any::<u8>().prop_map(H::Order),
        1 => Just(H::Create),
        2 => ".{0,40}".prop_map(H::Text),
        2 => (0..3_usize, 0..9_u64, prop::option::of(0..3_u32), any::<bool>()).prop_map(|(f, d, c, x)| H::State(f, d, c, x)),
        2 => (0..3_usize, any::<u8>()).prop_map(|(f, r)| H::Fail(f, r)),
        1 => any::<u8>().prop_map(H::Feed),
        1 => any::<u64>().prop_map(H::Dropped),
        1 => (0..4_usize).prop_map(H::Connect),
    ]
}

fn happen(script: &mut Script, happening: Happening) {
    match happening {
        Happening::Key(code, control) => {
            let modifiers = if control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            script.send(Message::Terminal(Event::Key(KeyEvent::new(code, modifiers))));
        }
        Happening::Click(column, row) => mouse(script, MouseEventKind::Down(MouseButton::Left), column, row),
        Happening::Wheel(column, row, true) => mouse(script, MouseEventKind::ScrollUp, column, row),
        Happening::Wheel(column, row, false) => mouse(script, MouseEventKind::ScrollDown, column, row),
        Happening::Resize(width, height) => script.send(Message::Terminal(Event::Resize(width, height))),
        Happening::Paste(text) => script.send(Message::Terminal(Event::Paste(text))),
        Happening::Wait(ms) => script.wait(ms),
        Happening::Order(end) => {
            script.order([End::Confirmed, End::Declined, End::SoldOut, End::Open][usize::from(end % 4)]);
        }
        Happening::Create => {
            script.create();
        }
        Happening::Text(text) => {
            let mut order = script.create();
            order.order_id = text.clone();
            order.product_id = text.clone();
            order.user_id = text.clone();
            let event = script.event(&text, &text, &order, Some(&text));
            script.send(Message::Observed(vec![event, log(script, &text)]));
            script.send(Message::Orders { orders: vec![order], complete: true });
            script.send(Message::Failed(text));
        }
        Happening::State(function, dead, concurrency, faulty) => script.state(CONSUMERS[function], |state| {
            state.dead_letters = dead;
            state.reserved_concurrency = concurrency;
            if faulty {
                state.disabled_rules = vec![format!("{}-rule", CONSUMERS[function])];
                state.faults = vec![
                    ActiveFault::plain(FaultKind::Throttle).for_another(Duration::MAX),
                    ActiveFault::plain(FaultKind::Crash),
                ];
            }
        }),
        Happening::Fail(function, request) => {
            script.started(CONSUMERS[function], &request.to_string());
            script.finished(CONSUMERS[function], &request.to_string(), u64::from(request), InvocationStatus::Timeout);
        }
        Happening::Feed(state) => {
            let lost = FeedState::Lost("gone".into());
            let states = [FeedState::Connecting, FeedState::Live, FeedState::Polling, lost];
            script.send(Message::Feed(states[usize::from(state % 4)].clone()));
        }
        Happening::Dropped(count) => script.send(Message::Dropped(count)),
        Happening::Connect(count) => script.connect(&CONSUMERS[..count]),
    }
}

fn mouse(script: &mut Script, kind: MouseEventKind, column: u16, row: u16) {
    script.send(Message::Terminal(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })));
}

fn log(script: &Script, text: &str) -> Observation {
    Observation::Log(eventflow_tui::observe::LogRecord {
        function: text.to_owned(),
        request_id: None,
        at: script.now,
        level: "INFO".into(),
        message: text.to_owned(),
        order_id: None,
        event_id: None,
        outcome: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(
        happenings in prop::collection::vec(happening(), 1..60),
        (width, height) in (1..230_u16, 1..70_u16),
    ) {
        let mut script = Script::new();
        script.connect(&CONSUMERS);
        for (at, happening) in happenings.into_iter().enumerate() {
            happen(&mut script, happening);
            if at % 7 == 0 {
                draw(&script.model, (width, height));
            }
        }
        let terminal = draw(&script.model, (width, height));
        for cell in &terminal.backend().buffer().content {
            let harmful = cell.symbol().chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            prop_assert!(!harmful);
        }
    }
}
