//! `eventflow-tui logs FUNCTION`: what a function logged, and what it logs.

use std::io::Write;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::{Target, events::watch};
use crate::{
    app::clean,
    observe::{LogRecord, Observation},
};

/// Options of `logs`.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// The function's name: processPayment
    function: String,
    /// Follow the log
    #[arg(long)]
    tail: bool,
    /// How far back to look: 30s, 10m, 2h
    #[arg(long, default_value = "10m", value_parser = duration)]
    since: SignedDuration,
    /// Print lines as they were written
    #[arg(long)]
    json: bool,
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let duration: SignedDuration = text.parse().map_err(|_| "must be like 30s, 10m or 2h".to_owned())?;
    if duration.is_negative() { Err("must not be negative".to_owned()) } else { Ok(duration) }
}

impl Logs {
    pub(super) async fn run(self, target: &Target) -> Result<()> {
        let (system, reach) = target.reach().await?;
        let names = || system.functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>().join(", ");
        let known = reach.resources.functions.iter().find(|function| function.name == self.function);
        let group =
            &known.with_context(|| format!("there is no function {}; there are {}", self.function, names()))?.log_group;
        let since = (Timestamp::now() - self.since).as_millisecond();
        let mut pages =
            reach.connection.logs.filter_log_events().log_group_name(group).start_time(since).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| anyhow!("cannot read the log group {group}: {error}"))?;
            let mut out = std::io::stdout().lock();
            for event in page.events() {
                writeln!(out, "{}", clean(event.message().unwrap_or_default().trim_end()))?;
            }
        }
        if !self.tail {
            return Ok(());
        }
        let told = |observation: Observation| match observation {
            Observation::Log(log) if log.function == self.function => Some(line(&log)),
            _ => None,
        };
        watch(target, told).await
    }
}

fn line(log: &LogRecord) -> String {
    let named = |name: &str, value: &Option<String>| {
        value.as_ref().map_or_else(String::new, |value| format!("  {name}={value}"))
    };
    format!(
        "{}  {:<5} {}{}{}",
        log.at,
        log.level,
        log.message,
        named("orderId", &log.order_id),
        named("outcome", &log.outcome)
    )
}
