//! A consumer in the map: a box of 3, 4 or 5 rows, or one line.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{
    pen,
    pen::{Frame, Pen},
    theme::Theme,
};
use crate::app::{Health, Model, Service, duration_text, faults};

/// Bars of the sparkline, lowest first.
const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

pub(super) fn draw(model: &Model, service: &Service, health: Health, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let state = format!("{} {}", health.glyph(theme.0.ascii), health.word());
    if area.height < 3 {
        return line(model, service, health, &state, theme, buffer, area);
    }
    let style = theme.health(health);
    let loud = health.is_bad();
    let badge = if loud { theme.badge(style) } else { style };
    let state = if loud { format!(" {state} ") } else { state };
    let room = area.width.saturating_sub(pen::width(&state) + 6);
    let name = pen::clip(&service.name, room).into_owned();
    let inside = Frame::new(theme, if loud { style } else { theme.muted() }, loud)
        .title(vec![Span::styled(name, theme.heading())])
        .right(vec![Span::styled(state, badge)])
        .bottom(waiting(model, service, theme, area.width))
        .draw(buffer, area);
    numbers(model, service, theme, buffer, inside);
    if inside.height >= 2 {
        times(model, service, theme, buffer, inside);
    }
    if inside.height >= 3 {
        sparkline(model, service, theme, buffer, inside);
    }
}

/// What waits and what was given up, for the lower border.
fn waiting(model: &Model, service: &Service, theme: Theme, width: u16) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let waiting = service.backlog_shown(model.now);
    if waiting > 0 {
        spans.push(Span::styled(format!("{} {} waiting", theme.glyph("▪", "="), pen::count(waiting)), theme.warn()));
    }
    let retrying = service.backlog.retrying();
    if retrying > 0 && (width >= 50 || spans.is_empty()) {
        separate(&mut spans, theme);
        spans.push(Span::styled(format!("{} {retrying} retrying", theme.glyph("↻", "~")), theme.warn()));
    }
    if service.dead_letters > 0 {
        separate(&mut spans, theme);
        let plural = if service.dead_letters == 1 { "" } else { "s" };
        let word = if width >= 60 { "dead letter" } else { "dead" };
        let plural = if word == "dead" { "" } else { plural };
        spans.push(Span::styled(
            format!("{} {} {word}{plural}", theme.glyph("✉", "@"), pen::count(service.dead_letters)),
            theme.bad(),
        ));
    }
    spans
}

fn separate(spans: &mut Vec<Span<'static>>, theme: Theme) {
    if !spans.is_empty() {
        spans.push(Span::styled(" · ", theme.muted()));
    }
}

fn numbers(model: &Model, service: &Service, theme: Theme, buffer: &mut Buffer, inside: Rect) {
    let mut pen = Pen::new(buffer, inside, 0);
    pen.skip(1).write(&format!("{} ok", pen::count(service.ok)), theme.text());
    let failed = if service.failed > 0 { theme.bad() } else { theme.muted() };
    pen.write(" · ", theme.muted()).write(&format!("{} err", pen::count(service.failed)), failed);
    let mut right = Vec::new();
    if inside.height == 1
        && let Some(p95) = service.durations.p95
    {
        right.push(format!("p95 {}", duration_text(p95)));
    }
    right.push(format!("{}/s", pen::rate(service.window.rate(model.now, 10))));
    let mut text = right.join("  ");
    if pen::width(&text) + 2 > pen.left() {
        text = right.swap_remove(0);
    }
    let left = pen.left().saturating_sub(1);
    if pen::width(&text) < left {
        pen.column_right(&text, left, theme.muted());
    }
}

fn times(model: &Model, service: &Service, theme: Theme, buffer: &mut Buffer, inside: Rect) {
    let mut pen = Pen::new(buffer, inside, 1);
    pen.skip(1);
    match (service.durations.p50, service.durations.p95) {
        (Some(p50), Some(p95)) => {
            pen.write("p50 ", theme.muted()).write(&duration_text(p50), theme.text());
            pen.write("  p95 ", theme.muted()).write(&duration_text(p95), theme.text());
        }
        _ => {
            pen.write("no invocation in the last minute", theme.muted());
        }
    }
    let recent = service.window.sum(model.now, 60);
    let plural = if service.cold_starts == 1 { "" } else { "s" };
    let text = match (&service.last_error, service.faults.first()) {
        (Some(error), _) if recent.failed > 0 => error.clone(),
        (_, Some((on, _))) if pen::width(faults::title(on.kind)) + 4 <= pen.left() => faults::title(on.kind).to_owned(),
        (_, Some((on, _))) => faults::word(on.kind).to_owned(),
        _ if service.cold_starts > 0 => format!("{} cold start{plural}", service.cold_starts),
        _ => String::new(),
    };
    let loud = recent.failed > 0 || !service.faults.is_empty();
    let style = if loud { theme.health(service.health(model.now)) } else { theme.muted() };
    let left = pen.left().saturating_sub(1);
    if left > 8 {
        pen.skip(2).column_right(&pen::clip(&text, left - 3), left - 2, style);
    }
}

/// The last minute, one bar a second, the running one at the right; a second with a failure is marked by colour and, when
/// all of it failed, by a cross.
fn sparkline(model: &Model, service: &Service, theme: Theme, buffer: &mut Buffer, inside: Rect) {
    let columns = usize::from(inside.width.saturating_sub(2)).min(60);
    let seconds: Vec<_> = (0..columns).rev().map(|ago| service.window.second(model.now, ago)).collect();
    let most = seconds.iter().map(|s| s.ok + s.failed).max().unwrap_or(0).max(5);
    let mut pen = Pen::new(buffer, inside, 2);
    pen.skip(1 + inside.width.saturating_sub(2) - columns as u16);
    for second in seconds {
        let all = second.ok + second.failed;
        let level = (all * 8).div_ceil(most).clamp(1, 8) as usize - 1;
        let symbol = match all {
            0 => theme.glyph("▁", "."),
            _ if second.ok == 0 => theme.glyph("✖", "x"),
            _ => theme.glyph(BARS[level], "|"),
        };
        let style = match (all, second.failed) {
            (0, _) => theme.muted(),
            (_, 0) => theme.accent(),
            _ => theme.bad(),
        };
        pen.write(symbol, style);
    }
}

fn line(model: &Model, service: &Service, health: Health, state: &str, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let style = theme.health(health);
    let badge = if health.is_bad() { theme.badge(style) } else { style };
    let mut pen = Pen::new(buffer, area, 0);
    let name = pen::width(&service.name).clamp(8, 24).min(area.width / 2);
    pen.skip(1).column(&service.name, name, theme.strong()).skip(1).write(state, badge).skip(1);
    pen.write(&format!("{} ok", pen::count(service.ok)), theme.text());
    if service.failed > 0 {
        pen.skip(1).write(&format!("{} err", pen::count(service.failed)), theme.bad());
    }
    let waiting = service.backlog_shown(model.now);
    if waiting > 0 {
        pen.skip(1).write(&format!("{}{}", theme.glyph("▪", "="), pen::count(waiting)), theme.warn());
    }
    if service.dead_letters > 0 {
        pen.skip(1).write(&format!("{}{}", theme.glyph("✉", "@"), pen::count(service.dead_letters)), theme.bad());
    }
    if let Some(p95) = service.durations.p95 {
        let text = format!(" p95 {}", duration_text(p95));
        if pen.left() >= pen::width(&text) {
            pen.write(&text, theme.muted());
        }
    }
}
