//! The last row: the keys of the moment, or the line that is typed.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{pen, pen::Pen, theme::Theme};
use crate::app::{Action, Mode, Model, Scope, bindings};

/// Draws it and says where the text cursor is, when a line is typed.
pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    let (sign, input) = match &model.mode {
        Mode::Filter { input, .. } => ("/", input),
        Mode::Command { input, .. } => (":", input),
        _ => {
            keys(model, theme, Pen::new(buffer, area, 0));
            return None;
        }
    };
    let room = area.width / 2;
    let scroll = input.visual_scroll(room.into());
    let text: String = input.value().chars().skip(scroll).collect();
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).write(sign, theme.accent()).column(&text, room, theme.strong()).skip(1);
    keys(model, theme, pen);
    let column = input.visual_cursor().saturating_sub(scroll).min(room.into()) as u16;
    Some(Position::new(area.x + 2 + column, area.y))
}

fn keys(model: &Model, theme: Theme, mut pen: Pen<'_>) {
    let scope = model.scope();
    // How to get help and how to leave are never cut off: they stand at the right.
    let is_last = |action: Action| matches!(action, Action::Help | Action::Quit);
    let named = bindings().iter().filter(|b| b.scope == scope).filter_map(|b| Some((b, b.footer?)));
    let (last, first): (Vec<_>, Vec<_>) = named.partition(|(b, _)| is_last(b.action));
    let keep: u16 = last.iter().map(|(b, word)| pen::width(b.shown) + pen::width(word) + 3).sum();
    let key_style = theme.accent().patch(theme.strong());
    pen.skip(1);
    for (binding, word) in first {
        if binding.action == Action::ClearFaults && scope == Scope::View && !model.has_faults() {
            continue;
        }
        let word = if binding.action == Action::Pause && model.paused { "go on" } else { word };
        let key = binding.shown.split(' ').next().unwrap_or(binding.shown);
        if pen.left() < pen::width(key) + pen::width(word) + 3 + keep {
            break;
        }
        pen.write(key, key_style).skip(1).write(word, theme.text()).skip(2);
    }
    let gap = pen.left().saturating_sub(keep.saturating_sub(1));
    pen.skip(gap);
    for (binding, word) in last {
        pen.write(binding.shown, key_style).skip(1).write(word, theme.text()).skip(2);
    }
}
