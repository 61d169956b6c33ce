//! `eventflow-tui events`: follows the events.

use std::{io::Write, sync::Arc};

use anyhow::Result;
use clap::Args;
use tokio::sync::{mpsc, watch};
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
            Observation::Event(event) if self.json => Some(printable(&event.envelope.to_string())),
            Observation::Event(event) => Some(line(&event)),
            _ => None,
        };
        print(target, told).await
    }
}

/// The same JSON, with what could command a terminal written as `\\uXXXX`. JSON has such characters only within texts.
pub(super) fn printable(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        let mut units = [0; 2];
        match character {
            harmless if !commands_a_terminal(harmless) => text.push(harmless),
            other => text.extend(other.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    text
}

/// Control characters, and those that turn the direction of writing.
fn commands_a_terminal(character: char) -> bool {
    let turns =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || character.is_control()
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
pub(super) async fn print(target: &Target, told: impl Fn(Observation) -> Option<String>) -> Result<()> {
    let (_, reach) = target.reach().await?;
    let stop = CancellationToken::new();
    watch_signals(stop.clone())?;
    let (messages, mut received) = mpsc::channel(1024);
    let ending = stop.clone();
    let (_stage, watched) = watch::channel(Arc::new(reach));
    tokio::spawn(follow(watched, messages, ending));
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            message = received.recv() => message,
        };
        match message {
            None => return Ok(()),
            // It is tried again by itself.
            Some(Message::Feed(FeedState::Lost(why))) => writeln!(std::io::stderr(), "the live tail broke off: {why}")?,
            Some(Message::Dropped(count)) => writeln!(std::io::stderr(), "at least {count} lines were left out")?,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_json_commands_no_terminal_and_says_the_same() {
        let hostile = serde_json::json!({ "text": "a\u{9b}2J\u{202e}é" });
        let shown = printable(&hostile.to_string());
        assert_eq!(shown, "{\"text\":\"a\\u009b2J\\u202eé\"}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), hostile);
    }
}
