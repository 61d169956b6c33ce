//! restoreAfterFaults, every minute: puts back what faults changed on the cloud and nobody else put back.

use aws_sdk_lambda::Client as Lambda;
use eventflow_kit::{
    Clients, Error, Function, Invocation,
    environment::{self, EnvironmentError},
    sdk_config,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::Journal;

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Things put back.
    pub restored: usize,
    /// Things whose time has not come.
    pub waiting: usize,
}

/// The function.
#[derive(Debug)]
pub struct RestoreAfterFaults {
    journal: Journal,
}

impl RestoreAfterFaults {
    /// With that journal.
    pub fn new(journal: Journal) -> Self {
        Self { journal }
    }

    /// Puts back what is due at `now`. One thing that cannot be put back keeps none of the others from it.
    ///
    /// # Errors
    /// The first that could not be put back; the next run tries it again.
    pub async fn run(&self, now: Timestamp) -> Result<Restored, Error> {
        let open = self.journal.open().await.map_err(control)?;
        let (due, waiting): (Vec<_>, Vec<_>) = open.into_iter().partition(|restoration| restoration.is_due(now));
        let mut failure = None;
        let mut restored = 0;
        for restoration in &due {
            match self.journal.restore(restoration).await {
                Ok(()) => {
                    restored += 1;
                    tracing::warn!(outcome = "restored", what = restoration.change.key(), "a fault ran out");
                }
                Err(error) => {
                    tracing::error!(outcome = "notRestored", what = restoration.change.key(), "{error}");
                    failure.get_or_insert(error);
                }
            }
        }
        match failure {
            None => Ok(Restored { restored, waiting: waiting.len() }),
            Some(error) => Err(control(error)),
        }
    }
}

fn control(error: crate::JournalError) -> Error {
    Error::Control { action: error.action, problem: error.problem }
}

impl Function for RestoreAfterFaults {
    /// The scheduled event; nothing in it matters.
    type Input = Value;
    type Output = Restored;

    fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        Ok(Self::new(Journal {
            dynamodb: clients.dynamodb.clone(),
            eventbridge: clients.eventbridge.clone(),
            lambda: Lambda::new(&sdk_config("LAMBDA")?),
            faults_table: environment::required("FAULTS_TABLE")?,
            inventory_table: environment::required("INVENTORY_TABLE")?,
        }))
    }

    async fn handle(&self, _: Value, _: &Invocation) -> Result<Restored, Error> {
        self.run(Timestamp::now()).await
    }
}

/// The binary's `main`.
///
/// # Errors
/// When the environment lacks something.
pub fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_kit::start::<RestoreAfterFaults>()
}
