//! The question before leaving while faults are on.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::Span,
    widgets::{Paragraph, Widget, Wrap},
};

use super::{
    dialogs, pen,
    pen::{Frame, Pen},
    theme::Theme,
};
use crate::app::{Fault, Leaving, Model, faults, undoable};

/// Faults that are named; more are counted.
const NAMED: usize = 4;

pub(super) fn draw(model: &Model, leaving: &Leaving, theme: Theme, buffer: &mut Buffer, lower: Rect) {
    let all: Vec<_> = undoable(model).collect();
    let named = all.len().min(NAMED);
    let area = dialogs::centred(lower, 66, named as u16 + 8);
    let inside = Frame::new(theme, theme.warn(), true)
        .title(vec![Span::styled("Leave?", theme.heading())])
        .draw_over(buffer, area);
    let count = match all.len() {
        0 => "No fault is on any more.".to_owned(),
        1 => "One fault is on:".to_owned(),
        more => format!("{more} faults are on:"),
    };
    let mut pen = Pen::new(buffer, inside, 0);
    pen.skip(1).write(&count, theme.strong());
    if all.len() > named {
        pen.write(&format!(" the first {named} are"), theme.text());
    }
    for (row, fault) in all.iter().take(named).enumerate() {
        line(model, fault, theme, Pen::new(buffer, inside, 1 + row as u16));
    }
    let rest = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let from = (named as u16 + 2).min(inside.height.saturating_sub(3));
    let told = Rect { y: rest.y + from, height: 2.min(rest.height), ..rest };
    let (text, style) = progress(leaving, theme);
    Paragraph::new(text).style(style).wrap(Wrap { trim: true }).render(told.intersection(*buffer.area()), buffer);
    keys(leaving, theme, Pen::new(buffer, rest, rest.height.saturating_sub(1)));
}

fn line(model: &Model, fault: &Fault, theme: Theme, mut pen: Pen<'_>) {
    let until = model.services.get(&fault.function).and_then(|service| service.fault(fault.kind)?.1);
    let left = faults::left(until, model.now).map(|left| format!("{left} left")).unwrap_or_default();
    pen.skip(3).write(&fault.function, theme.strong()).write(": ", theme.text());
    let room = pen.left().saturating_sub(pen::width(&left) + 2);
    pen.column(faults::title(fault.kind), room, theme.bad()).skip(1).write(&left, theme.muted());
}

fn progress(leaving: &Leaving, theme: Theme) -> (String, ratatui::style::Style) {
    match leaving {
        Leaving::Asked => ("Left on, each ends by itself; what it changed is put back.".to_owned(), theme.text()),
        Leaving::Waiting => ("Waiting for the fault that was just asked for…".to_owned(), theme.warn()),
        Leaving::Undoing => ("Undoing them…".to_owned(), theme.warn()),
        Leaving::Failed(why) => (why.clone(), theme.bad()),
    }
}

fn keys(leaving: &Leaving, theme: Theme, mut pen: Pen<'_>) {
    let accept = match leaving {
        Leaving::Asked => Some("undo them and leave"),
        Leaving::Failed(_) => Some("try again"),
        Leaving::Waiting | Leaving::Undoing => None,
    };
    let keys = [accept.map(|word| ("Enter", word)), Some(("l", "leave them on")), Some(("Esc", "stay"))];
    for (key, word) in keys.into_iter().flatten() {
        pen.write(key, theme.accent().patch(theme.strong())).skip(1).write(word, theme.text()).skip(3);
    }
}
