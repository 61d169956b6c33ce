//! What came of a scenario, and that as Markdown.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::measure::{Attempt, Figures};

/// Whether an expectation held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The expectation in words.
    pub says: String,
    /// The expectation with the figures that were measured.
    pub measured: String,
    /// Whether it held.
    pub holds: bool,
}

/// Something that the scenario did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When it was done.
    pub at: Timestamp,
    /// What was done.
    pub what: String,
}

/// What came of a scenario.
#[derive(Debug, Clone)]
pub struct Report {
    /// The scenario's short name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it teaches.
    pub lesson: String,
    /// The stack it was played on.
    pub stack: String,
    /// How many times as fast waits passed; `None` on AWS.
    pub time_scale: Option<f64>,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The verdicts, in the order they were given.
    pub verdicts: Vec<Verdict>,
    /// All figures at the end.
    pub figures: Figures,
    /// What was done.
    pub moments: Vec<Moment>,
    /// The attempts of all functions, up to a limit.
    pub attempts: Vec<Attempt>,
    /// The functions, in the order of the map.
    pub functions: Vec<String>,
    /// Why it could not be played to its end.
    pub problem: Option<String>,
}

impl Report {
    /// Whether it was played to its end and every expectation held.
    pub fn passed(&self) -> bool {
        self.problem.is_none() && !self.verdicts.is_empty() && self.verdicts.iter().all(|verdict| verdict.holds)
    }

    /// How long it took, in seconds.
    pub fn seconds(&self) -> f64 {
        self.ended.duration_since(self.began).as_secs_f64()
    }

    /// As Markdown; `picture` is the path of the timeline to show.
    pub fn markdown(&self, picture: Option<&str>) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text, picture);
        text
    }

    fn write(&self, out: &mut String, picture: Option<&str>) -> std::fmt::Result {
        writeln!(out, "# {}\n\n{}\n", cell(&self.title), cell(&self.lesson))?;
        let time = self.time_scale.map_or_else(
            || "on AWS".to_owned(),
            |scale| format!("on the embedded cloud, waits {scale} times as fast as on AWS"),
        );
        let held = self.verdicts.iter().filter(|verdict| verdict.holds).count();
        writeln!(
            out,
            "**{}**: {held} of {} expectations held. Played at {:.0} on the stack `{}`, {time}, in {:.1} s.\n",
            if self.passed() { "Passed" } else { "Failed" },
            self.verdicts.len(),
            self.began,
            self.stack,
            self.seconds()
        )?;
        if let Some(problem) = &self.problem {
            writeln!(out, "It was not played to its end: {}\n", cell(problem))?;
        }
        if let Some(picture) = picture {
            writeln!(out, "![What each function did, over time]({picture})\n")?;
        }
        writeln!(out, "| | Expectation | Measured |\n|---|---|---|")?;
        for verdict in &self.verdicts {
            let sign = if verdict.holds { "✔" } else { "✖" };
            writeln!(out, "| {sign} | {} | `{}` |", cell(&verdict.says), cell(&verdict.measured))?;
        }
        self.write_functions(out)?;
        writeln!(out, "\n## What was done\n\n| after | |\n|---|---|")?;
        for moment in &self.moments {
            let after = moment.at.duration_since(self.began).as_secs_f64();
            writeln!(out, "| {after:.2} s | {} |", cell(&moment.what))?;
        }
        Ok(())
    }

    fn write_functions(&self, out: &mut String) -> std::fmt::Result {
        let columns = ["heard", "handled", "attempts", "failed", "recovered", "dead_letters", "p50_ms", "p95_ms"];
        writeln!(out, "\n## What each function did\n")?;
        writeln!(
            out,
            "| function | events heard | handled | attempts | of these failed | recovered by a retry | dead letters | p50 ms | p95 ms |"
        )?;
        writeln!(out, "|---|{}", "--:|".repeat(columns.len()))?;
        for function in &self.functions {
            let figure = |name: &&str| format!(" {} |", self.figures.get(&format!("{function}.{name}")));
            writeln!(out, "| {function} |{}", columns.iter().map(figure).collect::<String>())?;
        }
        Ok(())
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let verdicts: Vec<Value> = self
            .verdicts
            .iter()
            .map(|verdict| json!({ "says": verdict.says, "measured": verdict.measured, "holds": verdict.holds }))
            .collect();
        let figures: serde_json::Map<String, Value> =
            self.figures.iter().map(|(name, figure)| (name.to_owned(), json!(figure))).collect();
        json!({
            "name": self.name,
            "title": self.title,
            "passed": self.passed(),
            "problem": self.problem,
            "began": self.began,
            "seconds": self.seconds(),
            "verdicts": verdicts,
            "figures": figures,
        })
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
