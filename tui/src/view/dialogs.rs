//! What opens over the view to be filled in, chosen or answered.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Span,
};

use super::{pen::Frame, pen::Pen, theme::Theme};
use crate::app::{COMMANDS, Field, Form, Model, offset};

/// A box of at most that size in the middle of `body`.
pub(super) fn centred(body: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(body.width), height.min(body.height));
    Rect::new(body.x + (body.width - width) / 2, body.y + (body.height - height) / 2, width, height)
}

pub(super) fn open<'a>(theme: Theme, title: &'a str) -> Frame<'a> {
    Frame::new(theme, theme.accent(), false).title(vec![Span::styled(title, theme.heading())])
}

/// A form; where the text cursor is.
pub(super) fn form(model: &Model, form: &Form, theme: Theme, buffer: &mut Buffer, body: Rect) -> Option<Position> {
    let fields: u16 = if form.user.is_some() { 3 } else { 2 };
    let products = model.stock.rows.len().min(10) as u16;
    let area = centred(body, 58, fields + products + 4);
    let title = if form.user.is_some() { "Place an order" } else { "Restock" };
    let keys = vec![Span::styled("Enter does it · Tab next field · Esc back", theme.muted())];
    let inside = open(theme, title).bottom(keys).draw_over(buffer, area);
    let mut row = 0;
    let mut cursor = None;
    let inputs = [
        (Field::Product, "Product", Some(&form.product)),
        (Field::Quantity, "Quantity", Some(&form.quantity)),
        (Field::User, "User", form.user.as_ref()),
    ];
    for (field, label, input) in inputs {
        let Some(input) = input else { continue };
        let focused = form.field == field;
        let mut pen = Pen::new(buffer, inside, row);
        pen.skip(1).write(if focused { theme.glyph("▸", ">") } else { " " }, theme.accent()).skip(1);
        pen.column(label, 9, if focused { theme.strong() } else { theme.muted() }).skip(1);
        let room = pen.left().saturating_sub(2);
        let scroll = input.visual_scroll(room.into());
        let text: String = input.value().chars().skip(scroll).collect();
        pen.column(&text, room, if focused { theme.strong() } else { theme.text() });
        if focused && row < inside.height {
            let column = input.visual_cursor().saturating_sub(scroll) as u16;
            cursor = Some(Position::new(inside.x + 13 + column.min(room), inside.y + row));
        }
        row += 1;
    }
    // One line for what is wrong, the field in focus first.
    let wrong = form.first_problem().map(|first| if form.problem(form.field).is_some() { form.field } else { first });
    let mut pen = Pen::new(buffer, inside, row);
    pen.skip(3);
    match wrong.and_then(|field| form.problem(field)) {
        Some(problem) => pen.write(&problem, theme.bad()),
        None => pen.write(form.warning(&model.stock).unwrap_or_default(), theme.warn()),
    };
    row += 1;
    let rest = Rect { y: inside.y + row, height: inside.height.saturating_sub(row), ..inside };
    choices(model, form, theme, buffer, rest);
    cursor
}

/// The products to choose from, the chosen one marked.
fn choices(model: &Model, form: &Form, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let chosen = form.product_id(&model.stock);
    let at = model.stock.ids().position(|id| id == chosen);
    let first = offset(at, model.stock.rows.len(), area.height.into());
    for (line, row) in model.stock.rows.iter().enumerate().skip(first).take(area.height.into()) {
        let mut pen = Pen::new(buffer, area, (line - first) as u16);
        let style = if at == Some(line) { theme.accent().patch(theme.strong()) } else { theme.muted() };
        pen.skip(11).write(if at == Some(line) { theme.glyph("▸", ">") } else { " " }, style).skip(1);
        pen.column(&row.stock.product_id, 18, style).skip(1);
        pen.column_right(&format!("{} free", row.stock.available_qty), 12, style);
    }
}

/// The commands, above the line in which one is typed.
pub(super) fn commands(model: &Model, problem: Option<&str>, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let typed = match &model.mode {
        crate::app::Mode::Command { input, .. } => input.value().split_whitespace().next().unwrap_or_default(),
        _ => "",
    };
    let height = (COMMANDS.len() as u16 + 3).min(body.height);
    let area = Rect { y: body.bottom() - height, height, width: body.width.min(100), ..body };
    let inside = open(theme, "Commands").draw_over(buffer, area);
    for (row, (name, arguments, help)) in COMMANDS.iter().enumerate() {
        let fits = name.starts_with(typed);
        let style = if fits { theme.text() } else { theme.muted() };
        Pen::new(buffer, inside, row as u16)
            .skip(1)
            .column(name, 9, if fits { theme.accent() } else { theme.muted() })
            .column(arguments, 30, style)
            .write(help, theme.muted());
    }
    if let Some(problem) = problem {
        Pen::new(buffer, inside, inside.height.saturating_sub(1)).skip(1).write(problem, theme.bad());
    }
}
