//! The stream of events, newest first.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

use super::{
    clock,
    orders::{frame, product_quantity, select},
    pen,
    pen::Pen,
    short_id,
    theme::Theme,
};
use crate::app::{EventRow, FeedState, HIGHLIGHT, Model, Pane, offset};

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let events = &model.events;
    let mut panel = frame(model, theme, area, Pane::Events, "Events", events.total(), events.held_back());
    if events.dropped > 0 {
        let text = format!("{} not shown: too many at once", pen::count(events.dropped));
        panel = panel.bottom(vec![Span::styled(text, theme.warn())]);
    }
    if let FeedState::Lost(why) = &model.feed {
        let text = format!("events are not coming in: {why}; it is tried again by itself");
        let text = pen::clip(&text, area.width.saturating_sub(6)).into_owned();
        panel = panel.bottom(vec![Span::styled(text, theme.bad())]);
    }
    let inside = panel.draw(buffer, area);
    let len = events.shown_len();
    if len == 0 {
        let text = match (model.system.is_some(), model.filter.is_empty()) {
            (false, _) => "…",
            (true, true) => "Events appear here as they pass the bus.",
            (true, false) => "No event matches the filter.",
        };
        let indent = inside.width.saturating_sub(pen::width(text)) / 2;
        Pen::new(buffer, inside, inside.height / 2).skip(indent).write(text, theme.muted());
        return;
    }
    let height = usize::from(inside.height);
    let cursor = events.cursor_index();
    let first = offset(cursor, len, height);
    for line in 0..height {
        let Some(row) = events.row(first + line) else { break };
        draw_row(model, row, theme, Pen::new(buffer, inside, line as u16));
        if cursor == Some(first + line) {
            select(theme, buffer, inside, line as u16);
        }
    }
}

fn draw_row(model: &Model, row: &EventRow, theme: Theme, mut pen: Pen<'_>) {
    let recent = model.now.duration_since(row.seen) < HIGHLIGHT;
    let emphasis = if recent { theme.strong() } else { Style::new() };
    let (glyph, style) = if row.is_failure() {
        (theme.glyph("✖", "x"), theme.bad())
    } else {
        (theme.glyph("•", "*"), theme.text().patch(emphasis))
    };
    let wide = pen.left() >= 90;
    pen.write(
        if recent { theme.glyph("▌", ">") } else { " " },
        if row.is_failure() { theme.bad() } else { theme.accent() },
    );
    pen.column(&clock(model, row.time), 8, theme.muted()).skip(1);
    pen.column(glyph, 1, style).skip(1).column(&row.detail_type, 17, style).skip(1);
    let id = if wide { 8 } else { 6 };
    pen.column(short_id(&row.order_id, id), id, theme.muted()).skip(1);
    if let Some(quantity) = row.quantity {
        product_quantity(&mut pen, &row.product_id, quantity, if wide { 24 } else { 18 }, theme, emphasis);
    } else {
        pen.column(&row.product_id, if wide { 24 } else { 18 }, theme.text().patch(emphasis));
    }
    pen.skip(1);
    if wide {
        pen.column(&row.user_id, 14, theme.text().patch(emphasis)).skip(1);
    }
    let left = pen.left();
    if !row.reason.is_empty() {
        pen.column(&row.reason, left, theme.bad());
    } else if wide {
        pen.column(&row.source, left, theme.muted());
    }
}
