//! `eventflow-tui local`: the embedded cloud alone.

use std::io::Write;

use anyhow::{Context, Result};
use clap::Args;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::{Embedded, embedded};
use crate::terminal::watch_signals;

/// Options of `local`.
#[derive(Debug, Args)]
pub(super) struct Local {
    /// The port of the AWS APIs on 127.0.0.1; 0 takes any that is free. The HTTP API takes the next one
    #[arg(long, default_value_t = 0)]
    port: u16,
}

impl Local {
    pub(super) async fn run(self, options: &Embedded) -> Result<()> {
        let filter = EnvFilter::try_from_env("EVENTFLOW_LOG").unwrap_or_else(|_| EnvFilter::new("warn,dynoxide=error"));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
        let stop = CancellationToken::new();
        watch_signals(stop.clone()).context("cannot watch for signals")?;
        let started = embedded::start(options, self.port).await?;
        let (id, secret) = started.cloud.access_key();
        let lines = [
            ("AWS_ENDPOINT_URL", started.cloud.endpoint_url()),
            ("AWS_REGION", started.cloud.region()),
            ("AWS_DEFAULT_REGION", started.cloud.region()),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            // botocore puts a prefix before the host for Live Tail, which 127.0.0.1 cannot have.
            ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true"),
            ("EVENTFLOW_API_URL", started.cloud.api_url()),
            ("EVENTFLOW_STACK", started.cloud.stack_name()),
        ];
        let text: String = lines.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value))).collect();
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot print the export lines")?;
        drop(out);
        stop.cancelled().await;
        started.cloud.shutdown().await;
        Ok(())
    }
}

/// A word that every shell reads as it is.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}
