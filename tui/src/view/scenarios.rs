//! The Scenarios view: the list, then the narration beside the verdicts, below the live map.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

use super::{pen, pen::Frame, pen::Pen, theme::Theme};
use crate::{
    app::{Model, Stage, offset},
    scenario::{Scenario, Verdict},
};

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    match &model.scenarios.stage {
        Some(stage) => play(stage, theme, buffer, area),
        None => choose(model, theme, buffer, area),
    }
}

/// The list, and what the chosen one teaches.
fn choose(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let scenarios = &model.scenarios;
    let inside = Frame::new(theme, theme.accent(), false)
        .title(vec![Span::styled("Scenarios", theme.heading())])
        .right(vec![Span::styled("Enter plays step by step · a by itself", theme.muted())])
        .draw_over(buffer, area);
    let (left, right) = halves(inside, 46);
    let height = usize::from(left.height);
    let first = offset(Some(scenarios.at), scenarios.list.len(), height);
    for (line, scenario) in scenarios.list.iter().enumerate().skip(first).take(height) {
        let here = line == scenarios.at;
        let mut pen = Pen::new(buffer, left, (line - first) as u16);
        pen.skip(1).write(if here { theme.glyph("▸", ">") } else { " " }, theme.accent()).skip(1);
        match scenarios.results.get(&scenario.name) {
            Some(true) => pen.write(theme.glyph("✔", "+"), theme.good()),
            Some(false) => pen.write(theme.glyph("✖", "x"), theme.bad()),
            None => pen.write(theme.glyph("·", "."), theme.muted()),
        };
        let room = pen.left().saturating_sub(2);
        pen.skip(1).column(&scenario.title, room, if here { theme.strong() } else { theme.text() });
    }
    if let Some(scenario) = scenarios.list.get(scenarios.at) {
        lesson(scenario, theme, buffer, right);
    }
}

fn lesson(scenario: &Scenario, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let mut row = write_wrapped(buffer, area, 0, &scenario.lesson, theme.text()) + 1;
    if row < area.height {
        Pen::new(buffer, area, row).write("It is judged by:", theme.muted());
        row += 1;
    }
    for expectation in &scenario.expectations {
        if row >= area.height {
            break;
        }
        let indented = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
        Pen::new(buffer, area, row).write(theme.glyph("·", "-"), theme.accent());
        row = write_wrapped(buffer, indented, row, &expectation.says, theme.muted());
    }
}

/// Narration at the left, verdicts at the right; below each other where there is no room beside.
fn play(stage: &Stage, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let said = stage.scenario.steps.len();
    let steps = format!("step {} of {said}", (stage.step + 1).min(said));
    let (state, style) = match &stage.report {
        Some(report) if report.passed() => {
            (theme.glyph(" ✔ PASSED ", " + PASSED ").to_owned(), theme.badge(theme.good()))
        }
        Some(_) => (theme.glyph(" ✖ FAILED ", " x FAILED ").to_owned(), theme.badge(theme.bad())),
        None if stage.by_itself => (format!("{steps} · by itself"), theme.muted()),
        None => (steps, theme.muted()),
    };
    let inside = Frame::new(theme, theme.accent(), false)
        .title(vec![Span::styled(stage.scenario.title.clone(), theme.heading())])
        .right(vec![Span::styled(state, style)])
        .draw_over(buffer, area);
    if stage.report.is_some() {
        return ended(stage, theme, buffer, inside);
    }
    let (left, right) = halves(inside, inside.width.saturating_mul(3) / 5);
    narration(stage, theme, buffer, left);
    verdicts(&stage.verdicts, false, theme, buffer, right, 0);
}

