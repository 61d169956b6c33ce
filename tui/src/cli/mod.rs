//! The command line.

mod chaos;
mod dashboard;
mod embedded;
mod events;
mod faults;
mod local;
mod logs;
mod order;
mod scenario;
mod target;
mod timeline;

use std::{io::Write, process::ExitCode};

use anyhow::Result;
use clap::{Args, CommandFactory, Parser, Subcommand, error::ErrorKind};

/// See, and show, an event-driven order system at work.
///
/// Without a command the dashboard opens on an embedded cloud: no account, no Docker, nothing to install.
#[derive(Debug, Parser)]
#[command(name = "eventflow-tui", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// A scenario of your own for the dashboard, a TOML file; may be given again
    #[arg(long = "scenario", value_name = "FILE")]
    scenarios: Vec<std::path::PathBuf>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    embedded: Embedded,
    /// Leave faults on when the dashboard is left, without a question; each ends by itself
    #[arg(long)]
    leave_faults: bool,
}

/// Which stack is meant.
#[derive(Debug, Clone, Default, Args)]
struct Target {
    /// The name of a deployed stack; without it the dashboard runs the embedded cloud
    #[arg(long, global = true, value_name = "NAME", env = "EVENTFLOW_STACK", hide_env_values = true)]
    stack: Option<String>,
    /// The AWS Region
    #[arg(long, global = true)]
    region: Option<String>,
    /// The profile of the shared AWS configuration
    #[arg(long, global = true)]
    profile: Option<String>,
    /// The URL of an AWS-compatible endpoint
    #[arg(long, global = true, value_name = "URL")]
    endpoint_url: Option<String>,
}

/// How the embedded cloud runs.
#[derive(Debug, Clone, Args)]
struct Embedded {
    /// The SAM template to run in place of the one built in
    #[arg(long, global = true, value_name = "FILE")]
    template: Option<std::path::PathBuf>,
    /// A value for a template parameter; may be given again
    #[arg(long = "parameter", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    parameters: Vec<(String, String)>,
    /// How many times as fast waits pass that AWS counts in minutes [default: 60]
    #[arg(long, global = true, value_name = "FACTOR", value_parser = factor)]
    time_scale: Option<f64>,
}

impl Embedded {
    /// How many times as fast waits pass.
    fn time_scale(&self) -> f64 {
        self.time_scale.unwrap_or(60.0)
    }

    /// Whether anything is said of how it runs.
    fn is_given(&self) -> bool {
        self.template.is_some() || !self.parameters.is_empty() || self.time_scale.is_some()
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the embedded cloud alone and print the environment for aws, curl and the SDKs
    Local(local::Local),
    /// Place an order
    Order(order::Order),
    /// Follow the events
    Events(events::Events),
    /// Show what a function logged
    Logs(logs::Logs),
    /// Show what happened to an order: its events, invocations, retries and state changes, in the order of time
    Timeline(timeline::Timeline),
    /// Break functions on purpose, and undo it
    Faults(faults::Faults),
    /// Place orders under random faults, kills and duplicates, heal, and check that every promise was kept
    Chaos(chaos::Chaos),
    /// Play scenarios: what is done, what must come of it, and what was measured
    Scenario(scenario::Scenarios),
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    pair.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| "must be KEY=VALUE".to_owned())
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && (0.01..=10_000.0).contains(&factor) => Ok(factor),
        _ => Err("must be a number from 0.01 to 10000".to_owned()),
    }
}

/// Runs the command line. The exit status is 0 when all went well, 1 when what was asked for failed, 2 for wrong usage.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("cannot start")),
    };
    let done = runtime.block_on(run(cli));
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// What is wrong with options that are each right, if anything is.
fn contradiction(cli: &Cli) -> Option<String> {
    let Cli { command, target, embedded, .. } = cli;
    if cli.leave_faults && command.is_some() {
        return Some("--leave-faults is for the dashboard: give it without a command".to_owned());
    }
    // These run an embedded cloud when no stack is named.
    let either = matches!(command, None | Some(Command::Chaos(_) | Command::Scenario(_)));
    let only_embedded = matches!(command, Some(Command::Local(_)));
    if embedded.is_given() && !only_embedded && (!either || target.is_given()) {
        let named = match (&target.stack, either) {
            (Some(stack), true) => format!(", and this would act on the stack {stack} (--stack or EVENTFLOW_STACK)"),
            _ => String::new(),
        };
        return Some(format!("--template, --parameter and --time-scale are for an embedded cloud{named}"));
    }
    if (target.region.is_some() || target.profile.is_some()) && (only_embedded || either && !target.is_given()) {
        return Some("--region and --profile are for a deployed stack: name it with --stack".to_owned());
    }
    None
}

async fn run(cli: Cli) -> Result<()> {
    if let Some(text) = contradiction(&cli) {
        Cli::command().error(ErrorKind::ArgumentConflict, format!("{text}\n")).exit();
    }
    match cli.command {
        None => dashboard::run(&cli.target, &cli.embedded, &cli.scenarios, cli.leave_faults).await,
        Some(Command::Local(local)) => local.run(&cli.embedded).await,
        Some(Command::Order(order)) => order.run(&cli.target).await,
        Some(Command::Events(events)) => events.run(&cli.target).await,
        Some(Command::Logs(logs)) => logs.run(&cli.target).await,
        Some(Command::Timeline(timeline)) => timeline.run(&cli.target).await,
        Some(Command::Faults(faults)) => faults.run(&cli.target).await,
        Some(Command::Chaos(chaos)) => chaos.run(&cli.target, &cli.embedded).await,
        Some(Command::Scenario(scenarios)) => scenarios.run(&cli.target, &cli.embedded).await,
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    // Nobody may be there to read it; the exit status tells.
    let _ = writeln!(std::io::stderr(), "eventflow-tui: {error:#}");
    ExitCode::FAILURE
}

/// A reader that has seen enough is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().filter_map(|cause| cause.downcast_ref()).any(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_are_read() {
        let words = ["eventflow-tui", "local", "--port", "4566", "--parameter", "A=b=c", "--time-scale", "1"];
        let cli = Cli::try_parse_from(words).expect("valid words");
        assert_eq!(cli.embedded.parameters, [("A".to_owned(), "b=c".to_owned())]);
        assert_eq!(cli.embedded.time_scale(), 1.0);
        for wrong in [["--time-scale", "0"], ["--parameter", "=x"], ["--port", "1"]] {
            assert!(Cli::try_parse_from([&["eventflow-tui"][..], &wrong].concat()).is_err(), "{wrong:?}");
        }
    }
    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let said = |words: &str| {
            let cli = Cli::try_parse_from(format!("eventflow-tui {words}").split_whitespace()).expect("valid words");
            contradiction(&cli).unwrap_or_default()
        };
        assert!(said("--stack s --parameter A=b").contains("the stack s"));
        assert!(said("order --product p --time-scale 2").contains("embedded cloud"));
        assert!(said("--region eu-west-1").contains("--stack"));
        assert!(said("--leave-faults local").contains("without a command"));
        for right in ["--parameter A=b", "local --time-scale 2", "--stack s --region r", "order --stack s --region r"] {
            assert_eq!(said(right), "", "{right}");
        }
    }
}
