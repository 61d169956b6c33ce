//! All keys, from the table of bindings.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{dialogs::centred, pen::Frame, pen::Pen, theme::Theme};
use crate::app::{Scope, bindings};

pub(super) fn draw(line: usize, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let lines = lines();
    let area = centred(body, 84, lines.len() as u16 + 2);
    let inside = Frame::new(theme, theme.accent(), false)
        .title(vec![Span::styled("Keys", theme.heading())])
        .right(vec![Span::styled("j k scroll · Esc back", theme.muted())])
        .draw_over(buffer, area);
    let first = line.min(lines.len().saturating_sub(inside.height.into()));
    for (row, (keys, text)) in lines.iter().skip(first).take(inside.height.into()).enumerate() {
        let mut pen = Pen::new(buffer, inside, row as u16);
        pen.skip(1);
        if text.is_empty() {
            pen.write(keys, theme.strong());
        } else {
            pen.skip(1).column(keys, 14, theme.accent()).write(text, theme.text());
        }
    }
}

fn lines() -> Vec<(&'static str, &'static str)> {
    let mut lines = Vec::new();
    let mut scope: Option<Scope> = None;
    for binding in bindings() {
        if scope != Some(binding.scope) {
            if scope.is_some() {
                lines.push(("", ""));
            }
            lines.push((binding.scope.title(), ""));
            scope = Some(binding.scope);
        }
        lines.push((binding.shown, binding.help));
    }
    lines
}
