//! `eventflow-tui logs FUNCTION`: what a function logged, and what it logs.

use std::{collections::HashMap, io::Write};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::{
    Target,
    events::{print, printable},
};
use crate::{
    cloud::cause,
    observe::{GroupNames, LogRecord, Observation, observe},
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
    /// Print JSON: the lines as they were written, Lambda's own included
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
        let names_of_groups = GroupNames {
            events: reach.resources.event_log_group.clone(),
            functions: HashMap::from([(group.clone(), self.function.clone())]),
        };
        let since = (Timestamp::now() - self.since).as_millisecond();
        let mut pages =
            reach.connection.logs.filter_log_events().log_group_name(group).start_time(since).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| anyhow!("cannot read the log group {group}: {}", cause(&error)))?;
            let mut out = std::io::stdout().lock();
            for event in page.events() {
                let message = event.message().unwrap_or_default().trim_end();
                let time = event.timestamp().unwrap_or_default();
                match observe(group, message, time, &names_of_groups) {
                    _ if self.json => writeln!(out, "{}", printable(message))?,
                    Some(Observation::Log(log)) => writeln!(out, "{}", line(&log))?,
                    _ => {}
                }
            }
        }
        if !self.tail {
            return Ok(());
        }
        let told = |observation: Observation| match observation {
            Observation::Log(log) if log.function == self.function => {
                Some(if self.json { json(&log) } else { line(&log) })
            }
            _ => None,
        };
        print(target, told).await
    }
}

fn json(log: &LogRecord) -> String {
    let LogRecord { function, request_id, at, level, message, order_id, event_id, outcome } = log;
    let fields = serde_json::json!({
        "timestamp": at, "level": level, "message": message, "function": function, "requestId": request_id,
        "orderId": order_id, "eventId": event_id, "outcome": outcome,
    });
    printable(&fields.to_string())
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
