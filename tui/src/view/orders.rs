//! The newest orders, each with its status and what payment and inventory say of it.

use eventflow_contract::{InventoryStatus, OrderStatus, PaymentStatus};
use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

use super::{
    age, pen,
    pen::{Frame, Pen},
    short_id,
    theme::Theme,
};
use crate::app::{HIGHLIGHT, Model, OrderRow, Pane, offset};

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let inside = frame(model, theme, area, Pane::Orders, "Orders", model.orders.len() as u64, model.orders.held_back())
        .draw(buffer, area);
    let len = model.orders.shown_len();
    if len == 0 {
        return empty(model, theme, buffer, inside);
    }
    let height = usize::from(inside.height);
    let cursor = model.orders.cursor_index();
    let first = offset(cursor, len, height);
    for (line, row) in model.orders.shown().skip(first).take(height).enumerate() {
        draw_row(model, row, theme, Pen::new(buffer, inside, line as u16));
        if cursor == Some(first + line) {
            select(theme, buffer, inside, line as u16);
        }
    }
}

/// The frame of a panel with rows: its name, how many, what is held back; accented when it has the focus.
pub(super) fn frame(
    model: &Model,
    theme: Theme,
    area: Rect,
    pane: Pane,
    name: &'static str,
    total: u64,
    held_back: usize,
) -> Frame<'static> {
    let focused = model.focus == pane;
    let style = if focused { theme.accent() } else { theme.muted() };
    let mut title =
        vec![Span::styled(name, if focused { theme.accent().patch(theme.strong()) } else { theme.heading() })];
    title.push(Span::styled(format!(" {}", pen::count(total)), theme.muted()));
    if !model.filter.is_empty() && pane != Pane::Stock {
        title.push(Span::styled(format!(" /{}", pen::clip(&model.filter, area.width / 3)), theme.warn()));
    }
    let mut right = Vec::new();
    if held_back > 0 {
        right.push(Span::styled(format!("+{} new", pen::count(held_back as u64)), theme.badge(theme.warn())));
    }
    Frame::new(theme, style, false).title(title).right(right)
}

/// Marks a row as selected.
pub(super) fn select(theme: Theme, buffer: &mut Buffer, inside: Rect, line: u16) {
    let row = Rect { y: inside.y + line, height: 1, ..inside };
    buffer.set_style(row, theme.selected());
}

fn empty(model: &Model, theme: Theme, buffer: &mut Buffer, inside: Rect) {
    let text = match (model.system.is_some(), model.filter.is_empty()) {
        (false, _) => "…",
        (true, true) => "No orders yet: press n, then Enter.",
        (true, false) => "No order matches the filter; Esc drops it.",
    };
    let row = inside.height / 2;
    let indent = inside.width.saturating_sub(pen::width(text)) / 2;
    Pen::new(buffer, inside, row).skip(indent).write(text, theme.muted());
}

fn draw_row(model: &Model, row: &OrderRow, theme: Theme, mut pen: Pen<'_>) {
    let order = &row.order;
    let status = order.status();
    let recent = row.changed.is_some_and(|at| model.now.duration_since(at) < HIGHLIGHT);
    let wide = pen.left() >= 64;
    let facets = pen.left() >= 76;
    let emphasis = if recent { theme.strong() } else { Style::new() };
    let mark = if recent { theme.glyph("▌", ">") } else { " " };
    let style = theme.status(status);
    pen.write(mark, if status.is_final() { style } else { theme.accent() });
    let badge = if recent && status.is_final() { theme.badge(style) } else { style.patch(emphasis) };
    let id = match pen.left() {
        64.. => 8,
        44.. => 6,
        _ => 0,
    };
    let fixed = 1 + 18 + 1 + id + u16::from(id > 0) + 4 + 1 + if facets { 20 } else { 0 };
    let rest = (pen.left() + 1).saturating_sub(fixed);
    let user = if wide { (rest / 3).clamp(8, 16) } else { 0 };
    let product = rest.saturating_sub(user + u16::from(user > 0));
    let text = format!("{} {}", theme.status_glyph(status), status.as_str());
    let text_width = pen::width(&text);
    pen.write(&text, badge).skip(19u16.saturating_sub(text_width));
    pen.column(short_id(&order.order_id, id), id, theme.muted().patch(emphasis)).skip(u16::from(id > 0));
    product_quantity(&mut pen, &order.product_id, order.quantity, product.min(30), theme, emphasis);
    if user > 0 {
        pen.column(&order.user_id, user, theme.text().patch(emphasis)).skip(1);
    }
    if facets {
        let (text, style) = payment(order.payment_status, status, theme);
        pen.column(text, 9, style).skip(1);
        let (text, style) = inventory(order.inventory_status, status, theme);
        pen.column(text, 9, style).skip(1);
    }
    let slack = pen.left().saturating_sub(4);
    pen.skip(slack).column_right(&age(model.now, order.created_at), 4, theme.muted());
}

/// A product and how many, in a column: the name is cut, never the number.
pub(super) fn product_quantity(
    pen: &mut Pen<'_>,
    product: &str,
    quantity: u32,
    columns: u16,
    theme: Theme,
    emphasis: Style,
) {
    let number = format!(" {}{quantity}", theme.glyph("×", "x"));
    let name = columns.saturating_sub(pen::width(&number) + 1).min(pen::width(product));
    pen.column(product, name, theme.text().patch(emphasis)).write(&number, theme.text().patch(emphasis));
    pen.skip(columns.saturating_sub(name + pen::width(&number)));
}

/// What payment says, in a word.
pub(super) fn payment(payment: PaymentStatus, status: OrderStatus, theme: Theme) -> (&'static str, Style) {
    match payment {
        PaymentStatus::Pending if status.is_final() => ("–", theme.muted()),
        PaymentStatus::Pending => ("paying…", theme.muted()),
        PaymentStatus::Paid => ("paid", theme.good()),
        PaymentStatus::Failed => ("declined", theme.bad()),
        PaymentStatus::Refunded => ("refunded", theme.warn()),
        PaymentStatus::Cancelled => ("cancelled", theme.muted()),
    }
}

/// What inventory says, in a word.
pub(super) fn inventory(inventory: InventoryStatus, status: OrderStatus, theme: Theme) -> (&'static str, Style) {
    match inventory {
        InventoryStatus::Pending if status.is_final() => ("–", theme.muted()),
        InventoryStatus::Pending => ("picking…", theme.muted()),
        InventoryStatus::Reserved => ("reserved", theme.good()),
        InventoryStatus::Failed => ("sold out", theme.bad()),
        InventoryStatus::Released => ("released", theme.warn()),
        InventoryStatus::Cancelled => ("cancelled", theme.muted()),
    }
}
