//! `eventflow-tui timeline`: what happened to an order, across the services.

use std::{io::Write, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};

use super::Target;
use crate::{
    app::{Entry, EntryKind, Facet, Timeline as Told},
    cloud::{Store, timeline},
    observe::InvocationStatus,
};

/// Options of `timeline`.
#[derive(Debug, Args)]
pub(super) struct Timeline {
    /// The order's id
    order: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Timeline {
    pub(super) async fn run(self, target: &Target) -> Result<()> {
        let (_, reach) = target.reach().await?;
        let found = Store(&reach).orders(std::slice::from_ref(&self.order)).await?;
        let order = found.first().with_context(|| format!("there is no order {}", self.order))?;
        let told = timeline::read(&reach, &self.order, order.created_at).await?;
        let mut out = std::io::stdout().lock();
        if self.json {
            let entries: Vec<Value> = told.entries.iter().map(as_value).collect();
            writeln!(out, "{}", json!({ "orderId": self.order, "status": order.status(), "entries": entries }))?;
            return Ok(());
        }
        writeln!(out, "{}  {} × {}  {}", order.order_id, order.quantity, order.product_id, order.status())?;
        for entry in &told.entries {
            writeln!(out, "{}", line(&told, entry))?;
        }
        Ok(())
    }
}

fn as_value(entry: &Entry) -> Value {
    let mut value = match &entry.kind {
        EntryKind::Event { detail_type, reason } => json!({ "event": detail_type, "reason": reason }),
        EntryKind::Attempt { number, trigger, waited, end } => json!({
            "attempt": number,
            "trigger": trigger,
            "waitedMs": waited.map(milliseconds),
            "end": end.as_ref().map(|end| json!({
                "status": status(end.status),
                "durationMs": milliseconds(end.duration),
                "initMs": end.init.map(milliseconds),
                "errorType": end.error_type,
            })),
        }),
        EntryKind::Change { facet, status } => json!({
            "change": facet_name(*facet),
            "compensation": facet.is_compensation(),
            "orderStatus": status,
        }),
        EntryKind::Log { level, message, outcome } => {
            json!({ "level": level, "message": message, "outcome": outcome })
        }
    };
    value["at"] = json!(entry.at);
    value["lane"] = json!(entry.lane);
    value
}

fn line(told: &Told, entry: &Entry) -> String {
    let began = told.began().unwrap_or(entry.at);
    let after = entry.at.duration_since(began).as_secs_f64() * 1e3;
    let what = match &entry.kind {
        EntryKind::Event { detail_type, reason } => {
            format!("» {detail_type}{}", reason.as_ref().map_or_else(String::new, |reason| format!("  {reason}")))
        }
        EntryKind::Attempt { number, trigger, waited, end } => {
            let trigger = trigger.as_ref().map_or_else(String::new, |trigger| format!(" for {trigger}"));
            let waited =
                waited.map_or_else(String::new, |waited| format!("  after a wait of {:.1} ms", milliseconds(waited)));
            match end {
                None => format!("▶ attempt {number}{trigger} runs{waited}"),
                Some(end) => {
                    let error = end.error_type.as_deref().unwrap_or_default();
                    format!(
                        "▶ attempt {number}{trigger} {} in {:.1} ms{waited}  {error}",
                        status(end.status),
                        milliseconds(end.duration)
                    )
                }
            }
        }
        EntryKind::Change { facet, status } => {
            let sign = if facet.is_compensation() { "↩" } else { "◆" };
            format!("{sign} {}  → the order is {status}", facet_name(*facet))
        }
        EntryKind::Log { level, message, outcome } => {
            format!("  {level} {} {message}", outcome.as_deref().unwrap_or_default())
        }
    };
    format!("{after:>+10.1} ms  {:<20}  {}", entry.lane, what.trim_end())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn status(status: InvocationStatus) -> &'static str {
    match status {
        InvocationStatus::Success => "success",
        InvocationStatus::Error => "error",
        InvocationStatus::Failure => "failure",
        InvocationStatus::Timeout => "timeout",
    }
}

fn facet_name(facet: Facet) -> String {
    match facet {
        Facet::Payment(status) => {
            format!("payment {}", serde_json::to_value(status).unwrap_or_default().as_str().unwrap_or_default())
        }
        Facet::Inventory(status) => {
            format!("inventory {}", serde_json::to_value(status).unwrap_or_default().as_str().unwrap_or_default())
        }
    }
}
