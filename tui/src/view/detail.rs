//! One order or one event in full.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Paragraph, Widget},
};
use serde_json::Value;

use super::{
    age, clock,
    dialogs::centred,
    orders::{inventory, payment},
    pen::Frame,
    theme::Theme,
};
use crate::app::{Model, clean};

/// An order: its facets, its times, what was seen of it.
pub(super) fn order(model: &Model, id: &str, line: usize, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let Some(row) = model.orders.get(id) else {
        return text(
            vec![Line::raw("This order is no longer among the newest 10,000.")],
            "Order",
            line,
            theme,
            buffer,
            body,
        );
    };
    let order = &row.order;
    let status = order.status();
    let field = |name: &'static str, value: String, style: Style| {
        Line::from(vec![Span::styled(format!(" {name:<11}"), theme.muted()), Span::styled(value, style)])
    };
    let (paid, paid_style) = payment(order.payment_status, status, theme);
    let (reserved, reserved_style) = inventory(order.inventory_status, status, theme);
    let stamp = |at| {
        let ago = match age(model.now, at).as_str() {
            "now" => "now".to_owned(),
            age => format!("{age} ago"),
        };
        format!("{}  ({ago})", clock(model, at))
    };
    let mut lines = vec![
        field("order", order.order_id.clone(), theme.strong()),
        field("status", format!("{} {status}", theme.status_glyph(status)), theme.status(status)),
        field("product", format!("{} {}{}", order.product_id, theme.glyph("×", "x"), order.quantity), theme.text()),
        field("user", order.user_id.clone(), theme.text()),
        field("payment", paid.to_owned(), paid_style),
        field("inventory", reserved.to_owned(), reserved_style),
        field("accepted", stamp(order.created_at), theme.text()),
        field("updated", stamp(order.updated_at), theme.text()),
        Line::default(),
        Line::styled(" Status as seen here", theme.strong()),
    ];
    for (at, status) in &row.history {
        lines.push(Line::from(vec![
            Span::styled(format!(" {}  ", clock(model, *at)), theme.muted()),
            Span::styled(format!("{} {status}", theme.status_glyph(*status)), theme.status(*status)),
        ]));
    }
    if row.history.is_empty() {
        lines.push(Line::styled(" it did not change while this dashboard watched", theme.muted()));
    }
    lines.push(Line::default());
    lines.push(Line::styled(" Its events, newest first", theme.strong()));
    let before = lines.len();
    for event in model.events.of_order(id).take(50) {
        let style = if event.is_failure() { theme.bad() } else { theme.text() };
        lines.push(Line::from(vec![
            Span::styled(format!(" {}  ", clock(model, event.time)), theme.muted()),
            Span::styled(format!("{:<18}", event.detail_type), style),
            Span::styled(format!("{}  {}", event.source, event.reason), theme.muted()),
        ]));
    }
    if lines.len() == before {
        lines.push(Line::styled(" none was seen", theme.muted()));
    }
    text(lines, "Order", line, theme, buffer, body);
}

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
