//! `eventflow-tui events`: follows the events.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Args;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Target;
use crate::{
    app::{FeedState, Message},
    cloud::follow,
    observe::{EventRecord, Observation},
    terminal::watch_signals,
};

/// Options of `events`.
#[derive(Debug, Args)]
pub(super) struct Events {
    /// Print each event's whole envelope as a line of JSON
    #[arg(long)]
    json: bool,
}

impl Events {
    pub(super) async fn run(self, target: &Target) -> Result<()> {
        let told = |observation: Observation| match observation {
            Observation::Event(event) if self.json => Some(event.envelope.to_string()),
            Observation::Event(event) => Some(line(&event)),
            _ => None,
        };
        watch(target, told).await
    }
}

fn line(event: &EventRecord) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let order = text(&event.order_id);
    format!(
        "{}  {:<18} {order}  {} × {}",
        event.time,
        event.detail_type,
        event.quantity.unwrap_or(0),
        text(&event.product_id)
    )
}

/// Prints what `told` makes of each observation, until a signal comes.
pub(super) async fn watch(target: &Target, told: impl Fn(Observation) -> Option<String>) -> Result<()> {
    let (_, reach) = target.reach().await?;
    let stop = CancellationToken::new();
    watch_signals(stop.clone())?;
    let (messages, mut received) = mpsc::channel(1024);
    let ending = stop.clone();
    tokio::spawn(async move { follow(reach.connection, &reach.resources, messages, ending).await });
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            message = received.recv() => message,
        };
        match message {
            None => return Ok(()),
            Some(Message::Feed(FeedState::Lost(why))) => bail!("the live tail broke off: {why}"),
            Some(Message::Observed(observations)) => {
                let mut out = std::io::stdout().lock();
                for line in observations.into_iter().filter_map(&told) {
                    writeln!(out, "{line}")?;
                }
                out.flush()?;
            }
            Some(_) => {}
        }
    }
}
