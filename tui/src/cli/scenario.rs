//! `eventflow-tui scenario`: plays scenarios without a screen.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Embedded, Target, embedded};
use crate::{
    scenario::{self, Pace, Progress, Report, Scenario, Verdict},
    terminal::watch_signals,
};

/// Options of `scenario`.
#[derive(Debug, Args)]
pub(super) struct Scenarios {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show which scenarios there are
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Play scenarios; the exit status is 0 when every expectation held
    ///
    /// Each is played on an embedded cloud of its own, or all of them on the deployed stack that is named by --stack.
    Run(Run),
}

#[derive(Debug, Args)]
struct Run {
    /// Their names, or `all`
    #[arg(required_unless_present = "scenario")]
    names: Vec<String>,
    /// A scenario of your own; may be given again
    #[arg(long, value_name = "FILE")]
    scenario: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write the verdicts as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write reports there: Markdown with the figures, and a timeline as SVG
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
}

impl Scenarios {
    pub(super) async fn run(self, target: &Target, options: &Embedded) -> Result<()> {
        match self.what {
            What::List { json } => list(json),
            What::Run(run) => run.run(target, options).await,
        }
    }
}

fn list(as_json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let scenarios = scenario::names().filter_map(scenario::builtin).collect::<Result<Vec<_>, _>>()?;
    if as_json {
        let list: Vec<_> = scenarios
            .iter()
            .map(|s| serde_json::json!({ "name": s.name, "title": s.title, "lesson": s.lesson }))
            .collect();
        writeln!(out, "{}", serde_json::Value::from(list))?;
        return Ok(());
    }
    for scenario in scenarios {
        writeln!(out, "{:<22} {}", scenario.name, scenario.title)?;
    }
    Ok(())
}

/// Reads a scenario from a file.
pub(super) fn read(path: &Path) -> Result<Scenario> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the scenario {}", path.display()))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Scenario::parse(&name, &text).with_context(|| format!("the scenario {} cannot be played", path.display()))
}

impl Run {
    async fn run(self, target: &Target, options: &Embedded) -> Result<()> {
        let mut scenarios = self.scenario.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
        let all = self.names.iter().any(|name| name == "all");
        let names: Vec<&str> =
            if all { scenario::names().collect() } else { self.names.iter().map(String::as_str).collect() };
        for name in names {
            let found = scenario::builtin(name).with_context(|| {
                let known: Vec<_> = scenario::names().collect();
                format!("there is no scenario {name}; there are {}", known.join(", "))
            })?;
            scenarios.push(found.with_context(|| format!("the scenario {name} cannot be played"))?);
        }
        self.check_writable()?;
        let mut reports = Vec::new();
        let mut not_begun = Ok(());
        for scenario in &scenarios {
            let report = match self.play(scenario, target, options).await {
                Ok(report) => report,
                // What was played until then is told all the same.
                Err(error) => {
                    not_begun = Err(error);
                    break;
                }
            };
            if let Some(folder) = &self.report {
                write_report(folder, &report)?;
            }
            reports.push(report);
        }
        if self.json {
            let list: Vec<_> = reports.iter().map(Report::json).collect();
            writeln!(std::io::stdout(), "{}", serde_json::Value::from(list))?;
        }
        if let Some(path) = &self.junit {
            let xml = scenario::junit(&reports);
            std::fs::write(path, xml).with_context(|| format!("cannot write {}", path.display()))?;
        }
        not_begun?;
        let failed: Vec<_> = reports.iter().filter(|report| !report.passed()).map(|r| r.name.as_str()).collect();
        if !failed.is_empty() {
            bail!("{} of {} scenarios failed: {}", failed.len(), reports.len(), failed.join(", "));
        }
        Ok(())
    }

    /// Before minutes are spent on what cannot be written down.
    fn check_writable(&self) -> Result<()> {
        if let Some(path) = &self.junit {
            let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
            file.with_context(|| format!("cannot write {}", path.display()))?;
        }
        if let Some(folder) = &self.report {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        Ok(())
    }

    async fn play(&self, scenario: &Scenario, target: &Target, options: &Embedded) -> Result<Report> {
        let (tell, mut told) = mpsc::channel(64);
        // Ctrl-C ends the scenario, which still puts back what it changed.
        let stop = CancellationToken::new();
        watch_signals(stop.clone()).context("cannot watch for signals")?;
        let quiet = self.json;
        let telling = tokio::spawn({
            let scenario = scenario.clone();
            async move {
                while let Some(progress) = told.recv().await {
                    if !quiet {
                        // A reader that has seen enough is no failure.
                        let _ = say(&scenario, &progress);
                    }
                }
            }
        });
        let report = if target.is_given() {
            let (system, reach) = target.reach().await?;
            scenario::play(scenario, &system, &reach, Pace::Auto, &tell, &stop).await
        } else {
            let started = embedded::start(options, 0).await?;
            let (system, reach) = started.discover().await?;
            let report = scenario::play(scenario, &system, &reach, Pace::Auto, &tell, &stop).await;
            started.cloud.shutdown().await;
            report
        };
        drop(tell);
        telling.await?;
        report.with_context(|| format!("the scenario {} could not begin", scenario.name))
    }
}

fn say(scenario: &Scenario, progress: &Progress) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match progress {
        Progress::Told(0) => {
            writeln!(out, "\n{}\n{}\n", scenario.title, "=".repeat(scenario.title.chars().count()))?;
            tell_step(&mut out, scenario, 0)
        }
        Progress::Told(at) => tell_step(&mut out, scenario, *at),
        Progress::Judged(Verdict { says, measured, holds }) => {
            writeln!(out, "{} {says}\n    {measured}", if *holds { "✔" } else { "✖" })
        }
        Progress::Ended(report) => {
            if let Some(problem) = &report.problem {
                writeln!(out, "✖ not played to its end: {problem}")?;
            }
            let verdict = if report.passed() { "passed" } else { "FAILED" };
            writeln!(out, "{verdict} in {:.1} s", report.seconds())
        }
        Progress::Doing(_) | Progress::Waiting(_) | Progress::Changed | Progress::Faults | Progress::NotBegun(_) => {
            Ok(())
        }
    }
}

fn tell_step(out: &mut impl Write, scenario: &Scenario, at: usize) -> std::io::Result<()> {
    match scenario.steps.get(at) {
        Some(step) if !step.say.is_empty() => writeln!(out, "  {}", step.say),
        _ => Ok(()),
    }
}

fn write_report(folder: &Path, report: &Report) -> Result<()> {
    let write = |name: String, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let picture = format!("{}.svg", report.name);
    write(format!("{}.md", report.name), report.markdown(Some(&picture)))?;
    write(picture, scenario::svg(report))
}
