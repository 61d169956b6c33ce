//! The fault matrix: kinds of fault by services, how the next fault strikes, and what to expect of it.
//!
//! ```text
//! ╭ Break something ──────────────────────────────────────────────────╮
//! │ what a process does        order   payment   inventory   …        │
//! │ ▸ every invocation fails     ○    ● 4m 12s       ○                │
//! │ Next: r 100 %   t 10m   d 1.5s                                    │
//! │ → two retries, then its dead-letter queue; the others carry on    │
//! ╰────────────────────────────── processPayment: on, 25 %, 4m 12s left ╯
//! ```

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

use super::{dialogs, notices, pen, pen::Pen, theme::Theme};
use crate::app::{Cell, FaultKind, Knob, Model, Service, cell, columns, faults, heads, offset};

/// Columns before the first service.
const TITLE: u16 = 26;
/// The narrowest column: `● 29m 59s` and a space.
const NARROWEST: u16 = 10;
/// Rows besides those of the kinds and their headings: two borders, the heads, how the next strikes, what to expect.
const AROUND: u16 = 5;

/// A line of the list: a heading, or a kind.
enum Line {
    Heading(&'static str),
    Kind(FaultKind),
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    let mut group = "";
    for kind in faults::KINDS {
        if faults::group(kind) != group {
            group = faults::group(kind);
            lines.push(Line::Heading(group));
        }
        lines.push(Line::Kind(kind));
    }
    lines
}

/// Below the map when it fits there, for its effect is to be seen in the map; else over it.
pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, lower: Rect, body: Rect) {
    let lines = lines();
    let services = columns(&model.services);
    let Some((kind, at)) = model.matrix.chosen(&model.services) else { return nothing(theme, buffer, lower) };
    let wanted = lines.len() as u16 + AROUND;
    let below = if wanted <= lower.height { lower } else { body };
    let height = wanted.min(below.height);
    let heads = heads(&services);
    let widths = widths(&heads, body.width.saturating_sub(2 + TITLE));
    let width = (TITLE + widths.iter().sum::<u16>() + 2).clamp(72.min(body.width), body.width);
    let area = Rect { x: body.x + (body.width - width) / 2, y: below.bottom() - height, width, height };
    let frame = dialogs::open(theme, "Break something").bottom(state(model, services[at], kind, theme));
    let inside = frame.draw_over(buffer, area);

    // Columns scroll when there are more than fit.
    let fit = usize::from(inside.width.saturating_sub(TITLE) / widths[0]).max(1);
    let first = if widths.iter().sum::<u16>() + TITLE <= inside.width { 0 } else { (at + 1).saturating_sub(fit) };
    let last = if first == 0 && fit >= services.len() { services.len() } else { (first + fit).min(services.len()) };
    let shown: Vec<_> = (first..last).map(|at| Column { at, service: services[at], width: widths[at] }).collect();
    let mut pen = Pen::new(buffer, inside, 0);
    pen.skip(1);
    let hidden = services.len() - shown.len();
    let more = if hidden > 0 { format!("{hidden} more: h l") } else { String::new() };
    pen.column(&more, TITLE - 1, theme.muted());
    for column in &shown {
        let style = if column.at == at { theme.accent().patch(theme.strong()) } else { theme.strong() };
        pen.column(&pen::clip(&heads[column.at], column.width - 1), column.width, style);
    }

    let room = usize::from(inside.height.saturating_sub(3)).max(1);
    let chosen_line = lines.iter().position(|line| matches!(line, Line::Kind(one) if *one == kind));
    let top = offset(chosen_line, lines.len(), room);
    for (row, line) in lines.iter().skip(top).take(room).enumerate() {
        let mut pen = Pen::new(buffer, inside, 1 + row as u16);
        match line {
            Line::Heading(text) => {
                pen.skip(1).write(text, theme.muted());
            }
            Line::Kind(one) => {
                let here = *one == kind;
                kind_row(model, *one, here.then_some(at), &shown, theme, pen);
            }
        }
    }
    let foot = inside.height.saturating_sub(2);
    if let Some(notice) = model.notices.list.back() {
        // Where notices stand otherwise, the matrix is: what came of a key is told here for a while.
        let area = Rect { x: inside.x + 1, y: inside.y + foot, width: inside.width.saturating_sub(2), height: 2 };
        return notices::text(notice, theme, buffer, area);
    }
    knobs(model, kind, theme, Pen::new(buffer, inside, foot));
    expectation(model, kind, theme, Pen::new(buffer, inside, foot + 1));
}

