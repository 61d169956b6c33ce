//! The wires between the boxes, with the events that move along them and those that wait at their end.

use ratatui::{buffer::Buffer, style::Style};

use super::theme::Theme;
use crate::app::{Edge, Model};

/// A wire from left to right.
pub(super) struct Wire {
    /// Its first column.
    pub(super) x: u16,
    /// Its row.
    pub(super) y: u16,
    /// How many columns it has, the arrow's head included.
    pub(super) length: u16,
    /// Whose events move to the right.
    pub(super) forward: Edge,
    /// Whose events move to the left.
    pub(super) backward: Option<Edge>,
    /// Whether nothing passes.
    pub(super) cut: bool,
    /// How many events wait at its right end.
    pub(super) queue: u64,
}

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, wire: Wire) {
    if wire.length < 2 {
        return;
    }
    let line = if wire.cut { theme.glyph("╌", ".") } else { theme.glyph("─", "-") };
    let mut set = |column: u16, symbol: &str, style: Style| {
        if let Some(cell) = buffer.cell_mut((wire.x + column, wire.y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    };
    let run = wire.length - 1;
    for column in 0..run {
        set(column, line, theme.muted());
    }
    if wire.cut {
        set(run / 2, theme.glyph("✕", "X"), theme.bad());
    }
    set(run, theme.glyph("▶", ">"), theme.muted());
    let waiting = u16::try_from(wire.queue).unwrap_or(u16::MAX).min(run.saturating_sub(2));
    for column in 0..waiting {
        set(run - 1 - column, theme.glyph("▪", "="), theme.warn());
    }
    // What moves stops where the queue begins.
    let run = run - waiting;
    let mut moving = |edge: Edge, back: bool| {
        for (progress, failure) in model.pulses.on(edge, model.now) {
            let style = if failure { theme.bad() } else { theme.accent().patch(theme.strong()) };
            let at = ((progress * f64::from(run)) as u16).min(run - 1);
            for (behind, symbol) in [(2, theme.glyph("─", "-")), (1, theme.glyph("━", "=")), (0, theme.glyph("●", "o"))]
            {
                let Some(column) = at.checked_sub(behind) else { continue };
                set(if back { run - 1 - column } else { column }, symbol, style);
            }
        }
    };
    moving(wire.forward, false);
    if let Some(edge) = wire.backward {
        moving(edge, true);
    }
}
