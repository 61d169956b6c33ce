//! Everything the dashboard shows.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::scenario::Scenario;

use super::{
    bindings::Scope,
    blast::Blast,
    events::EventStream,
    hold::Filter,
    matrix::Matrix,
    message::{Effect, Fault, FeedState, NewOrder, System},
    mode::{Mode, Pane},
    notices::Notices,
    orders::Orders,
    pulses::Pulses,
    scenarios::Scenarios,
    services::Services,
    stock::StockLevels,
    timeline::Timeline,
    window::Window,
};

/// How long a frame lasts while something moves.
const FRAME: Duration = Duration::from_millis(33);
/// How often ages and clocks move on.
const SECOND: Duration = Duration::from_secs(1);
/// How often percentiles are computed anew, at most.
const SETTLE: SignedDuration = SignedDuration::from_millis(250);

/// How often an open timeline is read again, at most.
const TIMELINE: SignedDuration = SignedDuration::from_secs(1);
/// The same on AWS, where a reading takes a dozen of the five calls a second that the account has.
const TIMELINE_ON_AWS: SignedDuration = SignedDuration::from_secs(15);
/// How long after a failure the dead-letter queues are looked at: time for the letter to arrive.
const LETTERS: SignedDuration = SignedDuration::from_millis(500);

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appearance {
    /// Whether colours may be used. Without them every state still has its glyph and its word.
    pub colour: bool,
    /// Whether only ASCII may be used.
    pub ascii: bool,
}

impl Default for Appearance {
    fn default() -> Self {
        Self { colour: true, ascii: false }
    }
}

/// Everything the dashboard shows. Changed only by [`update`](super::update), drawn by [`view`](crate::view::view).
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) now: Timestamp,
    pub(crate) appearance: Appearance,
    pub(crate) size: (u16, u16),
    pub(crate) system: Option<System>,
    pub(crate) feed: FeedState,
    pub(crate) services: Services,
    pub(crate) orders: Orders,
    pub(crate) stock: StockLevels,
    pub(crate) events: EventStream,
    pub(crate) pulses: Pulses,
    pub(crate) notices: Notices,
    pub(crate) scenarios: Scenarios,
    /// The timeline of the order that is open, with its id.
    pub(crate) timeline: Option<(String, Timeline)>,
    /// When the timeline was asked for, and whether something happened to the order since.
    pub(crate) timeline_asked: (Timestamp, bool),
    /// Since when events may have gone to a dead-letter queue, or a fault is over, and nobody looked.
    pub(crate) letters_due: Option<Timestamp>,
    pub(crate) mode: Mode,
    pub(crate) focus: Pane,
    pub(crate) paused: bool,
    pub(crate) mouse: bool,
    pub(crate) filter: String,
    /// Orders accepted, by the second.
    pub(crate) placed: Window,
    pub(crate) last_order: Option<NewOrder>,
    /// What the faults that are or were on did to whom; `None` when there is nothing to tell, or it was read.
    pub(crate) blast: Option<Blast>,
    /// What is chosen in the fault matrix.
    pub(crate) matrix: Matrix,
    /// Faults that were asked for and are not yet as asked.
    pub(crate) wanted: Vec<(Fault, bool)>,
    /// Whether faults are left on without a question when the user leaves.
    pub(crate) leaves_faults: bool,
    /// The zone in which clocks are shown.
    pub(crate) zone: TimeZone,
    settled: Timestamp,
}

impl Model {
    /// A dashboard that knows nothing yet, at `now`.
    pub fn new(appearance: Appearance, now: Timestamp) -> Self {
        Self {
            now,
            appearance,
            size: (80, 24),
            system: None,
            feed: FeedState::Connecting,
            services: Services::default(),
            orders: Orders::default(),
            stock: StockLevels::default(),
            events: EventStream::default(),
            pulses: Pulses::default(),
            notices: Notices::default(),
            scenarios: Scenarios::default(),
            timeline: None,
            timeline_asked: (now, false),
            letters_due: None,
            mode: Mode::View,
            focus: Pane::Orders,
            paused: false,
            mouse: false,
            filter: String::new(),
            placed: Window::default(),
            last_order: None,
            blast: None,
            matrix: Matrix::default(),
            wanted: Vec::new(),
            leaves_faults: false,
            zone: TimeZone::UTC,
            settled: now,
        }
    }

