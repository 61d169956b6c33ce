//! The run loop on a test backend, with injected keys, messages and time.

use std::{cell::Cell, io};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use eventflow_tui::{
    app::{Appearance, Effect, Message, Model},
    dashboard::{Dashboard, RunError, Wiring},
    scenario::Progress,
    terminal::NoModes,
};
use futures::{Stream, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use ratatui::{Terminal, backend::TestBackend};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::script::{CONSUMERS, system};

fn now() -> Timestamp {
    "2026-03-14T12:04:31Z".parse().unwrap()
}

fn dashboard() -> Dashboard<TestBackend> {
    let terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    Dashboard::new(terminal, Model::new(Appearance::default(), now()))
}

fn key(c: char) -> io::Result<Event> {
    Ok(Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)))
}

type Channels<E> = (
    mpsc::Sender<Message>,
    mpsc::Receiver<Effect>,
    CancellationToken,
    Wiring<E, mpsc::Sender<Effect>, NoModes, fn() -> Timestamp>,
);

fn wiring<E: Stream<Item = io::Result<Event>> + Unpin>(terminal_events: E) -> Channels<E> {
    let (message_sender, messages) = mpsc::channel(64);
    let (effects, effect_receiver) = mpsc::channel(16);
    let shutdown = CancellationToken::new();
    let clock: fn() -> Timestamp = now;
    let wiring = Wiring { terminal_events, messages, effects, modes: NoModes, clock, shutdown: shutdown.clone() };
    (message_sender, effect_receiver, shutdown, wiring)
}

#[tokio::test]
async fn q_leaves_and_what_was_shown_last_is_there() {
    let (messages, mut effects, _, wiring) = wiring(stream::iter([key('b'), key('q')]).chain(stream::pending()));
    messages.send(Message::Discovered(Box::new(system(&CONSUMERS)))).await.unwrap();
    let done = dashboard().run(wiring).await.unwrap();
    assert_eq!(effects.recv().await, Some(Effect::PlaceBurst { count: 20, product_id: None }));
    assert_eq!(effects.recv().await, Some(Effect::Quit));
    assert!(done.terminal().backend().to_string().contains("EventFlow"));
}

#[tokio::test]
async fn messages_are_shown_and_a_closed_channel_does_not_end_it() {
    let (keys, mut typed) = mpsc::channel(4);
    let events = stream::poll_fn(move |context| typed.poll_recv(context));
    let (messages, mut effects, _, wiring) = wiring(Box::pin(events));
    messages.send(Message::Discovered(Box::new(system(&CONSUMERS)))).await.unwrap();
    drop(messages);
    let running = tokio::spawn(dashboard().run(wiring));
    assert_eq!(effects.recv().await, Some(Effect::Reconcile));
    keys.send(key('q')).await.unwrap();
    let done = running.await.unwrap().unwrap();
    assert!(done.terminal().backend().to_string().contains("processPayment"));
}

#[tokio::test]
async fn it_ends_when_the_terminal_is_gone_or_broken_or_a_signal_comes() {
    let (_messages, _effects, _, gone) = wiring(stream::empty());
    dashboard().run(gone).await.unwrap();
    let (_messages, _effects, _, broken) = wiring(stream::iter([Err(io::Error::other("gone"))]));
    assert!(matches!(dashboard().run(broken).await, Err(RunError::Read(_))));
    let (_messages, _effects, shutdown, wiring) = wiring(stream::pending());
    shutdown.cancel();
    dashboard().run(wiring).await.unwrap();
}

#[tokio::test]
async fn an_effect_that_cannot_be_taken_is_said() {
    let (_messages, mut effects, _, wiring) = wiring(stream::iter([key('b'), key('b')]).chain(stream::empty()));
    effects.close();
    let done = dashboard().run(wiring).await.unwrap();
    assert!(done.terminal().backend().to_string().contains("restart the dashboard"));
}

#[tokio::test(start_paused = true)]
async fn at_rest_it_draws_once_a_second_and_a_flood_costs_few_pictures() {
    let (messages, _effects, shutdown, wiring) = wiring(stream::pending());
    let running = tokio::spawn(dashboard().run(wiring));
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    for _ in 0..1_000 {
        messages.send(Message::Dropped(1)).await.unwrap();
    }
    shutdown.cancel();
    let done = running.await.unwrap().unwrap();
    assert!((10..40).contains(&done.frames()), "{} pictures", done.frames());
}

#[tokio::test(start_paused = true)]
async fn what_time_alone_brings_is_done_also_when_a_message_comes_at_that_moment() {
    let press = |code| Ok(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    let keys = [key('s'), press(KeyCode::Enter), key('a')];
    let (messages, mut effects, shutdown, wiring) = wiring(stream::iter(keys).chain(stream::pending()));
    // Much time passes between any two messages: whatever was said is read when the next one comes.
    let looks = Cell::new(0);
    let clock = move || {
        looks.set(looks.get() + 1);
        now() + SignedDuration::from_mins(looks.get())
    };
    let Wiring { terminal_events, messages: receiver, effects: sender, modes, shutdown: stop, .. } = wiring;
    let wiring = Wiring { terminal_events, messages: receiver, effects: sender, modes, clock, shutdown: stop };
    messages.send(Message::Discovered(Box::new(system(&CONSUMERS)))).await.unwrap();
    messages.send(Message::Scenario(Progress::Told(0))).await.unwrap();
    messages.send(Message::Dropped(1)).await.unwrap();
    let running = async { dashboard().run(wiring).await.unwrap() };
    let watching = async {
        assert!(matches!(effects.recv().await, Some(Effect::PlayScenario(_))));
        assert_eq!(effects.recv().await, Some(Effect::Reconcile));
        assert_eq!(effects.recv().await, Some(Effect::NextStep));
        shutdown.cancel();
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), async { tokio::join!(running, watching) }).await.unwrap();
}
