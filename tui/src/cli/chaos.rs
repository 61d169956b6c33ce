//! `eventflow-tui chaos`: breaks everything at random, heals it, and checks what was promised.

use std::{io::Write, time::Duration};

use anyhow::{Result, bail};
use clap::Args;

use super::{Embedded, Target, embedded};
use crate::{
    app::faults::span,
    chaos::{self, ChaosReport},
};

/// Options of `chaos`.
#[derive(Debug, Args)]
pub(super) struct Chaos {
    /// How many orders to place
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    orders: u32,
    /// What decides which faults, kills and duplicates there are; another one each time when not given
    #[arg(long)]
    seed: Option<u64>,
    /// How long to wait at most until all is quiet again
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = span)]
    patience: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Chaos {
    pub(super) async fn run(self, target: &Target, embedded: &Embedded) -> Result<()> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        let options = chaos::Options { orders: self.orders, seed, patience: self.patience };
        let report = if target.is_given() {
            let (system, reach) = target.reach().await?;
            chaos::run(&system, &reach, &options).await?
        } else {
            let started = embedded::start(embedded, 0).await?;
            let (system, reach) = started.discover().await?;
            let report = chaos::run(&system, &reach, &options).await;
            started.cloud.shutdown().await;
            report?
        };
        let text = if self.json { format!("{}\n", report.json()) } else { told(&report) };
        std::io::stdout().write_all(text.as_bytes())?;
        if !report.violations.is_empty() {
            bail!("{} promises were broken; the seed is {seed}", report.violations.len());
        }
        Ok(())
    }
}

fn told(report: &ChaosReport) -> String {
    let counts = |counts: &mut dyn Iterator<Item = (String, usize)>| {
        counts.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    };
    let rate = report.accepted as f64 / report.placing.as_secs_f64().max(0.001);
    let mut lines = vec![
        format!("seed {}", report.seed),
        format!(
            "{} orders accepted and {} refused in {:.1} s ({rate:.0} a second); quiet {:.1} s later",
            report.accepted,
            report.refused,
            report.placing.as_secs_f64(),
            report.settling.as_secs_f64()
        ),
        format!("orders: {}", counts(&mut report.statuses.iter().map(|(name, count)| (name.clone(), *count)))),
        format!("done: {}", counts(&mut report.disturbances.iter().map(|(name, count)| ((*name).to_owned(), *count)))),
    ];
    for (name, (count, why)) in &report.not_done {
        lines.push(format!("not done: {count} {name}; the first: {why}"));
    }
    for (function, [attempts, failed, crashes, processes]) in &report.functions {
        lines.push(format!(
            "{function:<22} {attempts:>8} attempts, {failed} failed, {crashes} of them by a dead process; {processes} processes started"
        ));
    }
    lines.push(format!(
        "healed: {} events published again, {} dead letters sent again, {} left",
        report.replayed, report.redriven, report.dead_letters
    ));
    match report.violations.as_slice() {
        [] => lines.push("every promise was kept".to_owned()),
        broken => lines.extend(broken.iter().take(50).map(|violation| format!("BROKEN: {violation}"))),
    }
    lines.join("\n") + "\n"
}