    /// Shows clocks in `zone` (UTC otherwise).
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// Puts scenarios of the user's own first in the list, and opens the Scenarios view if there are any.
    #[must_use]
    pub fn with_scenarios(mut self, own: Vec<Scenario>) -> Self {
        self.scenarios.open = !own.is_empty();
        self.scenarios.add(own);
        self
    }

    /// Leaves faults on when the user leaves, and does not ask.
    #[must_use]
    pub fn leaving_faults_on(mut self, leave: bool) -> Self {
        self.leaves_faults = leave;
        self
    }

    /// After how long the picture changes by the mere passing of time.
    pub fn cadence(&self) -> Duration {
        if self.pulses.any() { FRAME } else { SECOND }
    }

    /// Whether the mouse should be captured.
    pub fn captures_mouse(&self) -> bool {
        self.mouse
    }

    /// Whose keys hold now.
    pub fn scope(&self) -> Scope {
        match self.mode.scope() {
            Scope::View if self.scenarios.open => Scope::Scenarios,
            scope => scope,
        }
    }

    /// Time passed. It never goes back, even when the system's clock does.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.pulses.tick(self.now);
        self.notices.tick(self.now);
        if self.services.any_overdue(self.now) {
            self.expect_letters();
        }
        if self.now.duration_since(self.settled) >= SETTLE {
            self.settled = self.now;
            self.services.tick(self.now);
            if let Some(blast) = &mut self.blast {
                blast.settle(&self.services, self.now);
            }
        }
    }

    /// Asks for the timeline of the order that is open.
    pub(crate) fn ask_for_timeline(&mut self) -> Option<Effect> {
        let Mode::OrderDetail { id, .. } = &self.mode else { return None };
        let created = self.orders.get(id)?.order.created_at;
        self.timeline_asked = (self.now, false);
        Some(Effect::FetchTimeline { order_id: id.clone(), created })
    }

    /// Asks again when something happened to the order, but not all the time.
    pub(crate) fn timeline_due(&mut self) -> Option<Effect> {
        let (asked, stale) = self.timeline_asked;
        let embedded = self.system.as_ref().is_some_and(|system| system.time_scale.is_some());
        let pace = if embedded { TIMELINE } else { TIMELINE_ON_AWS };
        if stale && self.now.duration_since(asked) >= pace { self.ask_for_timeline() } else { None }
    }

    /// An event may have gone to a dead-letter queue.
    pub(crate) fn expect_letters(&mut self) {
        // On AWS that many calls would be taken from others; there they are seen when everything is read again.
        if self.system.as_ref().is_some_and(|system| system.time_scale.is_some()) {
            self.letters_due.get_or_insert(self.now);
        }
    }

    /// Looks at the queues a little after something may have gone there.
    pub(crate) fn letters_due(&mut self) -> Option<Effect> {
        self.letters_due.take_if(|since| self.now.duration_since(*since) >= LETTERS).map(|_| Effect::FetchServices)
    }

    /// Shows only orders and events that match.
    pub(crate) fn set_filter(&mut self, text: &str) {
        text.clone_into(&mut self.filter);
        let filter = Filter::new(text);
        self.orders.filter = filter.clone();
        self.orders.hold.cursor = None;
        self.events.set_filter(filter);
        self.events.hold.cursor = None;
    }

    /// Holds the lists, or lets them go.
    pub(crate) fn pause(&mut self, paused: bool) {
        self.paused = paused;
        if paused {
            self.orders.freeze();
            self.events.freeze();
        } else {
            self.orders.hold.release(false);
            self.events.hold.release(false);
        }
    }

    /// Whether any fault is on.
    pub(crate) fn has_faults(&self) -> bool {
        self.services.faults().next().is_some()
    }
}
