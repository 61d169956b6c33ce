//! A report as a picture: a lane for each function, a mark for each attempt, a line for what was done.

use std::fmt::Write;

use jiff::Timestamp;

use super::{Report, junit::escaped};
use crate::{measure::Attempt, observe::InvocationStatus};

const LEFT: f64 = 170.0;
const WIDTH: f64 = 1_000.0;
const LANE: f64 = 34.0;
const TOP: f64 = 64.0;
const STEP: f64 = 15.0;

/// The timeline as SVG. Colours from the Okabe-Ito palette, which people with colour vision deficiency can tell apart; an
/// attempt that failed is a cross as well, not a colour alone.
///
/// Source: <https://jfly.uni-koeln.de/color/>
pub fn svg(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = draw(report, &mut out);
    out
}

struct Scale {
    began: Timestamp,
    seconds: f64,
}

impl Scale {
    fn x(&self, at: Timestamp) -> f64 {
        let share = at.duration_since(self.began).as_secs_f64() / self.seconds;
        LEFT + share.clamp(0.0, 1.0) * WIDTH
    }
}

fn draw(report: &Report, out: &mut String) -> std::fmt::Result {
    let scale = Scale { began: report.began, seconds: report.seconds().max(0.1) };
    let lanes = TOP + LANE * report.functions.len() as f64;
    let height = lanes + 40.0 + STEP * report.moments.len() as f64;
    let width = LEFT + WIDTH + 30.0;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">"
    )?;
    writeln!(out, "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>")?;
    let verdict = if report.passed() { "passed" } else { "failed" };
    writeln!(out, "<text x=\"12\" y=\"26\" font-size=\"18\">{} · {verdict}</text>", escaped(&report.title))?;
    writeln!(
        out,
        "<text x=\"12\" y=\"46\" fill=\"#666\">| handled · × failed attempt; a mark's width is its duration</text>"
    )?;
    for (lane, function) in report.functions.iter().enumerate() {
        let y = TOP + LANE * lane as f64;
        writeln!(out, "<text x=\"12\" y=\"{}\">{}</text>", y + 20.0, escaped(function))?;
        writeln!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{0}\" x2=\"{1}\" y2=\"{0}\" stroke=\"#ddd\"/>",
            y + 30.0,
            LEFT + WIDTH
        )?;
        for attempt in report.attempts.iter().filter(|attempt| attempt.function == *function) {
            mark(out, &scale, y, attempt)?;
        }
    }
    axis(out, &scale, lanes)?;
    moments(report, out, &scale, lanes)?;
    writeln!(out, "</svg>")
}

fn mark(out: &mut String, scale: &Scale, y: f64, attempt: &Attempt) -> std::fmt::Result {
    let end = scale.x(attempt.at);
    let start = jiff::SignedDuration::try_from(attempt.duration).ok().and_then(|d| attempt.at.checked_sub(d).ok());
    let start = scale.x(start.unwrap_or(attempt.at));
    let width = (end - start).max(1.5);
    if attempt.status == InvocationStatus::Success {
        return writeln!(
            out,
            "<rect x=\"{start:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"20\" fill=\"#009E73\" fill-opacity=\"0.6\"/>",
            y + 6.0
        );
    }
    let (top, cross, middle) = (y + 6.0, end - 4.0, y + 12.0);
    writeln!(
        out,
        "<rect x=\"{start:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"20\" fill=\"#D55E00\" fill-opacity=\"0.3\"/>\
<path d=\"M{cross:.1} {middle:.1}l8 8m0 -8l-8 8\" stroke=\"#D55E00\" stroke-width=\"2\"/>"
    )
}

fn axis(out: &mut String, scale: &Scale, y: f64) -> std::fmt::Result {
    for tick in 0..=5 {
        let share = f64::from(tick) / 5.0;
        let x = LEFT + WIDTH * share;
        let seconds = scale.seconds * share;
        writeln!(out, "<text x=\"{x}\" y=\"{}\" fill=\"#666\" text-anchor=\"middle\">{seconds:.1} s</text>", y + 18.0)?;
    }
    Ok(())
}

/// A numbered line for each moment, and what it was below.
fn moments(report: &Report, out: &mut String, scale: &Scale, lanes: f64) -> std::fmt::Result {
    for (row, moment) in report.moments.iter().enumerate() {
        let x = scale.x(moment.at);
        let y = lanes + 38.0 + STEP * row as f64;
        writeln!(
            out,
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{y:.1}\" stroke=\"#0072B2\" stroke-opacity=\"0.35\"/>"
        )?;
        let (anchor, at) = if x > LEFT + WIDTH * 0.6 { ("end", x - 4.0) } else { ("start", x + 4.0) };
        writeln!(out, "<text x=\"{at:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(&moment.what))?;
    }
    Ok(())
}
