//! Starting a function, and what surrounds each invocation: log fields, injected faults, errors.

use std::{
    future::Future,
    rc::Rc,
    time::{Duration, SystemTime},
};

use lambda_runtime::{Context, Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use tracing::Instrument;

use crate::{
    Clients, Error, FaultMode, FaultTable, Faults,
    environment::{self, EnvironmentError},
    log,
};

/// A function of the system.
pub trait Function: Sized + 'static {
    /// What it is invoked with.
    type Input: DeserializeOwned + 'static;
    /// What it answers.
    type Output: Serialize + 'static;

    /// Makes it from the environment that the template gives it. Once per process.
    ///
    /// # Errors
    /// When a variable is missing or wrong.
    fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError>;

    /// Says in the log what an invocation is about, before anything can go wrong with it: see [`note_event_in`].
    ///
    /// [`note_event_in`]: crate::note_event_in
    fn note(_input: &Self::Input) {}

    /// Handles one invocation. May be called again for the same input.
    fn handle(&self, input: Self::Input, invocation: &Invocation) -> impl Future<Output = Result<Self::Output, Error>>;
}

/// What a function knows of the invocation it handles.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id of it, the same over all retries of one event.
    pub request_id: String,
    /// When Lambda ends it.
    pub deadline: SystemTime,
    /// The faults that strike it. Those that are not for the handler to act out have been acted out.
    pub faults: Faults,
}

impl Invocation {
    /// An invocation without faults and with time enough.
    pub fn plain(request_id: impl Into<String>) -> Self {
        let deadline = SystemTime::now() + Duration::from_secs(30);
        Self { request_id: request_id.into(), deadline, faults: Faults::default() }
    }

    /// Aborts the process when the fault `publish` strikes. Called between a write and the publication of it.
    pub fn crash_before_publish(&self) {
        if self.faults.has(FaultMode::Publish) {
            crash("after the write and before the publication");
        }
    }
}

/// What became of an event, as a function that consumes events answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Consumed {
    /// In a word: `paid`, `declined`, `ignored`.
    pub outcome: &'static str,
}

/// Runs a function until Lambda ends the process. Starts its own single-threaded runtime: Lambda gives a process one
/// invocation at a time, and threads would only make the start longer.
///
/// # Errors
/// When the environment lacks something. The error is logged as well.
pub fn start<F: Function>() -> Result<(), lambda_runtime::Error> {
    let name = environment::optional("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    log::install(&name);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve::<F>(name)).inspect_err(|error| tracing::error!(outcome = "init", "{error}"))
}

async fn serve<F: Function>(name: String) -> Result<(), lambda_runtime::Error> {
    // The runtime crate panics without them; an error says more.
    for variable in [
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    ] {
        environment::required(variable)?;
    }
    let clients = Clients::from_environment()?;
    let faults = FaultTable::from_environment(&clients, &name);
    let shared = Rc::new((F::from_environment(&clients)?, faults, name));
    let handler = service_fn(move |event: LambdaEvent<F::Input>| {
        let shared = Rc::clone(&shared);
        let span = log::invocation_span(&event.context.request_id);
        async move {
            let (function, faults, name) = shared.as_ref();
            invoke(function, faults, name, event).await
        }
        .instrument(span)
    });
    Runtime::new(handler).run().await
}

async fn invoke<F: Function>(
    function: &F,
    faults: &FaultTable,
    name: &str,
    event: LambdaEvent<F::Input>,
) -> Result<F::Output, Diagnostic> {
    let (input, context) = event.into_parts();
    let invocation = invocation(context, faults.strike().await);
    F::note(&input);
    let handled = match act_out(name, &invocation).await {
        Ok(()) => function.handle(input, &invocation).await,
        Err(error) => Err(error),
    };
    handled.map_err(|error| {
        tracing::error!(outcome = "error", errorType = error.name(), "{error}");
        Diagnostic::from(error)
    })
}

fn invocation(context: Context, faults: Faults) -> Invocation {
    Invocation { deadline: context.deadline(), request_id: context.request_id, faults }
}

/// Acts out the faults that strike before the handler.
async fn act_out(function: &str, invocation: &Invocation) -> Result<(), Error> {
    let faults = &invocation.faults;
    if !faults.latency().is_zero() {
        tokio::time::sleep(faults.latency()).await;
    }
    if faults.has(FaultMode::Timeout) {
        tracing::warn!("an injected fault holds this invocation until its time-out");
        let left = invocation.deadline.duration_since(SystemTime::now()).unwrap_or_default();
        // Lambda ends the process at the deadline. A second more is enough for it to be certain.
        tokio::time::sleep(left + Duration::from_secs(1)).await;
        return Err(injected(function, FaultMode::Timeout));
    }
    if faults.has(FaultMode::Crash) {
        crash("before the handler");
    }
    if faults.has(FaultMode::Error) {
        return Err(injected(function, FaultMode::Error));
    }
    Ok(())
}

fn injected(function: &str, mode: FaultMode) -> Error {
    Error::Injected { function: function.to_owned(), mode: mode.as_str().to_owned() }
}

fn crash(when: &str) -> ! {
    tracing::error!(outcome = "crash", "an injected fault aborts the process {when}");
    std::process::abort()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn an_injected_error_fails_the_invocation_and_names_the_row_to_remove() {
        let invocation = Invocation { faults: Faults::certain(&[FaultMode::Error]), ..Invocation::plain("req-1") };
        let diagnostic = Diagnostic::from(act_out("processPayment", &invocation).await.unwrap_err());
        assert_eq!(diagnostic.error_type, "InjectedFault");
        assert!(diagnostic.error_message.contains("processPayment") && diagnostic.error_message.contains("'error'"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_out_sleeps_past_the_deadline() {
        let invocation = Invocation { faults: Faults::certain(&[FaultMode::Timeout]), ..Invocation::plain("req-1") };
        let start = tokio::time::Instant::now();
        assert!(act_out("processPayment", &invocation).await.is_err());
        assert!(start.elapsed() > Duration::from_secs(30));
    }

    #[tokio::test]
    async fn the_faults_of_handlers_are_left_to_them() {
        let faults = Faults::certain(&[FaultMode::Decline, FaultMode::OutOfStock, FaultMode::Publish]);
        assert!(act_out("f", &Invocation { faults, ..Invocation::plain("req-1") }).await.is_ok());
    }
}
