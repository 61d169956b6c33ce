//! Writing into the buffer: text that is cut with an ellipsis, columns, boxes.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::{Alignment, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear, Widget},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::theme::Theme;

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// `text` in at most `columns` columns, ending in an ellipsis when it is cut.
pub(crate) fn clip(text: &str, columns: u16) -> Cow<'_, str> {
    let columns = usize::from(columns);
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        kept.push(c);
    }
    if columns > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

/// A pen at a place on a row, with the columns it may use.
pub(crate) struct Pen<'a> {
    buffer: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
}

impl<'a> Pen<'a> {
    /// A pen at the left end of row `row` of `area`. Outside the buffer nothing is drawn.
    pub(crate) fn new(buffer: &'a mut Buffer, area: Rect, row: u16) -> Self {
        let area = area.intersection(*buffer.area());
        let y = area.y.saturating_add(row);
        let end = if row < area.height { area.right() } else { area.x };
        Self { buffer, x: area.x, y, end }
    }

    /// How many columns are left.
    pub(crate) fn left(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Writes `text`, cut to what is left.
    pub(crate) fn write(&mut self, text: &str, style: Style) -> &mut Self {
        let left = self.left();
        self.column(text, left.min(width(text)), style)
    }

    /// Writes `text` in a column of `columns`, cut or filled up.
    pub(crate) fn column(&mut self, text: &str, columns: u16, style: Style) -> &mut Self {
        let columns = columns.min(self.left());
        if columns > 0 {
            let cut = clip(text, columns);
            self.buffer.set_stringn(self.x, self.y, &*cut, columns.into(), style);
            self.x += columns;
        }
        self
    }

    /// Writes `text` at the right end of a column of `columns`.
    pub(crate) fn column_right(&mut self, text: &str, columns: u16, style: Style) -> &mut Self {
        let columns = columns.min(self.left());
        self.skip(columns.saturating_sub(width(text)));
        self.column(text, columns.min(width(text)), style)
    }

    /// Leaves `columns` out.
    pub(crate) fn skip(&mut self, columns: u16) -> &mut Self {
        self.x = self.x.saturating_add(columns).min(self.end);
        self
    }
}

/// A box with a title, and what is inside it.
pub(crate) struct Frame<'a> {
    block: Block<'a>,
}

impl<'a> Frame<'a> {
    /// A box whose border has `style`; loud for what a person should look at.
    pub(crate) fn new(theme: Theme, style: Style, loud: bool) -> Self {
        Self { block: Block::bordered().border_set(theme.border(loud)).border_style(style) }
    }

    /// A title at the top left.
    pub(crate) fn title(mut self, spans: Vec<Span<'a>>) -> Self {
        self.block = self.block.title_top(padded(spans));
        self
    }

    /// A title at the top right.
    pub(crate) fn right(mut self, spans: Vec<Span<'a>>) -> Self {
        if !spans.is_empty() {
            self.block = self.block.title_top(padded(spans).alignment(Alignment::Right));
        }
        self
    }

    /// A title at the bottom right.
    pub(crate) fn bottom(mut self, spans: Vec<Span<'a>>) -> Self {
        if !spans.is_empty() {
            self.block = self.block.title_bottom(padded(spans).alignment(Alignment::Right));
        }
        self
    }

    /// Draws it and gives the inside.
    pub(crate) fn draw(self, buffer: &mut Buffer, area: Rect) -> Rect {
        let inside = self.block.inner(area);
        self.block.render(area.intersection(*buffer.area()), buffer);
        inside
    }

    /// Draws it over whatever is there.
    pub(crate) fn draw_over(self, buffer: &mut Buffer, area: Rect) -> Rect {
        Clear.render(area.intersection(*buffer.area()), buffer);
        self.draw(buffer, area)
    }
}

fn padded(mut spans: Vec<Span<'_>>) -> Line<'_> {
    spans.insert(0, Span::raw(" "));
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// `1234567` -> `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A rate: `0`, `3.2`, `140`.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 0.05 {
        "0".to_owned()
    } else if per_second < 99.95 {
        format!("{per_second:.1}")
    } else {
        format!("{per_second:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_two_and_cuts_end_in_an_ellipsis() {
        assert_eq!(clip("東京都", 6), "東京都");
        assert_eq!(clip("東京都", 5), "東京…");
        assert_eq!(clip("東京都", 4), "東…");
        assert_eq!(clip("abc", 0), "");
    }

    #[test]
    fn a_pen_stays_in_its_area() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        Pen::new(&mut buffer, Rect::new(1, 0, 5, 1), 0).write("abcdefgh", Style::new());
        assert_eq!(buffer, Buffer::with_lines([" abcd…  "]));
        Pen::new(&mut buffer, Rect::new(0, 0, 8, 1), 4).write("x", Style::new());
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!((rate(0.0), rate(3.21), rate(140.4)), ("0".into(), "3.2".into(), "140".into()));
    }
}
