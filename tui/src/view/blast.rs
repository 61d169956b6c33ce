//! The blast radius of faults: in a sentence first, then service by service.
//!
//! ```text
//! ╭ Blast radius  since 12:04:39 ─────────────────────────────────────────────────╮
//! │ sendNotification is failing: 6 of 6 failed. createOrder: 6 of 6 handled, …     │
//! │                               seen handled failed tries waiting dead  p95      │
//! │ ✖ sendNotification  failing 6 of 6  6   0       18       0    6  2 ms → 2 ms   │
//! ╰───────────────────────────────────────────────────────────────────────────────╯
//! ```

use std::time::Duration;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Paragraph, Widget, Wrap},
};

use super::{
    clock, pen,
    pen::{Frame, Pen},
    theme::Theme,
};
use crate::app::{
    Blast, Finding, Harm, Model, SAID, Sample, Sentence, Verdict, blast_table, duration_text, faults, findings,
    sentences,
};

/// The columns of numbers, with their widths.
const NUMBERS: [(&str, u16); 5] = [("seen", 6), ("handled", 9), ("failed tries", 14), ("waiting", 9), ("dead", 6)];
/// The widest verdict: `slower (p95 4.0 ms → 1.5 s)`.
const VERDICT: u16 = 29;
/// A percentile before and during.
const CHANGE: u16 = 19;

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let Some(blast) = model.blast.as_ref().filter(|_| area.height > 0) else { return };
    let found = findings(blast, &model.services, model.now);
    if blast_table(area.width, found.len() as u16).is_some_and(|height| height <= area.height) {
        table(model, blast, &found, theme, buffer, area);
    } else {
        lines(blast, &found, theme, buffer, area);
    }
}

