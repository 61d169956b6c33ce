//! The first row: what is watched, whether it is live, how it goes, what time it is.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{clock, pen, pen::Pen, theme::Theme};
use crate::app::{FeedState, Model};

/// A piece of the header. When there is no room, the piece with the greatest `rank` goes first.
struct Piece {
    rank: u8,
    right: bool,
    text: String,
    style: Style,
}

/// Columns between two pieces.
const GAP: u16 = 2;

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let mut pieces = pieces(model, theme);
    while pieces.iter().map(|piece| pen::width(&piece.text) + GAP).sum::<u16>() > area.width {
        let Some(last) = pieces.iter().map(|piece| piece.rank).max() else { return };
        pieces.retain(|piece| piece.rank != last);
    }
    let right: u16 = pieces.iter().filter(|p| p.right).map(|p| pen::width(&p.text) + GAP).sum();
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    for piece in pieces.iter().filter(|piece| !piece.right) {
        pen.write(&piece.text, piece.style).skip(GAP);
    }
    let gap = pen.left().saturating_sub(right.saturating_sub(1));
    pen.skip(gap);
    for piece in pieces.iter().filter(|piece| piece.right) {
        pen.write(&piece.text, piece.style).skip(GAP);
    }
}

fn pieces(model: &Model, theme: Theme) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |rank, right, text: String, style| pieces.push(Piece { rank, right, text, style });
    push(0, false, "EventFlow".into(), theme.accent().patch(theme.strong()));
    let (state, style) = state(model, theme);
    push(1, false, state, style);
    if model.paused {
        push(1, false, " PAUSED ".into(), theme.badge(theme.warn()));
    }
    if let Some(system) = &model.system {
        push(7, false, system.stack.clone(), theme.text());
        push(8, false, format!("{} · {}", system.region, system.stage), theme.muted());
    }
    let tally = model.orders.tally;
    push(3, true, format!("{} orders/s", pen::rate(model.placed.rate(model.now, 10))), theme.strong());
    push(2, true, format!("{} confirmed", pen::count(tally.confirmed as u64)), theme.good());
    let failed = if tally.failed > 0 { theme.bad() } else { theme.muted() };
    push(2, true, format!("{} failed", pen::count(tally.failed as u64)), failed);
    let open = if tally.open > 0 { theme.text() } else { theme.muted() };
    push(5, true, format!("{} in flight", pen::count(tally.open as u64)), open);
    if let Some(scale) = model.system.as_ref().and_then(|system| system.time_scale).filter(|scale| *scale != 1.0) {
        push(6, true, format!("waits {}{scale}", theme.glyph("×", "x")), theme.muted());
    }
    push(4, true, clock(model, model.now), theme.muted());
    pieces
}

fn state(model: &Model, theme: Theme) -> (String, Style) {
    match &model.feed {
        FeedState::Connecting => (format!("{} connecting", theme.glyph("◌", "o")), theme.warn()),
        FeedState::Live => (format!("{} LIVE", theme.glyph("●", "*")), theme.good().patch(theme.strong())),
        FeedState::Polling => (format!("{} POLLING", theme.glyph("◐", "%")), theme.warn()),
        FeedState::Lost(_) => (format!(" {} LOST ", theme.glyph("✖", "x")), theme.badge(theme.bad())),
    }
}
