//! Drawing: a pure function of the model. One file per panel.

mod banner;
mod blast;
mod card;
mod detail;
mod dialogs;
mod events;
mod footer;
mod header;
mod help;
mod leave;
mod map;
mod matrix;
mod notices;
mod orders;
mod pen;
mod producers;
mod scenarios;
mod stock;
mod theme;
mod timeline;
mod wires;

use jiff::Timestamp;
use ratatui::{Frame, buffer::Buffer, layout::Rect};

use crate::app::{Mode, Model, Needs, SMALLEST, areas};
use theme::Theme;

/// Draws the model. Only what is in view is looked at.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let screen = frame.area();
    let theme = Theme(model.appearance);
    let buffer = frame.buffer_mut();
    let Some(areas) = areas(screen, Needs::of(model)) else {
        too_small(buffer, screen, theme);
        return;
    };
    header::draw(model, theme, buffer, areas.header);
    map::draw(model, theme, buffer, areas.map, areas.card);
    banner::draw(model, theme, buffer, areas.banner);
    if model.scenarios.open {
        let below = Rect { y: areas.banner.bottom(), height: areas.footer.y - areas.banner.bottom(), ..screen };
        scenarios::draw(model, theme, buffer, below);
    } else {
        blast::draw(model, theme, buffer, areas.blast);
        orders::draw(model, theme, buffer, areas.orders);
        stock::draw(model, theme, buffer, areas.stock);
        events::draw(model, theme, buffer, areas.events);
    }
    let mut cursor = footer::draw(model, theme, buffer, areas.footer);
    // What faults do is not to be covered by what keys did.
    let floor = if areas.blast.height > 0 { areas.blast.bottom() } else { areas.map.y + 2 };
    notices::draw(model, theme, buffer, areas.events, floor);
    let body = Rect { y: screen.y + 1, height: screen.height - 2, ..screen };
    // What is filled in or chosen opens below the map: its effect is to be seen there.
    let lower = Rect { y: areas.banner.y, height: areas.footer.y - areas.banner.y, ..screen };
    match &model.mode {
        Mode::Order(form) | Mode::Restock(form) => cursor = dialogs::form(model, form, theme, buffer, lower),
        Mode::Faults => matrix::draw(model, theme, buffer, lower, body),
        Mode::Leave(leaving) => leave::draw(model, leaving, theme, buffer, lower),
        Mode::Command { problem, .. } => dialogs::commands(model, problem.as_deref(), theme, buffer, lower),
        Mode::Help { line } => help::draw(*line, theme, buffer, body),
        Mode::OrderDetail { id, line } => timeline::draw(model, id, *line, theme, buffer, body),
        Mode::EventDetail { seq, line } => detail::event(model, *seq, *line, theme, buffer, body),
        Mode::View | Mode::Filter { .. } => {}
    }
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
}

fn too_small(buffer: &mut Buffer, screen: Rect, theme: Theme) {
    let lines = [
        "EventFlow needs more room.".to_owned(),
        format!("{} × {} now, {} × {} at least.", screen.width, screen.height, SMALLEST.0, SMALLEST.1),
        "Enlarge the window; q quits.".to_owned(),
    ];
    let top = screen.height.saturating_sub(lines.len() as u16) / 2;
    for (row, line) in lines.iter().enumerate() {
        let style = if row == 0 { theme.strong() } else { theme.text() };
        let indent = screen.width.saturating_sub(pen::width(line)) / 2;
        pen::Pen::new(buffer, screen, top + row as u16).skip(indent).write(line, style);
    }
}

/// `12:04:31`, in the model's zone.
fn clock(model: &Model, at: Timestamp) -> String {
    at.to_zoned(model.zone.clone()).strftime("%H:%M:%S").to_string()
}

/// How long ago: `3s`, `12m`, `4h`, `2d`.
fn age(now: Timestamp, at: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0 => "now".to_owned(),
        1..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// What of an order's id tells orders apart at a glance: `ord-8f2a91c4-...` -> `8f2a91c4`.
fn short_id(id: &str, columns: u16) -> &str {
    let id = id.strip_prefix("ord-").unwrap_or(id);
    id.char_indices().nth(columns.into()).map_or(id, |(end, _)| &id[..end])
}
