//! The faults that are on, what to expect of each, and how to end them.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{pen, pen::Pen, theme::Theme};
use crate::app::{Model, faults};

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    if area.height == 0 {
        return;
    }
    let all = model.services.faults().count();
    for (row, (fault, until)) in model.services.faults().take(area.height.into()).enumerate() {
        let on = model.services.get(&fault.function).and_then(|service| service.fault(fault.kind));
        // What strikes every time needs no number.
        let rate = on.map(|(on, _)| on.rate).filter(|rate| *rate < 0.995 && faults::has_rate(fault.kind));
        let last = row + 1 == usize::from(area.height);
        let hidden = if last { all - row - 1 } else { 0 };
        let end = match (hidden, faults::left(until, model.now)) {
            (0, Some(left)) => format!("{left} left · F clears "),
            (0, None) => "F clears ".to_owned(),
            (more, _) => format!("+{more} more · F clears all "),
        };
        let mut pen = Pen::new(buffer, area, row as u16);
        pen.skip(1).write(theme.glyph(" ▲ FAULT ", " ! FAULT "), theme.badge(theme.bad())).skip(1);
        pen.write(&fault.function, theme.strong()).write(": ", theme.text());
        pen.write(faults::title(fault.kind), theme.bad());
        if let Some(rate) = rate {
            pen.write(&format!(", {}", faults::percent(rate)), theme.bad());
        }
        let room = pen.left().saturating_sub(pen::width(&end) + 1);
        let arrow = theme.glyph("→", "->");
        let whole = format!(" {arrow} {}; the others carry on", faults::expectation(fault.kind));
        let short = format!(" {arrow} {}", faults::expectation(fault.kind));
        let least = format!(" {arrow} others carry on");
        let expect = [whole, short, least].into_iter().find(|text| pen::width(text) <= room).unwrap_or_default();
        pen.column(&expect, room, theme.text()).skip(1).write(&end, theme.muted());
    }
}