fn nothing(theme: Theme, buffer: &mut Buffer, lower: Rect) {
    let inside = dialogs::open(theme, "Break something").draw_over(buffer, dialogs::centred(lower, 60, 3));
    Pen::new(buffer, inside, 0).skip(1).write("No service that can be broken is known yet.", theme.muted());
}

/// A column in view.
struct Column<'a> {
    at: usize,
    service: &'a Service,
    width: u16,
}

/// As wide as their heads if all fit, else all as narrow as the time that is left needs.
fn widths(heads: &[String], room: u16) -> Vec<u16> {
    let widths: Vec<_> = heads.iter().map(|head| (pen::width(head) + 2).clamp(NARROWEST + 1, 16)).collect();
    let even = room / (heads.len() as u16).max(1);
    if widths.iter().sum::<u16>() <= room { widths } else { vec![even.clamp(NARROWEST, 16); heads.len()] }
}

fn kind_row(
    model: &Model,
    kind: FaultKind,
    chosen: Option<usize>,
    shown: &[Column<'_>],
    theme: Theme,
    mut pen: Pen<'_>,
) {
    let name = if chosen.is_some() { theme.strong() } else { theme.text() };
    let marker = if chosen.is_some() { theme.glyph("▸", ">") } else { " " };
    pen.skip(1).write(marker, theme.accent()).skip(1);
    pen.column(faults::title(kind), TITLE - 4, if allowed(model) { name } else { theme.muted() }).skip(1);
    for column in shown {
        let (text, style) = cell_text(model, column.service, kind, theme);
        let style = if chosen == Some(column.at) { theme.selected().patch(theme.strong()) } else { style };
        // The mark of the chosen cell is as wide as the cell, and ends before the next column.
        let width = column.width - 1;
        pen.column(&format!("{text:<0$}", usize::from(width)), width, style).skip(1);
    }
}

fn cell_text(model: &Model, service: &Service, kind: FaultKind, theme: Theme) -> (String, Style) {
    match cell(model, service, kind) {
        Cell::Never => (theme.glyph("·", ".").to_owned(), theme.muted()),
        Cell::Off => (theme.glyph("○", "o").to_owned(), theme.text()),
        Cell::Asked => ("…".to_owned(), theme.warn()),
        Cell::On(until) => {
            let left = faults::left(until, model.now).unwrap_or_else(|| "on".to_owned());
            (format!("{} {left}", theme.glyph("●", "*")), theme.bad())
        }
    }
}

/// How the chosen cell is, for the lower border.
fn state(model: &Model, service: &Service, kind: FaultKind, theme: Theme) -> Vec<Span<'static>> {
    let (text, style) = match (cell(model, service, kind), service.fault(kind)) {
        (Cell::On(until), Some((on, _))) => {
            let rate = if faults::has_rate(kind) { format!(", {}", faults::percent(on.rate)) } else { String::new() };
            let left = faults::left(until, model.now).map(|left| format!(", {left} left")).unwrap_or_default();
            (format!("on{rate}{left}"), theme.bad())
        }
        (Cell::Asked, _) => ("asked for…".to_owned(), theme.warn()),
        _ => ("off".to_owned(), theme.muted()),
    };
    vec![Span::styled(format!("{}: ", service.name), theme.heading()), Span::styled(text, style)]
}

fn knobs(model: &Model, kind: FaultKind, theme: Theme, mut pen: Pen<'_>) {
    let key = theme.accent().patch(theme.strong());
    pen.skip(1).write("The next fault:", theme.text());
    for (letter, word, knob) in [("r", "rate", Knob::Rate), ("t", "lasts", Knob::Lasts), ("d", "delay", Knob::Latency)]
    {
        let (text, means) = model.matrix.reading(knob, kind);
        let style = if means { theme.strong() } else { theme.muted() };
        let words = if means { theme.text() } else { theme.muted() };
        pen.skip(2).write(letter, if means { key } else { theme.muted() }).skip(1);
        pen.write(word, words).skip(1).write(&text, style);
    }
}

fn expectation(model: &Model, kind: FaultKind, theme: Theme, mut pen: Pen<'_>) {
    pen.skip(1);
    if !allowed(model) {
        pen.write("needs a stack deployed with FaultInjection on", theme.warn());
        return;
    }
    pen.write(theme.glyph("→ ", "> "), theme.accent()).write(faults::expectation(kind), theme.text());
    if pen.left() > 24 {
        pen.write("; the others carry on", theme.text());
    }
}

fn allowed(model: &Model) -> bool {
    model.system.as_ref().is_none_or(|system| system.fault_injection)
}
