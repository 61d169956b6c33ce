//! The faults table, read at most once a second, and never in the way of the service.

use std::{sync::Mutex, time::Duration};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    Clients, Fault, Faults, Item, RowError,
    environment::{self, FAULTS_TABLE},
    error::StoreError,
};

/// How long what was read holds.
const CACHED_FOR: Duration = Duration::from_secs(1);
/// How long a read may hold up an invocation.
const READ_TIMEOUT: Duration = Duration::from_millis(500);

/// The faults of one function.
#[derive(Debug)]
pub struct FaultTable {
    source: Option<Source>,
    cached: Mutex<Option<(Instant, Vec<Fault>)>>,
}

#[derive(Debug)]
struct Source {
    client: Client,
    table: String,
    function: String,
}

impl FaultTable {
    /// No faults at all: what a function without a faults table has.
    pub fn off() -> Self {
        Self { source: None, cached: Mutex::new(None) }
    }

    /// The faults of `function` in `table`.
    pub fn new(client: Client, table: impl Into<String>, function: impl Into<String>) -> Self {
        let source = Source { client, table: table.into(), function: function.into() };
        Self { source: Some(source), cached: Mutex::new(None) }
    }

    /// The faults of the running function, off when the environment names no table.
    pub fn from_environment(clients: &Clients, function: &str) -> Self {
        environment::optional(FAULTS_TABLE)
            .map_or_else(Self::off, |table| Self::new(clients.dynamodb.clone(), table, function))
    }

    /// The faults that strike an invocation that begins now.
    ///
    /// A table that cannot be read means no faults, and a warning: a tool for breaking things on purpose must not break
    /// them by accident.
    pub async fn strike(&self) -> Faults {
        let Some(source) = &self.source else { return Faults::default() };
        if let Some(faults) = self.fresh() {
            return Faults::roll(&faults, Timestamp::now(), fastrand::f64);
        }
        let faults = match tokio::time::timeout(READ_TIMEOUT, source.read()).await {
            Ok(Ok(faults)) => faults,
            Ok(Err(error)) => {
                tracing::warn!("no faults are injected: {error}");
                Vec::new()
            }
            Err(_) => {
                tracing::warn!("no faults are injected: reading the table {} took too long", source.table);
                Vec::new()
            }
        };
        let struck = Faults::roll(&faults, Timestamp::now(), fastrand::f64);
        if let Ok(mut cached) = self.cached.lock() {
            *cached = Some((Instant::now(), faults));
        }
        struck
    }

    fn fresh(&self) -> Option<Vec<Fault>> {
        let cached = self.cached.lock().ok()?;
        let (read, faults) = cached.as_ref()?;
        (read.elapsed() < CACHED_FOR).then(|| faults.clone())
    }
}

impl Source {
    async fn read(&self) -> Result<Vec<Fault>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            // A fault that was just cleared must not strike once more.
            .consistent_read(true)
            .key_condition_expression("functionName = :function")
            .expression_attribute_values(":function", AttributeValue::S(self.function.clone()))
            .send()
            .await
            .map_err(|error| {
                StoreError::of(format!("reading the faults of {} from", self.function), &self.table, &error)
            })?;
        // A row that is not understood is left out, the others count.
        let read = |item: &Item| {
            fault_from_item(item).inspect_err(|error| tracing::warn!("a fault is left out: {error}")).ok()
        };
        Ok(answer.items().iter().filter_map(read).collect())
    }
}

fn fault_from_item(item: &Item) -> Result<Fault, RowError> {
    let row = crate::item::Reader::new("faults", item);
    let rate: f64 = row.optional_number("rate")?.unwrap_or(1.0);
    let latency: u64 = row.optional_number("latencyMs")?.unwrap_or(0);
    let expires_at: Option<i64> = row.optional_number("expiresAt")?;
    Ok(Fault {
        mode: row.parsed("mode")?,
        // A rate that is no number never strikes.
        rate: if rate.is_nan() { 0.0 } else { rate.clamp(0.0, 1.0) },
        latency: Duration::from_millis(latency),
        expires_at: expires_at
            .map(|seconds| Timestamp::from_second(seconds).map_err(|error| row.error("expiresAt", error)))
            .transpose()?,
    })
}
