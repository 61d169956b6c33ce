//! The loop that runs the dashboard: it takes terminal events, messages and time, and draws when something changed.

use std::{future, io, time::Duration};

use crossterm::event::{Event, EventStream};
use futures::{FutureExt, Stream, StreamExt};
use jiff::Timestamp;
use ratatui::{Terminal, backend::Backend};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{Effect, Message, Model, update},
    terminal::{Session, TerminalModes, watch_signals},
    view::view,
};

/// The least time between two pictures: 60 a second.
const FRAME: Duration = Duration::from_micros(16_667);
/// Messages taken at once before keys are looked at again.
const BATCH: usize = 64;

/// Why the dashboard ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The terminal could not be drawn on.
    #[error("drawing on the terminal failed: {0}; is it still there?")]
    Draw(String),
    /// Keys could not be read.
    #[error("reading keys from the terminal failed: {0}; is it still there?")]
    Read(#[source] io::Error),
}

/// Where effects go. The runtime behind it does them in tasks of its own; nothing here waits for it.
pub trait EffectSink {
    /// Hands an effect over.
    ///
    /// # Errors
    /// A text for people when it cannot be taken: what to do next.
    fn take(&mut self, effect: Effect) -> Result<(), String>;
}

impl EffectSink for mpsc::Sender<Effect> {
    fn take(&mut self, effect: Effect) -> Result<(), String> {
        self.try_send(effect).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                "too much is asked for at once: wait a moment and try again".to_owned()
            }
            mpsc::error::TrySendError::Closed(_) => {
                "the part that talks to the cloud has stopped: restart the dashboard".to_owned()
            }
        })
    }
}

/// What the dashboard is wired to.
pub struct Wiring<E, S, M, C> {
    /// Keys, mouse, paste and resize. Its end ends the dashboard: the terminal is gone.
    pub terminal_events: E,
    /// What happens in the cloud. Bounded: its sender counts what it had to leave out and says so by [`Message::Dropped`].
    pub messages: mpsc::Receiver<Message>,
    /// Where effects go.
    pub effects: S,
    /// The terminal's modes.
    pub modes: M,
    /// The time.
    pub clock: C,
    /// Ends the dashboard from outside: signals and panics.
    pub shutdown: CancellationToken,
}

/// The dashboard on a terminal.
pub struct Dashboard<B: Backend> {
    terminal: Terminal<B>,
    model: Model,
    dirty: bool,
    /// Whether the terminal may have lost what was drawn on it.
    resized: bool,
    drawn: Option<Instant>,
    frames: u64,
}

impl<B: Backend> Dashboard<B> {
    /// A dashboard that shows `model` on `terminal`.
    pub fn new(terminal: Terminal<B>, model: Model) -> Self {
        Self { terminal, model, dirty: true, resized: false, drawn: None, frames: 0 }
    }

    /// What it shows.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Where it is shown.
    pub fn terminal(&self) -> &Terminal<B> {
        &self.terminal
    }

