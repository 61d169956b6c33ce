//! An order in full: what it is, and its timeline across the services.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

use super::{
    clock,
    orders::{inventory, payment},
    pen,
    pen::{Frame, Pen},
    theme::Theme,
};
use crate::{
    app::{AttemptEnd, Entry, EntryKind, Facet, Model, OrderRow, Timeline, duration_text, is_telling},
    observe::InvocationStatus,
};

/// Columns of a duration's bar, where there is room.
const BAR: u16 = 12;
/// From so many columns on, there is room.
const WIDE: u16 = 100;

pub(super) fn draw(model: &Model, id: &str, line: usize, theme: Theme, buffer: &mut Buffer, body: Rect) {
    let inside = Frame::new(theme, theme.accent(), false)
        .title(vec![Span::styled("Order ", theme.heading()), Span::styled(id.to_owned(), theme.text())])
        .bottom(vec![Span::styled("j k scroll · R read again · Esc back", theme.muted())])
        .draw_over(buffer, body);
    let timeline = model.timeline.as_ref().filter(|(of, _)| of == id).map(|(_, timeline)| timeline);
    match model.orders.get(id) {
        Some(row) => head(model, row, timeline, theme, buffer, inside),
        None => {
            Pen::new(buffer, inside, 0).skip(1).write("no longer among the newest 10,000 orders", theme.muted());
        }
    }
    let rows = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    let Some(timeline) = timeline else {
        Pen::new(buffer, rows, 0).skip(1).write(theme.glyph("reading the logs…", "reading the logs..."), theme.muted());
        return;
    };
    let Some(began) = timeline.began() else {
        Pen::new(buffer, rows, 0).skip(1).write("The logs hold nothing of it yet.", theme.muted());
        return;
    };
    let first = line.min(timeline.entries.len().saturating_sub(rows.height.into()));
    let wide = rows.width >= WIDE;
    let lane = lane_width(timeline, wide);
    let picture = Picture { theme, began, longest: timeline.longest(), lane, wide };
    for (row, entry) in timeline.entries.iter().skip(first).take(rows.height.into()).enumerate() {
        picture.row(entry, Pen::new(buffer, rows, row as u16));
    }
}

fn head(model: &Model, row: &OrderRow, timeline: Option<&Timeline>, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let order = &row.order;
    let status = order.status();
    let (paid, paid_style) = payment(order.payment_status, status, theme);
    let (reserved, reserved_style) = inventory(order.inventory_status, status, theme);
    let mut pen = Pen::new(buffer, area, 0);
    let what = format!("{} {}{}", order.product_id, theme.glyph("×", "x"), order.quantity);
    pen.skip(1).write(&what, theme.strong());
    pen.write(&format!("  for {}  ", order.user_id), theme.text());
    pen.write(&format!("{} {status}", theme.status_glyph(status)), theme.status(status));
    pen.write("  payment ", theme.muted()).write(paid, paid_style);
    pen.write("  stock ", theme.muted()).write(reserved, reserved_style);
    let decided = timeline.and_then(Timeline::decided_after).and_then(|after| Duration::try_from(after).ok());
    if let Some(after) = decided {
        pen.write("  decided after ", theme.muted()).write(&duration_text(after), theme.text());
    }
    pen.write(&format!("  {}", clock(model, order.created_at)), theme.muted());
}

fn lane_width(timeline: &Timeline, wide: bool) -> u16 {
    timeline.entries.iter().map(|entry| pen::width(lane(entry, wide))).max().unwrap_or(0).clamp(8, 24)
}

/// Where it happened; of a source only the last part where there is little room.
fn lane(entry: &Entry, wide: bool) -> &str {
    match (&entry.kind, entry.lane.rsplit_once('.')) {
        (EntryKind::Event { .. }, Some((_, last))) if !wide => last,
        _ => &entry.lane,
    }
}

/// What all rows share.
struct Picture {
    theme: Theme,
    began: Timestamp,
    longest: Duration,
    lane: u16,
    wide: bool,
}

