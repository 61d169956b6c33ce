//! One event in full.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::{Paragraph, Widget},
};
use serde_json::Value;

use super::{dialogs::centred, pen::Frame, theme::Theme};
use crate::app::{Model, clean};

/// An event: its whole envelope as JSON.
pub(super) fn event(model: &Model, seq: u64, line: usize, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let Some(row) = model.events.get(seq) else {
        return text(vec![Line::raw("This event is no longer kept.")], "Event", line, theme, buffer, body);
    };
    let pretty = serde_json::from_str::<Value>(&row.envelope)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .map_or(Cow::Borrowed(&*row.envelope), Cow::Owned);
    let lines = pretty.lines().map(|line| json_line(line, theme)).collect();
    text(lines, &row.detail_type, line, theme, buffer, body);
}

/// A line of pretty-printed JSON, its key apart from its value.
fn json_line(line: &str, theme: Theme) -> Line<'static> {
    let line = clean(line).into_owned();
    let indent = line.len() - line.trim_start().len();
    match line[indent..].split_once("\": ") {
        Some((key, value)) if key.starts_with('"') => Line::from(vec![
            Span::styled(format!(" {}{key}\": ", &line[..indent]), theme.accent()),
            Span::styled(value.to_owned(), theme.text()),
        ]),
        _ => Line::styled(format!(" {line}"), theme.text()),
    }
}

fn text(lines: Vec<Line<'_>>, title: &str, line: usize, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let widest = lines.iter().map(Line::width).max().unwrap_or(0).min(400) as u16;
    let area = centred(body, (widest + 4).max(50), lines.len().min(400) as u16 + 2);
    let inside = Frame::new(theme, theme.accent(), false)
        .title(vec![Span::styled(title, theme.heading())])
        .right(vec![Span::styled("j k scroll · Esc back", theme.muted())])
        .draw_over(buffer, area);
    let first = line.min(lines.len().saturating_sub(inside.height.into()));
    let shown: Vec<_> = lines.into_iter().skip(first).take(inside.height.into()).collect();
    Paragraph::new(shown).render(inside, buffer);
}