    /// How many pictures were drawn.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Runs until the user leaves, the terminal is gone, or `shutdown` is cancelled. Gives itself back, so that a test can
    /// look at what it showed last.
    ///
    /// # Errors
    /// [`RunError`] when the terminal cannot be read or drawn on.
    pub async fn run<E, S, M, C>(mut self, wiring: Wiring<E, S, M, C>) -> Result<Self, RunError>
    where
        E: Stream<Item = io::Result<Event>> + Unpin,
        S: EffectSink,
        M: TerminalModes,
        C: Fn() -> Timestamp,
    {
        let Wiring { mut terminal_events, mut messages, mut effects, mut modes, clock, shutdown } = wiring;
        let size = self.terminal.size().map_err(|error| RunError::Draw(error.to_string()))?;
        let mut going = self.take(Message::Terminal(Event::Resize(size.width, size.height)), &clock, &mut effects);
        let mut open = true;
        while going {
            if self.due().is_some_and(|at| at <= Instant::now()) {
                self.draw()?;
            }
            let wake = self.due().unwrap_or_else(|| self.drawn.unwrap_or_else(Instant::now) + self.model.cadence());
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                event = terminal_events.next() => match event {
                    Some(event) => going = self.take(Message::Terminal(event.map_err(RunError::Read)?), &clock, &mut effects),
                    None => break,
                },
                message = receive(&mut messages, open) => match message {
                    Some(message) => {
                        going = self.take(message, &clock, &mut effects);
                        // What is there already is taken along, so that a flood costs one picture, not many.
                        for _ in 0..BATCH {
                            let Some(Some(message)) = messages.recv().now_or_never().filter(|_| going) else { break };
                            going = self.take(message, &clock, &mut effects);
                        }
                    }
                    None => open = false,
                },
                () = sleep_until(wake) => going = self.take(Message::Tick(clock()), &clock, &mut effects),
            }
            // A terminal that cannot capture the mouse is still a good terminal.
            let _ = modes.capture_mouse(self.model.captures_mouse());
        }
        self.draw()?;
        Ok(self)
    }

    /// When the next picture may be drawn; `None` when nothing changed.
    fn due(&self) -> Option<Instant> {
        self.dirty.then(|| self.drawn.map_or_else(Instant::now, |at| at + FRAME))
    }

    /// Takes one message in, at the time it is now; `false` when it is time to leave.
    fn take(&mut self, message: Message, clock: &impl Fn() -> Timestamp, sink: &mut impl EffectSink) -> bool {
        let tick = (!matches!(message, Message::Tick(_))).then(|| Message::Tick(clock()));
        self.resized |= matches!(message, Message::Terminal(Event::Resize(..)));
        self.dirty = true;
        let mut going = true;
        for message in tick.into_iter().chain([message]) {
            for effect in update(&mut self.model, message) {
                going &= effect != Effect::Quit;
                if let Err(why) = sink.take(effect)
                    && going
                {
                    update(&mut self.model, Message::Failed(why));
                }
            }
        }
        going
    }

    fn draw(&mut self) -> Result<(), RunError> {
        let failed = |error: B::Error| RunError::Draw(error.to_string());
        if std::mem::take(&mut self.resized) {
            // Terminals drop what does not fit; when they are back at the old size by now, ratatui has not noticed.
            let size = self.terminal.size().map_err(failed)?;
            self.terminal.resize(size.into()).map_err(failed)?;
        }
        let model = &self.model;
        self.terminal.draw(|frame| view(model, frame)).map_err(|error| RunError::Draw(error.to_string()))?;
        self.dirty = false;
        self.drawn = Some(Instant::now());
        self.frames += 1;
        Ok(())
    }
}

/// Why the dashboard could not be shown on the terminal, or ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// There is no terminal to show it on.
    #[error(
        "taking over the terminal failed: {0}; run this in a terminal, or use a command that needs none (see --help)"
    )]
    Terminal(#[source] io::Error),
    /// Signals cannot be listened to.
    #[error("listening to signals failed: {0}; try again")]
    Signals(#[source] io::Error),
    /// It ended before its time.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Shows `model` on this process's terminal until the user leaves, a signal comes, or anything panics. The terminal is
/// given back before this returns.
///
/// # Errors
/// [`ShowError`] when the terminal cannot be taken over, read or drawn on.
pub async fn show(
    model: Model,
    messages: mpsc::Receiver<Message>,
    effects: mpsc::Sender<Effect>,
    shutdown: CancellationToken,
) -> Result<Model, ShowError> {
    watch_signals(shutdown.clone()).map_err(ShowError::Signals)?;
    let session = Session::enter(shutdown.clone()).map_err(ShowError::Terminal)?;
    let terminal = session.terminal().map_err(ShowError::Terminal)?;
    let terminal_events = EventStream::new();
    let wiring = Wiring { terminal_events, messages, effects, modes: session, clock: Timestamp::now, shutdown };
    let dashboard = Dashboard::new(terminal, model).run(wiring).await?;
    Ok(dashboard.model)
}

/// The next message; waits for ever once the channel is closed.
async fn receive(messages: &mut mpsc::Receiver<Message>, open: bool) -> Option<Message> {
    if open { messages.recv().await } else { future::pending().await }
}