fn table(model: &Model, blast: &Blast, found: &[Finding<'_>], theme: Theme, buffer: &mut Buffer, area: Rect) {
    let worst = found.iter().map(Finding::harm).max().filter(|harm| *harm > Harm::None && blast.ended.is_none());
    let border = worst.map_or_else(|| theme.muted(), |worst| style(worst, theme));
    let mut notes = Vec::new();
    if blast.gaps {
        notes.push(Span::styled("the live tail left some out: at least", theme.warn()));
    } else if blast.ended.is_some() {
        notes.push(Span::styled("Esc closes", theme.muted()));
    }
    let inside = Frame::new(theme, border, false)
        .title(vec![Span::styled("Blast radius", theme.heading()), Span::styled(span(model, blast), theme.muted())])
        .right(notes)
        .draw(buffer, area);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    say(blast, found, theme, buffer, Rect { height: SAID, ..inside });
    let name = found.iter().map(|f| pen::width(&f.tally.name)).max().unwrap_or(0).clamp(8, 24);
    let columns = Columns::fit(inside.width.saturating_sub(4), name);
    columns.heads(theme, Pen::new(buffer, inside, SAID));
    for (row, finding) in found.iter().enumerate() {
        service(blast, finding, columns, theme, Pen::new(buffer, inside, SAID + 1 + row as u16));
    }
}

/// How wide the columns of the table are.
#[derive(Clone, Copy)]
struct Columns {
    name: u16,
    /// What a column of numbers has besides what it needs.
    extra: u16,
    /// The median before and during; 0 where there is no room for it.
    p50: u16,
    p95: u16,
}

impl Columns {
    fn fit(width: u16, name: u16) -> Self {
        let numbers: u16 = NUMBERS.iter().map(|(_, width)| width).sum();
        let spare = width.saturating_sub(name + VERDICT + numbers);
        let p50 = if spare >= 2 * CHANGE { CHANGE } else { 0 };
        let p95 = spare.min(CHANGE);
        Self { name, extra: ((spare - p50 - p95) / 8).min(12), p50, p95 }
    }

    fn heads(self, theme: Theme, mut pen: Pen<'_>) {
        pen.skip(4 + self.name + VERDICT);
        for (head, width) in NUMBERS {
            pen.column_right(head, width + self.extra, theme.muted());
        }
        for (head, width) in [("p50", self.p50), ("p95", self.p95)] {
            pen.column_right(head, if width == 0 { 0 } else { width + self.extra }, theme.muted());
        }
    }
}

fn service(blast: &Blast, finding: &Finding<'_>, columns: Columns, theme: Theme, mut pen: Pen<'_>) {
    let tally = finding.tally;
    let style = style(finding.harm(), theme);
    pen.write(glyph(finding.harm(), theme), style).skip(1);
    pen.column(&tally.name, columns.name, if finding.broken { theme.strong() } else { theme.text() }).skip(2);
    pen.column(&plain(finding.words(blast), theme), VERDICT, style);
    let seen = if tally.consumer { tally.seen } else { tally.handled + tally.failing() };
    let numbers = [seen, tally.handled, tally.failed_attempts, finding.to_do(), tally.dead()];
    for (at, ((_, width), number)) in NUMBERS.iter().zip(numbers).enumerate() {
        let style = match (at, number) {
            (_, 0) => theme.muted(),
            (2 | 4, _) => theme.bad(),
            (3, _) => theme.warn(),
            _ => theme.text(),
        };
        pen.column_right(&pen::count(number), width + columns.extra, style);
    }
    if columns.p50 > 0 {
        pen.column_right(&change(finding, theme, |sample| sample.p50), columns.p50 + columns.extra, theme.muted());
    }
    let slower = matches!(finding.verdict, Verdict::Slower(..));
    let style = if slower { theme.warn() } else { theme.muted() };
    pen.column_right(&change(finding, theme, |sample| sample.p95), columns.p95 + columns.extra, style);
}

/// A percentile in the minute before and since.
fn change(finding: &Finding<'_>, theme: Theme, of: impl Fn(Sample) -> Duration) -> String {
    let text = |sample: Option<Sample>| sample.map_or_else(|| "–".to_owned(), |sample| duration_text(of(sample)));
    plain(format!("{} → {}", text(finding.tally.before), text(finding.tally.during())), theme)
}

/// Without a box: what is said, then two services to a line.
fn lines(blast: &Blast, found: &[Finding<'_>], theme: Theme, buffer: &mut Buffer, area: Rect) {
    let inside = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    say(blast, found, theme, buffer, Rect { height: SAID.min(area.height), ..inside });
    let half = (inside.width / 2).max(1);
    for (at, finding) in found.iter().enumerate() {
        let row = SAID + at as u16 / 2;
        let side = Rect { x: inside.x + if at % 2 == 0 { 0 } else { half }, width: half - 1, ..inside };
        let mut pen = Pen::new(buffer, side, row);
        let style = style(finding.harm(), theme);
        let name = faults::short(&finding.tally.name);
        pen.write(glyph(finding.harm(), theme), style).skip(1).write(&name, theme.text()).skip(1);
        pen.write(&plain(finding.words(blast), theme), style);
        let handled = format!(" · {} handled", pen::count(finding.tally.handled));
        if finding.tally.handled > 0 && pen.left() > pen::width(&handled) {
            pen.write(&handled, theme.muted());
        }
    }
}

/// What the eye is to land on.
fn say(blast: &Blast, found: &[Finding<'_>], theme: Theme, buffer: &mut Buffer, area: Rect) {
    let length = |said: &[Sentence]| said.iter().map(|one| pen::width(&one.text) + 1).sum::<u16>();
    // A line breaks between words: the lines are not filled to the last column.
    let room = area.width.saturating_sub(12) * area.height;
    let mut said = sentences(blast, found, false);
    if length(&said) > room {
        said = sentences(blast, found, true);
    }
    said.iter_mut().for_each(|one| one.text = plain(std::mem::take(&mut one.text), theme));
    let spans = said.iter().enumerate().flat_map(|(at, one)| {
        let now = one.harm > Harm::None && blast.ended.is_none();
        let style = if now { style(one.harm, theme).patch(theme.strong()) } else { theme.strong() };
        [Span::raw(if at == 0 { "" } else { " " }), Span::styled(one.text.as_str(), style)]
    });
    let line = Line::from(spans.collect::<Vec<_>>());
    Paragraph::new(line).wrap(Wrap { trim: true }).render(area.intersection(*buffer.area()), buffer);
}

/// The words of the core in what the terminal can show.
fn plain(text: String, theme: Theme) -> String {
    if theme.0.ascii { text.replace('→', "->") } else { text }
}

fn span(model: &Model, blast: &Blast) -> String {
    let began = clock(model, blast.began);
    let lasted = blast.lasted(model.now).as_secs();
    let lasted = if lasted < 60 { format!("{lasted}s") } else { format!("{}m {:02}s", lasted / 60, lasted % 60) };
    match blast.ended {
        None => format!("  since {began} · {lasted}"),
        Some(_) => format!("  since {began} · over after {lasted}"),
    }
}

fn glyph(harm: Harm, theme: Theme) -> &'static str {
    match harm {
        Harm::Unknown => theme.glyph("○", "o"),
        Harm::None => theme.glyph("●", "*"),
        Harm::Late => theme.glyph("◑", "%"),
        Harm::Lost => theme.glyph("✖", "x"),
    }
}

fn style(harm: Harm, theme: Theme) -> Style {
    match harm {
        Harm::Unknown => theme.muted(),
        Harm::None => theme.good(),
        Harm::Late => theme.warn(),
        Harm::Lost => theme.bad(),
    }
}
