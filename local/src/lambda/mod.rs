//! The embedded Lambda: runs functions as operating-system processes over the real Lambda Runtime API.
//!
//! A function has a pool of execution environments, each one process with a Runtime API of its own, and an asynchronous
//! queue with Lambda's retries, event age and destinations. [`Lambda`] is the service: its REST API ([`Lambda::handle`])
//! and, for the other services of the embedded cloud, plain calls.

mod api;
pub mod async_queue;
mod deployed;
mod lines;
mod log;
mod outcome;
mod output;
mod platform;
mod pool;
mod programs;
mod runtime_api;
mod sandbox;
mod variables;
mod worker;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use futures::future::join_all;
use tokio_util::sync::CancellationToken;

pub use self::{
    api::error_response,
    deployed::LambdaOptions,
    log::{LogLine, LogSink},
    outcome::{InvokeResult, RequestId},
    pool::{ProcessInfo, ProcessState},
    programs::FunctionPrograms,
};
use self::{
    deployed::{Deployed, Deployer},
    pool::Refusal,
};
use crate::{
    aws::{Call, Clock, Deliver, Reply, ServiceError, limits::lambda as limits},
    stack::{Function, Permission},
};

/// A function to run.
#[derive(Debug, Clone)]
pub struct FunctionSetup {
    /// The function, as the template describes it.
    pub spec: Function,
    /// The credentials it calls AWS APIs with, under their variable names: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    pub credentials: BTreeMap<String, String>,
}

/// What is going on in a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionStatus {
    /// Invocations that run or wait for an environment: the function's concurrency in use.
    pub in_flight: u32,
    /// Asynchronous events that are neither done nor given up, those in flight included.
    pub backlog: usize,
    /// Its reserved concurrency.
    pub reserved_concurrency: Option<u32>,
    /// Its processes.
    pub processes: Vec<ProcessInfo>,
}

/// The embedded Lambda service. Clones share one service.
#[derive(Debug, Clone)]
pub struct Lambda {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    deployer: Deployer,
    /// In template order, those that came later at the end.
    functions: RwLock<Vec<Arc<Deployed>>>,
    /// The statements of their resource-based policies.
    permissions: RwLock<Vec<Permission>>,
    /// Serializes changes of reservations, whose sum is limited.
    reservations: std::sync::Mutex<()>,
}

/// What all functions are given.
#[derive(Debug, Clone)]
pub struct LambdaServices {
    /// Time for retries and idling.
    pub clock: Clock,
    /// The way to destinations.
    pub deliver: Arc<dyn Deliver>,
    /// Where logs go.
    pub logs: Arc<dyn LogSink>,
    /// Where functions find AWS APIs.
    pub endpoint_url: String,
    /// Ends everything when it is cancelled; then await [`Lambda::stopped`].
    pub cancel: CancellationToken,
}

impl Lambda {
    /// Deploys functions. No process starts before a function's first invocation, but the reaper, when the programs have one.
    /// Must be called within a Tokio runtime.
    pub fn start(
        functions: Vec<FunctionSetup>,
        programs: FunctionPrograms,
        options: &LambdaOptions,
        services: &LambdaServices,
    ) -> Self {
        let deployer = Deployer::new(programs, options.clone(), services.clone());
        let shared = Shared {
            deployer,
            functions: RwLock::default(),
            permissions: RwLock::default(),
            reservations: std::sync::Mutex::new(()),
        };
        let lambda = Self { shared: Arc::new(shared) };
        functions.into_iter().for_each(|function| lambda.add(function));
        lambda
    }

    /// Deploys one more function. Must be called within a Tokio runtime.
    pub fn add(&self, function: FunctionSetup) {
        let deployed = Arc::new(self.shared.deployer.deploy(function));
        self.shared.functions.write().unwrap_or_else(PoisonError::into_inner).push(deployed);
    }

    /// Deletes a function, by its name. Its processes are ended and its events are given up, those in flight included;
    /// done when all are gone. A function that is not there is as well as deleted.
    pub async fn remove(&self, function: &str) {
        let removed: Vec<Arc<Deployed>> = {
            let mut functions = self.shared.functions.write().unwrap_or_else(PoisonError::into_inner);
            functions.extract_if(.., |deployed| deployed.function().name == function).collect()
        };
        join_all(removed.iter().map(|deployed| deployed.end())).await;
    }

    /// Adds a statement to the resource-based policy of a function. It is shown, and not enforced.
    pub fn permit(&self, permission: Permission) {
        self.shared.permissions.write().unwrap_or_else(PoisonError::into_inner).push(permission);
    }

