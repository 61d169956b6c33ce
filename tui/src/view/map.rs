//! The map: who calls, who publishes, the bus, and who hears it.
//!
//! ```text
//! ╭ POST /orders ╮    ╭ createOrder ╮    ╭ default bus ╮ ──▶ ╭ consumer ──── ● healthy ╮
//! │              │ ─▶ │             │ ─▶ │             │     ╰────── backlog, dead letters ╯
//! ╰──────────────╯    ╰─────────────╯    │             │ ──▶ ╭ consumer ...
//!   others, one line each                ╰─────────────╯
//! ```
//!
//! The bus is as high as the map, so that every consumer hangs on it by a straight wire.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{
    card, pen,
    pen::{Frame, Pen},
    producers,
    theme::Theme,
    wires::{self, Wire},
};
use crate::app::{Edge, FeedState, Health, Model};

/// Where the columns of the map are.
struct Columns {
    left: Rect,
    into_bus: u16,
    bus: Rect,
    out: u16,
    cards: Rect,
}

fn columns(area: Rect) -> Columns {
    let w = area.width;
    let (left, into_bus, bus, out) = match w {
        ..76 => (17, 3, 12, 4),
        76..100 => (20, 4, 14, 6),
        100..150 => (40, 4, 26, 7),
        _ => (56, 8, 30, 16),
    };
    let cards = w - left - into_bus - bus - out - 1;
    // Very wide screens lengthen the wires, not the boxes.
    let spare = cards.saturating_sub(84);
    let (cards, out) = (cards - spare, out + spare);
    let part = |x: u16, width: u16| Rect { x: area.x + x, width, ..area };
    Columns {
        left: part(1, left - 1),
        into_bus,
        bus: part(left + into_bus, bus),
        out,
        cards: part(left + into_bus + bus + out, cards),
    }
}

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect, card: u16) {
    if model.system.is_none() {
        return looking(model, theme, buffer, area);
    }
    let columns = columns(area);
    let consumers: Vec<_> = model.services.list.iter().enumerate().filter(|(_, s)| s.is_consumer()).collect();
    let fit = usize::from(area.height / card);
    let shown = if consumers.len() > fit { fit.saturating_sub(1) } else { consumers.len() };
    let top = (area.height - (shown as u16 * card).min(area.height)) / 2;
    for (at, (index, service)) in consumers.iter().take(shown).enumerate() {
        let place = Rect { y: area.y + top + at as u16 * card, height: card, ..columns.cards };
        let health = service.health(model.now);
        card::draw(model, service, health, theme, buffer, place);
        let y = place.y + if card == 1 { 0 } else { (card - 1) / 2 };
        wires::draw(
            model,
            theme,
            buffer,
            Wire {
                x: columns.bus.right(),
                y,
                length: columns.out,
                forward: Edge::Deliver(*index),
                backward: Some(Edge::Publish(*index)),
                cut: health == Health::Disconnected,
                queue: service.backlog_shown(model.now),
            },
        );
    }
    if shown < consumers.len() {
        let text = format!("and {} more: enlarge the window", consumers.len() - shown);
        Pen::new(buffer, columns.cards, area.height - 1).write(&text, theme.muted());
    }
    bus(model, theme, buffer, columns.bus);
    producers::draw(model, theme, buffer, columns.left, columns.into_bus);
}

fn bus(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let title = if area.width < 16 { "bus" } else { "default bus" };
    let inside = Frame::new(theme, theme.accent(), false)
        .title(vec![Span::styled(title, theme.accent().patch(theme.strong()))])
        .draw(buffer, area);
    let rate = format!("{} ev/s", pen::rate(model.events.window.rate(model.now, 10)));
    let total = format!("{} events", pen::count(model.events.total()));
    // The breakdown by type needs room for the names; a plain rate in the middle says enough otherwise.
    let room = inside.height.saturating_sub(3);
    let types = if inside.width < 18 { &[][..] } else { &model.events.by_type[..] };
    let lines = 2 + if types.is_empty() { 0 } else { 1 + room.min(types.len() as u16) };
    let top = inside.height.saturating_sub(lines) / 2;
    let centred = |text: &str| inside.width.saturating_sub(pen::width(text)) / 2;
    Pen::new(buffer, inside, top).skip(centred(&rate)).write(&rate, theme.strong());
    Pen::new(buffer, inside, top + 1).skip(centred(&total)).write(&total, theme.muted());
    for (row, (name, number)) in types.iter().take(room.into()).enumerate() {
        let style = if name.ends_with("Failed") { theme.bad() } else { theme.text() };
        let number = pen::count(*number);
        let columns = inside.width.saturating_sub(pen::width(&number) + 3);
        Pen::new(buffer, inside, top + 3 + row as u16)
            .skip(1)
            .column(name, columns, style)
            .skip(1)
            .write(&number, style);
    }
}

/// What to show before the stack is known.
fn looking(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let lines = match &model.feed {
        FeedState::Lost(why) => ["The connection failed:", why.as_str(), "It is tried again by itself; q quits."],
        _ => ["Looking for the stack…", "Its functions, rules and tables appear here as soon as they are found.", ""],
    };
    let top = area.height.saturating_sub(3) / 2;
    for (row, line) in lines.into_iter().enumerate() {
        let style = if row == 0 { theme.strong() } else { theme.muted() };
        let indent = area.width.saturating_sub(pen::width(line)) / 2;
        Pen::new(buffer, area, top + row as u16).skip(indent.max(1)).write(line, style);
    }
}
