//! `eventflow-tui faults`: what is broken on purpose, breaking it, and putting it back.

use std::{io::Write, time::Duration};

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Target;
use crate::{
    app::{ActiveFault, Fault, FaultKind, FaultSetting, System, faults as kinds},
    cloud::{Reach, faults, state},
};

/// Options of `faults`.
#[derive(Debug, Args)]
pub(super) struct Faults {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the faults that are on
    List,
    /// Break a function
    Set(Set),
    /// Undo one fault, or all of them, and put back what they changed
    Clear {
        /// The function: processPayment; without it everything is undone
        #[arg(requires = "kind")]
        function: Option<String>,
        /// The kind of fault
        #[arg(value_parser = kind)]
        kind: Option<FaultKind>,
    },
}

#[derive(Debug, Args)]
struct Set {
    /// The function: processPayment
    function: String,
    /// decline, out-of-stock, drain, error, crash, latency, timeout, publish, throttle, halt or disconnect
    #[arg(value_parser = kind)]
    kind: FaultKind,
    /// In which share of the invocations, 0 to 1
    #[arg(long, default_value_t = 1.0, value_parser = rate)]
    rate: f64,
    /// After how long it ends by itself
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = kinds::span)]
    lasts: Duration,
    /// By how much latency and throttle delay each invocation
    #[arg(long, value_name = "TIME", default_value = "1500ms", value_parser = kinds::span)]
    latency: Duration,
}

fn kind(text: &str) -> Result<FaultKind, String> {
    kinds::by_word(text).ok_or_else(|| format!("it must be one of {}", kinds::words()))
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate)).ok_or_else(|| "it must be from 0 to 1".to_owned())
}

impl Faults {
    pub(super) async fn run(self, target: &Target) -> Result<()> {
        let (system, reach) = target.reach().await?;
        match self.what {
            None | Some(What::List) => {}
            Some(What::Set(set)) => {
                let setting = FaultSetting { rate: set.rate, lasts: set.lasts, latency: set.latency };
                let fault = Fault { function: set.function, kind: set.kind };
                possible(&system, &fault)?;
                faults::set(&reach, &fault, &setting).await?;
            }
            Some(What::Clear { function: Some(function), kind: Some(kind) }) => {
                let fault = Fault { function, kind };
                possible(&system, &fault)?;
                faults::unset(&reach, &fault).await?;
            }
            Some(What::Clear { .. }) => {
                faults::clear(&reach).await?;
            }
        }
        list(&reach, self.json).await
    }
}

/// Whether the stack allows it, and the function can have it.
fn possible(system: &System, fault: &Fault) -> Result<()> {
    ensure!(
        system.fault_injection,
        "the stack {} was deployed with FaultInjection off; deploy it with FaultInjection=on to break it",
        system.stack
    );
    let names: Vec<_> = system.functions.iter().map(|function| function.name.as_str()).collect();
    let known = system.functions.iter().find(|function| function.name == fault.function);
    ensure!(known.is_some(), "there is no function {}; there are {}", fault.function, names.join(", "));
    let applies = known.is_some_and(|function| kinds::applies(fault.kind, &function.name, &function.role));
    ensure!(applies, "{} cannot have the fault {}", fault.function, kinds::word(fault.kind));
    Ok(())
}

async fn list(reach: &Reach, as_json: bool) -> Result<()> {
    let states = state::services(reach).await?;
    let faults = states.iter().flat_map(|state| state.faults.iter().map(|fault| (state.function.as_str(), fault)));
    let mut out = std::io::stdout().lock();
    if as_json {
        let faults: Vec<Value> = faults.map(|(function, fault)| as_value(function, fault)).collect();
        writeln!(out, "{}", Value::from(faults))?;
        return Ok(());
    }
    let mut none = true;
    for (function, fault) in faults {
        none = false;
        writeln!(out, "{}", sentence(function, fault))?;
    }
    if none {
        writeln!(out, "no fault is on")?;
    }
    Ok(())
}

fn as_value(function: &str, fault: &ActiveFault) -> Value {
    json!({
        "function": function,
        "kind": kinds::word(fault.kind),
        "rate": fault.rate,
        "latencyMs": u64::try_from(fault.latency.as_millis()).unwrap_or(u64::MAX),
        "secondsLeft": fault.left.map(|left| left.as_secs()),
    })
}

fn sentence(function: &str, fault: &ActiveFault) -> String {
    let mut text = format!("{function}  {}  {}", kinds::word(fault.kind), kinds::title(fault.kind));
    if kinds::has_rate(fault.kind) {
        text.push_str(&format!("  {:.0}%", fault.rate * 100.0));
    }
    if kinds::has_latency(fault.kind) {
        text.push_str(&format!("  {} ms", fault.latency.as_millis()));
    }
    match fault.left {
        Some(left) => text.push_str(&format!("  {} s left", left.as_secs())),
        None => text.push_str("  until it is cleared by name: it was not set from here"),
    }
    text
}
