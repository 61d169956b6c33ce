//! What happens to the dashboard ([`Message`]) and what the dashboard wants done ([`Effect`]).

use std::time::Duration;

use eventflow_contract::{Order, Stock};
use jiff::Timestamp;

use super::timeline::Timeline;
use crate::{
    observe::Observation,
    scenario::{Progress, Scenario},
};

/// Something that happened. `update` takes these one at a time.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key, a mouse action, a paste or a resize.
    Terminal(crossterm::event::Event),
    /// Time passed. Sent only while something on the screen moves or ages.
    Tick(Timestamp),
    /// The stack was found: what it consists of.
    Discovered(Box<System>),
    /// The state of the live tail changed.
    Feed(FeedState),
    /// The live tail brought these, oldest first.
    Observed(Vec<Observation>),
    /// The live tail or the intake left this many out: more came than could be shown.
    Dropped(u64),
    /// Orders as stored now. `complete` when these are all recent ones (the reconcile), not just those asked for.
    Orders {
        /// The rows.
        orders: Vec<Order>,
        /// Whether the list is the whole recent-orders index up to its limit.
        complete: bool,
    },
    /// All stock rows as stored now.
    Stock(Vec<Stock>),
    /// The services' settings and queues as they are now.
    Services(Vec<ServiceState>),
    /// What the logs hold of an order.
    Timeline {
        /// Its id.
        order_id: String,
        /// What happened to it.
        timeline: Timeline,
    },
    /// How far the scenario is.
    Scenario(Progress),
    /// What was asked for was done. One line for people.
    Done(String),
    /// What was asked for failed. What was attempted, what went wrong, what to do next.
    Failed(String),
}

/// Something the dashboard wants done. The runtime does it in a task and sends messages back.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// POST /orders.
    PlaceOrder(NewOrder),
    /// Many at once, spread over the products in stock (or all of one product).
    PlaceBurst {
        /// How many.
        count: u32,
        /// Which product; `None` spreads over all.
        product_id: Option<String>,
    },
    /// Turn a fault on, or off.
    SetFault {
        /// Which.
        fault: Fault,
        /// How; `None` turns it off.
        setting: Option<FaultSetting>,
    },
    /// Turn every fault off and put back what they changed.
    ClearFaults,
    /// Publish an event as it is: once more, or one that nobody can read.
    Publish(NewEvent),
    /// SIGKILL the processes of a function. On the embedded cloud only.
    KillProcesses(String),
    /// Send a function the events again that lie in its dead-letter queues.
    Redrive(String),
    /// Add to a product's available stock.
    Restock {
        /// Which product.
        product_id: String,
        /// How many more.
        quantity: u32,
    },
    /// Play a scenario, step by step.
    PlayScenario(Box<Scenario>),
    /// Do the next step of the scenario.
    NextStep,
    /// End the scenario and put back what it changed.
    EndScenario,
    /// Find out again what the stack consists of.
    Rediscover,
    /// Read what the logs hold of an order.
    FetchTimeline {
        /// Its id.
        order_id: String,
        /// When it was created: the logs are read from then on.
        created: Timestamp,
    },
    /// Read these orders again. The runtime coalesces (at most every 100 ms).
    FetchOrders(Vec<String>),
    /// Read the stock table again. Coalesced too.
    FetchStock,
    /// Read the services' settings and queues.
    FetchServices,
    /// Read everything again: recent orders, stock, rules, concurrency, queue depths, faults.
    Reconcile,
    /// Leave.
    Quit,
}

/// An order to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Who orders.
    pub user_id: String,
    /// What.
    pub product_id: String,
    /// How many.
    pub quantity: u32,
}

/// An event to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its source: `eventflow.orders`.
    pub source: String,
    /// Its detail-type: `OrderCreated`.
    pub detail_type: String,
    /// Its detail.
    pub detail: serde_json::Value,
}

