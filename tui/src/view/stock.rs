//! The stock: for each product what is free, what is set aside, and what is gone.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    orders::{frame, select},
    pen,
    pen::Pen,
    theme::Theme,
};
use crate::app::{HIGHLIGHT, Model, Pane, offset};

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let rows = &model.stock.rows;
    let inside = frame(model, theme, area, Pane::Stock, "Stock", rows.len() as u64, 0).draw(buffer, area);
    if rows.is_empty() {
        let text = if model.system.is_some() { "No stock yet." } else { "…" };
        let indent = inside.width.saturating_sub(pen::width(text)) / 2;
        Pen::new(buffer, inside, inside.height / 2).skip(indent).write(text, theme.muted());
        return;
    }
    let height = usize::from(inside.height);
    let first = offset(model.stock.cursor, rows.len(), height);
    let longest = rows.iter().map(|row| pen::width(&row.stock.product_id)).max().unwrap_or(0);
    let wide = inside.width >= 46;
    let name = longest.clamp(6, if inside.width >= 34 { 16 } else { 10 });
    for (line, row) in rows.iter().skip(first).take(height).enumerate() {
        let (free, reserved) = (row.stock.available_qty, row.stock.reserved_qty);
        let recent = row.changed.is_some_and(|at| model.now.duration_since(at) < HIGHLIGHT);
        let mut pen = Pen::new(buffer, inside, line as u16);
        pen.write(if recent { theme.glyph("▌", ">") } else { " " }, theme.accent());
        let style = if recent { theme.strong() } else { theme.text() };
        pen.column(&row.stock.product_id, name, style).skip(1);
        let (text, state) = match free {
            0 => ("sold out".to_owned(), theme.bad()),
            _ if free * 10 <= row.peak => (format!("{free} left"), theme.warn()),
            _ => (format!("{free} free"), theme.text()),
        };
        let set_aside = if wide { format!(" {reserved:>4} reserved ") } else { String::new() };
        let bar = pen.left().saturating_sub(10 + pen::width(&set_aside));
        let scale = |part: u32| (u64::from(part) * u64::from(bar)).div_ceil(u64::from(row.peak.max(1))) as u16;
        let full = scale(free).min(bar);
        let aside = (scale(free.saturating_add(reserved)).min(bar)).saturating_sub(full);
        pen.write(
            &theme.glyph("█", "#").repeat(full.into()),
            if free * 10 <= row.peak { state } else { theme.accent() },
        );
        pen.write(&theme.glyph("▒", "+").repeat(aside.into()), theme.muted());
        pen.write(&theme.glyph("·", ".").repeat((bar - full - aside).into()), theme.muted());
        pen.column_right(&text, 9, state);
        pen.write(&set_aside, theme.muted());
        if model.stock.cursor == Some(first + line) {
            select(theme, buffer, inside, line as u16);
        }
    }
}
