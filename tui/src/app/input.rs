//! What follows from keys, pastes and the mouse.

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use tui_input::{Input, backend::crossterm::EventHandler};

use super::{
    actions, bindings,
    hold::{self, Step},
    layout,
    message::Effect,
    mode::{Mode, Pane},
    model::Model,
};
use crate::observe::text::clean;

/// Takes an event of the terminal.
pub(crate) fn terminal(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Resize(width, height) => model.size = (width, height),
        Event::Key(key) if key.kind != KeyEventKind::Release => return press(model, key),
        Event::Mouse(mouse) => return pointer(model, mouse),
        Event::Paste(text) => type_text(model, &Event::Paste(clean(&text).into_owned())),
        _ => {}
    }
    Vec::new()
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    match bindings::action_for(model.scope(), &key) {
        Some(action) => actions::act(model, action),
        None => {
            type_text(model, &Event::Key(key));
            Vec::new()
        }
    }
}

/// Gives a key or a paste to the text that is typed, if any is.
fn type_text(model: &mut Model, event: &Event) {
    match &mut model.mode {
        Mode::Filter { input, .. } => {
            edit(input, event);
            let text = input.value().to_owned();
            model.set_filter(&text);
        }
        Mode::Command { input, problem } => {
            edit(input, event);
            *problem = None;
        }
        Mode::Order(form) | Mode::Restock(form) => form.edit(event),
        _ => {}
    }
}

/// The longest text that can be typed in a line.
const LONGEST: usize = 200;

fn edit(input: &mut Input, event: &Event) {
    input.handle_event(event);
    if input.value().chars().count() > LONGEST {
        *input = Input::new(input.value().chars().take(LONGEST).collect());
    }
}

fn pointer(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    let wheel = match mouse.kind {
        MouseEventKind::ScrollDown => Some(Step::Older(3)),
        MouseEventKind::ScrollUp => Some(Step::Newer(3)),
        MouseEventKind::Down(MouseButton::Left) => None,
        _ => return Vec::new(),
    };
    if !matches!(model.mode, Mode::View) {
        if let Some(step) = wheel {
            actions::scroll_popup(model, step);
        }
        return Vec::new();
    }
    let screen = Rect::new(0, 0, model.size.0, model.size.1);
    let Some(areas) = layout::areas(screen, layout::Needs::of(model)) else { return Vec::new() };
    let at = Position::new(mouse.column, mouse.row);
    let panes = [(Pane::Orders, areas.orders), (Pane::Events, areas.events), (Pane::Stock, areas.stock)];
    let Some((pane, area)) = panes.into_iter().find(|(_, area)| area.contains(at)) else { return Vec::new() };
    model.focus = pane;
    match wheel {
        Some(step) => actions::step(model, step),
        None => return click(model, pane, area, mouse.row),
    }
    Vec::new()
}

/// Selects the row under the pointer; a click on the selected row opens it.
fn click(model: &mut Model, pane: Pane, area: Rect, row: u16) -> Vec<Effect> {
    let height = usize::from(area.height.saturating_sub(2));
    let Some(line) = row.checked_sub(area.y + 1).map(usize::from).filter(|line| *line < height) else {
        return Vec::new();
    };
    let (cursor, len) = match pane {
        Pane::Orders => (model.orders.cursor_index(), model.orders.shown_len()),
        Pane::Events => (model.events.cursor_index(), model.events.shown_len()),
        Pane::Stock => (model.stock.cursor, model.stock.rows.len()),
    };
    let index = hold::offset(cursor, len, height) + line;
    if index >= len {
        return Vec::new();
    }
    if cursor == Some(index) {
        return actions::act(model, bindings::Action::Open);
    }
    match pane {
        Pane::Orders => model.orders.select(index),
        Pane::Events => model.events.select(index),
        Pane::Stock => model.stock.cursor = Some(index),
    }
    Vec::new()
}