/// A fault to inject in one function.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fault {
    /// The function's name.
    pub function: String,
    /// What goes wrong in it.
    pub kind: FaultKind,
}

/// What can be made to go wrong (DESIGN section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// Payments are declined.
    Decline,
    /// Stock is reported missing.
    OutOfStock,
    /// Every invocation fails with an error.
    Error,
    /// The process aborts in mid-flight.
    Crash,
    /// Every invocation is slow.
    Latency,
    /// Every invocation runs into its time-out.
    Timeout,
    /// One invocation at a time, kept busy.
    Throttle,
    /// No invocation at all.
    Halt,
    /// The service's rules are disabled.
    Disconnect,
    /// The process aborts after its write and before it publishes.
    Publish,
    /// All available stock is taken away.
    Drain,
}

/// How a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultSetting {
    /// In which share of the invocations, 0 to 1. Of no meaning to what is changed on the cloud: throttle, halt,
    /// disconnect, drain.
    pub rate: f64,
    /// After how long it ends by itself. Real time, also where the cloud's clock is faster.
    pub lasts: Duration,
    /// By how much `Latency` and `Throttle` delay each invocation.
    pub latency: Duration,
}

impl Default for FaultSetting {
    fn default() -> Self {
        Self { rate: 1.0, lasts: Duration::from_secs(600), latency: Duration::from_millis(1_500) }
    }
}

/// A fault that is on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActiveFault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// In which share of the invocations, 0 to 1.
    pub rate: f64,
    /// By how much it delays, if it does.
    pub latency: Duration,
    /// How long it has left; `None`: nobody will end it, it was not set from here.
    pub left: Option<Duration>,
}

impl ActiveFault {
    /// One that strikes every time, without a delay and without an end.
    pub fn plain(kind: FaultKind) -> Self {
        Self { kind, rate: 1.0, latency: Duration::ZERO, left: None }
    }

    /// The same with that long left.
    #[must_use]
    pub fn for_another(self, left: Duration) -> Self {
        Self { left: Some(left), ..self }
    }
}

/// The state of the live tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedState {
    /// Not connected yet.
    Connecting,
    /// Live Tail runs.
    Live,
    /// Live Tail is not available; FilterLogEvents is polled.
    Polling,
    /// The connection broke: why. It is tried again by itself.
    Lost(String),
}

/// The stack that is watched, as discovered.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// The stack's name.
    pub stack: String,
    /// The Region.
    pub region: String,
    /// The stage: `dev`.
    pub stage: String,
    /// How many times as fast waits pass on the embedded cloud; `None` on AWS.
    pub time_scale: Option<f64>,
    /// The API's base URL.
    pub api_url: String,
    /// Whether the functions read the faults table.
    pub fault_injection: bool,
    /// The functions: those behind the API and on schedules first, then the consumers in template order.
    pub functions: Vec<Function>,
}

/// A function of the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name: `processPayment`.
    pub name: String,
    /// What calls it.
    pub role: FunctionRole,
}

/// What calls a function.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionRole {
    /// Routes of the HTTP API: `POST /orders`.
    Api(Vec<String>),
    /// Rules on the bus: for each its name and event pattern.
    Consumer(Vec<Subscription>),
    /// A schedule: `rate(1 minute)`.
    Scheduled(String),
}

/// A rule that brings events to a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// The rule's name.
    pub rule: String,
    /// Its event pattern.
    pub pattern: serde_json::Value,
}

/// How a service is set and what waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceState {
    /// The function's name.
    pub function: String,
    /// Reserved concurrency: `None` unreserved, 0 halted.
    pub reserved_concurrency: Option<u32>,
    /// Names of its rules that are disabled.
    pub disabled_rules: Vec<String>,
    /// Messages in its on-failure queue and its rules' dead-letter queues.
    pub dead_letters: u64,
    /// Faults that are on.
    pub faults: Vec<ActiveFault>,
}