/// What was said, the newest last and strong, and what is going on.
fn narration(stage: &Stage, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let text = Rect { x: area.x + 3, width: area.width.saturating_sub(4), ..area };
    // Two rows at the end say what is going on.
    let room = text.height.saturating_sub(2);
    let told = stage.scenario.steps.iter().take(stage.step + 1).filter(|step| !step.say.is_empty());
    let told: Vec<Vec<String>> = told.map(|step| wrapped(&step.say, text.width)).collect();
    let mut rows = 0;
    let shown = told.iter().rev().take_while(|lines| {
        rows += lines.len() as u16;
        rows <= room
    });
    let first = told.len() - shown.count();
    let mut row = 0;
    for (at, lines) in told.iter().enumerate().skip(first.min(told.len().saturating_sub(1))) {
        let newest = at + 1 == told.len();
        let sign = if newest { theme.glyph("▸", ">") } else { theme.glyph("✔", "+") };
        Pen::new(buffer, area, row).skip(1).write(sign, if newest { theme.accent() } else { theme.muted() });
        for line in lines {
            if row < room.max(1) {
                Pen::new(buffer, text, row).write(line, if newest { theme.strong() } else { theme.muted() });
            }
            row += 1;
        }
    }
    let now = match (&stage.waiting, stage.holds()) {
        (Some(figures), _) => format!("{} waiting until {figures}", theme.glyph("…", "...")),
        (None, true) if stage.by_itself => "goes on by itself".to_owned(),
        (None, true) => "Enter goes on".to_owned(),
        (None, false) => theme.glyph("…", "...").to_owned(),
    };
    let style = if stage.holds() { theme.accent() } else { theme.muted() };
    let last = Rect { y: area.bottom().saturating_sub(1), height: 1, ..text };
    Pen::new(buffer, last, 0).write(&pen::clip(&now, last.width), style);
}

/// The verdicts with what was measured, over the whole width.
fn ended(stage: &Stage, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let mut row = 0;
    if let Some(problem) = stage.report.as_ref().and_then(|report| report.problem.as_ref()) {
        let text = format!("Not played to its end: {}", crate::app::clean(problem));
        row = write_wrapped(buffer, inset(area), 0, &text, theme.bad());
    }
    row = verdicts(&stage.verdicts, true, theme, buffer, area, row);
    if row + 1 < area.height {
        write_wrapped(buffer, inset(area), row + 1, &stage.scenario.lesson, theme.strong());
    }
}

/// Verdicts one below the other; the row after the last.
fn verdicts(list: &[Verdict], measured: bool, theme: Theme, buffer: &mut Buffer, area: Rect, mut row: u16) -> u16 {
    let text = Rect { x: area.x + 3, width: area.width.saturating_sub(4), ..area };
    if list.is_empty() && row == 0 {
        Pen::new(buffer, area, 0).skip(1).write("Verdicts appear here.", theme.muted());
        return 1;
    }
    // Where there is no room for the figures of all, those of what failed are shown.
    let room_for_all = usize::from(area.height) > list.len() * 2;
    for verdict in list {
        if row >= area.height {
            break;
        }
        let (sign, style) = if verdict.holds {
            (theme.glyph("✔", "+"), theme.good())
        } else {
            (theme.glyph("✖", "x"), theme.bad())
        };
        Pen::new(buffer, area, row).skip(1).write(sign, style);
        row = write_wrapped(buffer, text, row, &verdict.says, if verdict.holds { theme.text() } else { theme.bad() });
        if (measured && room_for_all || !verdict.holds) && row < area.height {
            Pen::new(buffer, text, row).write(&verdict.measured, theme.muted());
            row += 1;
        }
    }
    row
}

fn inset(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

/// Two columns where both have room, else the upper and the lower half.
fn halves(area: Rect, left: u16) -> (Rect, Rect) {
    if area.width >= left + 34 {
        let right = Rect { x: area.x + left, width: area.width - left, ..area };
        return (Rect { width: left, ..area }, right);
    }
    let upper = area.height * 3 / 5;
    (Rect { height: upper, ..area }, inset(Rect { y: area.y + upper, height: area.height - upper, ..area }))
}

/// Writes text over as many rows as it takes and there are; the row after the last.
fn write_wrapped(buffer: &mut Buffer, area: Rect, mut row: u16, text: &str, style: Style) -> u16 {
    for line in wrapped(text, area.width) {
        if row < area.height {
            Pen::new(buffer, area, row).write(&line, style);
        }
        row = row.saturating_add(1);
    }
    row
}

/// Lines of at most that many columns, broken between words.
fn wrapped(text: &str, columns: u16) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last =
            lines.last_mut().filter(|line| line.is_empty() || pen::width(line) + 1 + pen::width(word) <= columns);
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("indivisible", 4), ["indivisible"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
