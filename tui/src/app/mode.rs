//! What is open over the view, and which panel has the focus.

use tui_input::Input;

use super::{bindings::Scope, form::Form, leave::Leaving};

/// A panel whose rows can be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Pane {
    #[default]
    Orders,
    Events,
    Stock,
}

impl Pane {
    /// The panel after this one, or before it.
    pub(crate) fn turn(self, forward: bool) -> Self {
        match (self, forward) {
            (Self::Orders, true) | (Self::Stock, false) => Self::Events,
            (Self::Events, true) | (Self::Orders, false) => Self::Stock,
            (Self::Stock, true) | (Self::Events, false) => Self::Orders,
        }
    }
}

/// What is open.
#[derive(Debug, Clone, Default)]
pub(crate) enum Mode {
    /// Nothing.
    #[default]
    View,
    /// A filter is typed; `before` comes back when it is dropped.
    Filter { input: Input, before: String },
    /// A command is typed; what was wrong with the last try.
    Command { input: Input, problem: Option<String> },
    /// An order is filled in.
    Order(Form),
    /// A restock is filled in.
    Restock(Form),
    /// The fault matrix.
    Faults,
    /// The keys, from a line on.
    Help { line: usize },
    /// An order in full, from a line on.
    OrderDetail { id: String, line: usize },
    /// An event in full, from a line on.
    EventDetail { seq: u64, line: usize },
    /// Leave although faults are on?
    Leave(Leaving),
}

impl Mode {
    /// The scope whose keys hold.
    pub(crate) fn scope(&self) -> Scope {
        match self {
            Self::View => Scope::View,
            Self::Filter { .. } => Scope::Filter,
            Self::Command { .. } => Scope::Command,
            Self::Order(_) | Self::Restock(_) => Scope::Form,
            Self::Faults => Scope::Menu,
            Self::Help { .. } | Self::OrderDetail { .. } | Self::EventDetail { .. } => Scope::Popup,
            Self::Leave(_) => Scope::Confirm,
        }
    }
}
