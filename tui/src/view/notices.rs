//! Short words to the user, over the lower right corner of the events.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::Line,
    text::Span,
    widgets::{Paragraph, Widget, Wrap},
};

use super::{pen, pen::Frame, theme::Theme};
use crate::app::{Model, Notice};

/// A notice without a box, in as many lines as there are.
pub(super) fn text(notice: &Notice, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let (glyph, style) = if notice.failed {
        (theme.glyph("✖ ", "x "), theme.bad())
    } else {
        (theme.glyph("✔ ", "* "), theme.good())
    };
    let line = Line::from(vec![Span::styled(glyph, style), Span::styled(notice.text.as_str(), theme.text())]);
    Paragraph::new(line).wrap(Wrap { trim: true }).render(area.intersection(*buffer.area()), buffer);
}

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, over: Rect) {
    let widest = (over.width * 2 / 3).max(40).min(over.width);
    let mut bottom = over.bottom();
    for notice in model.notices.list.iter().rev() {
        let columns = (pen::width(&notice.text) + 6).min(widest);
        let inner = columns.saturating_sub(4).max(1);
        let lines = pen::width(&notice.text).div_ceil(inner).clamp(1, 4) + u16::from(pen::width(&notice.text) > inner);
        let height = lines + 2;
        if bottom < 3 + height {
            return;
        }
        bottom -= height;
        let area = Rect::new(over.right() - columns, bottom, columns, height);
        let style = if notice.failed { theme.bad() } else { theme.good() };
        let word = if notice.failed {
            format!("{} failed", theme.glyph("✖", "x"))
        } else {
            format!("{} done", theme.glyph("✔", "*"))
        };
        let inside =
            Frame::new(theme, style, notice.failed).title(vec![Span::styled(word, style)]).draw_over(buffer, area);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        Paragraph::new(Line::raw(notice.text.as_str())).wrap(Wrap { trim: true }).render(inside, buffer);
    }
}
