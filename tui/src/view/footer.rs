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
    let shown = bindings().iter().filter(|b| b.scope == scope && b.action != Action::Quit);
    let quit = bindings().iter().find(|b| b.scope == scope && b.action == Action::Quit);
    let keep = quit.map_or(0, |b| pen::width(b.shown) + pen::width(b.footer.unwrap_or_default()) + 3);
    pen.skip(1);
    for binding in shown {
        let Some(word) = binding.footer else { continue };
        if binding.action == Action::ClearFaults && scope == Scope::View && !model.has_faults() {
            continue;
        }
        let word = if binding.action == Action::Pause && model.paused { "go on" } else { word };
        let key = binding.shown.split(' ').next().unwrap_or(binding.shown);
        if pen.left() < pen::width(key) + pen::width(word) + 3 + keep {
            break;
        }
        pen.write(key, theme.accent().patch(theme.strong())).skip(1).write(word, theme.text()).skip(2);
    }
    if let Some(binding) = quit {
        let gap = pen.left().saturating_sub(keep - 1);
        pen.skip(gap).write(binding.shown, theme.accent().patch(theme.strong())).skip(1);
        pen.write(binding.footer.unwrap_or_default(), theme.text());
    }
}
