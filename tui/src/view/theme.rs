//! Styles by meaning. A neutral base on the terminal's own background, one accent; red, yellow and green tell states only.

use eventflow_contract::OrderStatus;
use ratatui::{
    style::{Color, Modifier, Style},
    symbols::border,
};

use crate::app::{Appearance, Health};

/// Styles and glyphs for what a terminal can show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Theme(pub(crate) Appearance);

/// Borders for terminals with nothing but ASCII.
const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Borders of what a person should look at, in ASCII.
const ASCII_LOUD: border::Set<'static> =
    border::Set { vertical_left: "#", vertical_right: "#", horizontal_top: "=", horizontal_bottom: "=", ..ASCII };

impl Theme {
    fn colour(self, colour: Color, otherwise: Modifier) -> Style {
        if self.0.colour { Style::new().fg(colour) } else { Style::new().add_modifier(otherwise) }
    }

    /// Ordinary text.
    pub(crate) fn text(self) -> Style {
        Style::new()
    }

    /// Text that matters most.
    pub(crate) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The title of a box, whatever the colour of its border.
    pub(crate) fn heading(self) -> Style {
        Style::new().fg(Color::Reset).add_modifier(Modifier::BOLD)
    }

    /// Text that matters least.
    pub(crate) fn muted(self) -> Style {
        self.colour(Color::DarkGray, Modifier::DIM)
    }

    /// The one accent.
    pub(crate) fn accent(self) -> Style {
        self.colour(Color::Cyan, Modifier::BOLD)
    }

    /// It went well.
    pub(crate) fn good(self) -> Style {
        self.colour(Color::Green, Modifier::empty())
    }

    /// It waits or is slowed down.
    pub(crate) fn warn(self) -> Style {
        self.colour(Color::Yellow, Modifier::BOLD)
    }

    /// It failed.
    pub(crate) fn bad(self) -> Style {
        self.colour(Color::Red, Modifier::BOLD).add_modifier(Modifier::BOLD)
    }

    /// A state that nobody may miss.
    pub(crate) fn badge(self, style: Style) -> Style {
        style.add_modifier(Modifier::REVERSED | Modifier::BOLD)
    }

    /// The selected row.
    pub(crate) fn selected(self) -> Style {
        Style::new().fg(Color::Reset).add_modifier(Modifier::REVERSED)
    }

    /// The style of a health.
    pub(crate) fn health(self, health: Health) -> Style {
        match health {
            Health::Idle => self.muted(),
            Health::Healthy => self.good(),
            Health::Degraded | Health::Throttled => self.warn(),
            Health::Disconnected | Health::Halted | Health::Failing => self.bad(),
        }
    }

    /// The style of an order's status.
    pub(crate) fn status(self, status: OrderStatus) -> Style {
        match status {
            OrderStatus::Confirmed => self.good(),
            OrderStatus::PaymentFailed | OrderStatus::InventoryFailed => self.bad(),
            OrderStatus::Pending | OrderStatus::Paid | OrderStatus::Reserved => self.text(),
        }
    }

    /// The glyph of an order's status.
    pub(crate) fn status_glyph(self, status: OrderStatus) -> &'static str {
        match status {
            OrderStatus::Confirmed => self.glyph("●", "*"),
            OrderStatus::PaymentFailed | OrderStatus::InventoryFailed => self.glyph("✖", "x"),
            OrderStatus::Paid | OrderStatus::Reserved => self.glyph("◐", "%"),
            OrderStatus::Pending => self.glyph("○", "o"),
        }
    }

    /// One glyph or its ASCII stand-in.
    pub(crate) fn glyph(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.0.ascii { ascii } else { unicode }
    }

    /// The border of a box; loud for what a person should look at.
    pub(crate) fn border(self, loud: bool) -> border::Set<'static> {
        match (self.0.ascii, loud) {
            (true, false) => ASCII,
            (true, true) => ASCII_LOUD,
            (false, false) => border::ROUNDED,
            (false, true) => border::THICK,
        }
    }
}