impl Picture {
    /// `  +12 ms  processPayment  ▶ attempt 1 ok     4.2 ms ▕███▏`
    fn row(&self, entry: &Entry, mut pen: Pen<'_>) {
        let theme = self.theme;
        let after = Duration::try_from(entry.at.duration_since(self.began)).unwrap_or_default();
        let after = format!("+{}", duration_text(after));
        pen.column_right(&after, if self.wide { 9 } else { 8 }, theme.muted()).skip(2);
        let is_event = matches!(entry.kind, EntryKind::Event { .. });
        pen.column(lane(entry, self.wide), self.lane, if is_event { theme.accent() } else { theme.text() }).skip(2);
        match &entry.kind {
            EntryKind::Event { detail_type, reason } => {
                let style = if detail_type.ends_with("Failed") { theme.bad() } else { theme.accent() };
                pen.write(theme.glyph("» ", "> "), style).write(detail_type, style);
                if let Some(reason) = reason {
                    pen.write(&format!("  {reason}"), theme.muted());
                }
            }
            EntryKind::Attempt { number, trigger, waited, end } => {
                self.attempt(*number, end.as_ref(), &mut pen);
                match (waited, trigger) {
                    (Some(waited), _) => pen.write(&format!(" {} later", duration_text(*waited)), theme.muted()),
                    (None, Some(trigger)) => pen.write(&format!(" for {trigger}"), theme.muted()),
                    (None, None) => &mut pen,
                };
                if let Some(end) = end {
                    self.circumstances(end, &mut pen);
                }
            }
            EntryKind::Change { facet, status } => {
                let (words, style) = self.change(*facet);
                let sign = if facet.is_compensation() { theme.glyph("↩ ", "< ") } else { theme.glyph("◆ ", "* ") };
                pen.write(sign, style).write(words, style);
                let so = if self.wide { " the order is " } else { " " };
                pen.write(&format!("  {}{so}", theme.glyph("→", "->")), theme.muted());
                pen.write(&status.to_string(), theme.status(*status));
            }
            EntryKind::Log { level, message, outcome } => {
                let style = match level.as_str() {
                    "ERROR" => theme.bad(),
                    "WARN" => theme.warn(),
                    _ => theme.muted(),
                };
                pen.write("  ", style);
                if let Some(outcome) = outcome {
                    pen.write(outcome, style).write("  ", style);
                }
                pen.write(message, theme.muted());
            }
        }
    }

    fn attempt(&self, number: u32, end: Option<&AttemptEnd>, pen: &mut Pen<'_>) {
        let theme = self.theme;
        let (word, style) = match end.map(|end| end.status) {
            None => ("runs", theme.warn()),
            Some(InvocationStatus::Success) => ("ok", theme.good()),
            Some(InvocationStatus::Error) => ("failed", theme.bad()),
            Some(InvocationStatus::Failure) if self.wide => ("process died", theme.bad()),
            Some(InvocationStatus::Failure) => ("died", theme.bad()),
            Some(InvocationStatus::Timeout) => ("timed out", theme.bad()),
        };
        let sign = if number > 1 { theme.glyph("↻ ", "o ") } else { theme.glyph("▶ ", "> ") };
        let name = if number > 1 { format!("retry {} ", number - 1) } else { "invoked ".to_owned() };
        pen.write(sign, style)
            .column(&name, 8, theme.text())
            .column(word, if self.wide { 12 } else { 9 }, style)
            .skip(1);
        if let Some(end) = end {
            pen.column_right(&duration_text(end.duration), 7, theme.text()).skip(1);
            self.bar(end.duration, style, pen);
        }
    }

    fn circumstances(&self, end: &AttemptEnd, pen: &mut Pen<'_>) {
        if let Some(error) = end.error_type.as_ref().filter(|error| is_telling(error)) {
            pen.write(&format!("  {error}"), self.theme.bad());
        }
        if let Some(init) = end.init.filter(|_| self.wide) {
            pen.write(&format!("  after a cold start of {}", duration_text(init)), self.theme.muted());
        }
    }

    /// A bar to the scale of the longest, an eighth of a column fine.
    fn bar(&self, duration: Duration, style: Style, pen: &mut Pen<'_>) {
        const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let columns = if self.wide { BAR } else { BAR / 3 };
        let share = if self.longest.is_zero() { 0.0 } else { duration.as_secs_f64() / self.longest.as_secs_f64() };
        let eighths = ((share * f64::from(columns) * 8.0).round() as usize).clamp(1, usize::from(columns) * 8);
        let text = if self.theme.0.ascii {
            "=".repeat(eighths.div_ceil(8))
        } else {
            format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
        };
        pen.column(&text, columns, style);
    }

    fn change(&self, facet: Facet) -> (&'static str, Style) {
        use eventflow_contract::{InventoryStatus as I, PaymentStatus as P};
        let theme = self.theme;
        match facet {
            Facet::Payment(P::Paid) => ("paid", theme.good()),
            Facet::Payment(P::Failed) => ("payment declined", theme.bad()),
            Facet::Payment(P::Refunded) => ("money given back", theme.warn()),
            Facet::Payment(P::Cancelled) => ("will not be charged", theme.warn()),
            Facet::Payment(P::Pending) => ("payment open", theme.muted()),
            Facet::Inventory(I::Reserved) => ("stock reserved", theme.good()),
            Facet::Inventory(I::Failed) => ("out of stock", theme.bad()),
            Facet::Inventory(I::Released) => ("stock given back", theme.warn()),
            Facet::Inventory(I::Cancelled) => ("will not be reserved", theme.warn()),
            Facet::Inventory(I::Pending) => ("stock open", theme.muted()),
        }
    }
}