    /// Takes a statement out of the resource-based policy that holds it, by its id.
    pub fn forbid(&self, id: &str) {
        self.shared.permissions.write().unwrap_or_else(PoisonError::into_inner).retain(|one| one.id != id);
    }

    /// Answers a call of Lambda's REST API.
    ///
    /// # Errors
    /// As Lambda answers them; [`error_response`] renders them.
    pub async fn handle(&self, call: Call) -> Result<Reply, ServiceError> {
        api::handle(self, call).await
    }

    /// Invokes a function, by name or ARN, and waits for its answer.
    ///
    /// # Errors
    /// When the function was not run: `ResourceNotFoundException`, `TooManyRequestsException`, `RequestTooLargeException`,
    /// `InvalidRequestContentException`. An error of the function itself is in the result.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<InvokeResult, ServiceError> {
        self.invoke_with(function, payload, request_id(), false).await
    }

    async fn invoke_with(
        &self,
        function: &str,
        payload: Bytes,
        request_id: RequestId,
        with_tail: bool,
    ) -> Result<InvokeResult, ServiceError> {
        let deployed = self.find(function)?;
        let payload = api::check_payload(payload, limits::SYNCHRONOUS_PAYLOAD)?;
        deployed.pool.run(request_id, payload, with_tail).await.map_err(|refusal| match refusal {
            Refusal::Throttled | Refusal::ZeroConcurrency => api::too_many_requests(),
            Refusal::Stopping => ServiceError::new(
                500,
                "ServiceException",
                "The function was deleted, or the embedded cloud is shutting down.",
            ),
        })
    }

    /// Queues an event for a function, by name or ARN. It is done once the event is queued.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `RequestTooLargeException`, `InvalidRequestContentException`.
    pub fn invoke_async(&self, function: &str, payload: Bytes) -> Result<RequestId, ServiceError> {
        self.invoke_async_with(function, payload, request_id())
    }

    fn invoke_async_with(&self, function: &str, payload: Bytes, id: RequestId) -> Result<RequestId, ServiceError> {
        let deployed = self.find(function)?;
        let payload = api::check_payload(payload, limits::ASYNCHRONOUS_PAYLOAD)?;
        deployed.queue.push(id.clone(), payload);
        Ok(id)
    }

    /// The processes of a function, oldest first; none when there is no such function.
    pub fn processes(&self, function: &str) -> Vec<ProcessInfo> {
        self.find(function).map(|deployed| deployed.pool.processes()).unwrap_or_default()
    }

    /// Kills the processes of a function, by SIGKILL, and says how many there were.
    pub fn kill(&self, function: &str) -> usize {
        let processes = self.processes(function);
        processes.iter().for_each(|process| crate::process::kill_group(process.pid));
        processes.len()
    }

    /// What is going on in a function.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn status(&self, function: &str) -> Result<FunctionStatus, ServiceError> {
        let deployed = self.find(function)?;
        Ok(FunctionStatus {
            in_flight: deployed.pool.in_flight(),
            backlog: deployed.queue.backlog(),
            reserved_concurrency: deployed.pool.reserved(),
            processes: deployed.pool.processes(),
        })
    }

    /// Waits until all processes are gone. Returns only after the services' token was cancelled.
    pub async fn stopped(&self) {
        self.shared.deployer.cancel().cancelled().await;
        let functions = self.deployed();
        join_all(functions.iter().map(|deployed| deployed.gone())).await;
    }

    /// All functions as they are now.
    fn deployed(&self) -> Vec<Arc<Deployed>> {
        self.shared.functions.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Finds a function by name, partial ARN (`account:function:name`) or ARN, `$LATEST` allowed.
    fn find(&self, reference: &str) -> Result<Arc<Deployed>, ServiceError> {
        let reference = reference.strip_suffix(":$LATEST").unwrap_or(reference);
        let matches = |deployed: &&Arc<Deployed>| {
            let function = deployed.function();
            reference == function.name
                || reference == &*deployed.pool.runtime.arn_text
                || reference == format!("{}:function:{}", function.arn.account, function.name)
        };
        let functions = self.shared.functions.read().unwrap_or_else(PoisonError::into_inner);
        functions.iter().find(matches).cloned().ok_or_else(|| {
            ServiceError::new(404, "ResourceNotFoundException", format!("Function not found: {reference}"))
        })
    }
}

fn request_id() -> RequestId {
    uuid::Uuid::new_v4().to_string()
}
