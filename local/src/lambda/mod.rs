//! The embedded Lambda: runs functions as operating-system processes over the real Lambda Runtime API.
//!
//! A function has a pool of execution environments, each one process with a Runtime API of its own, and an asynchronous
//! queue with Lambda's retries, event age and destinations. [`Lambda`] is the service: its REST API ([`Lambda::handle`])
//! and, for the other services of the embedded cloud, plain calls.

mod api;
pub mod async_queue;
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

use std::{collections::BTreeMap, num::NonZero, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    api::error_response,
    log::{LogLine, LogSink},
    outcome::{InvokeResult, RequestId},
    pool::{ProcessInfo, ProcessState},
    programs::FunctionPrograms,
};
use self::{
    async_queue::AsyncQueue,
    pool::{FunctionRuntime, Pool, Refusal},
};
use crate::{
    aws::{Call, Clock, Deliver, Reply, ServiceError, limits::lambda as limits},
    process::Reaper,
    stack::Function,
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

/// How environments are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaOptions {
    /// The directory functions run in, `LAMBDA_TASK_ROOT`.
    pub task_root: PathBuf,
    /// Most processes of one function; further invocations wait for one. AWS would start more.
    pub max_environments: usize,
    /// For how much of AWS's time an environment is kept that has nothing to do.
    pub idle: Duration,
}

impl LambdaOptions {
    /// As many processes of a function as the machine has cores, kept for seven minutes.
    pub fn new(task_root: impl Into<PathBuf>) -> Self {
        let max_environments = std::thread::available_parallelism().map_or(2, NonZero::get);
        Self { task_root: task_root.into(), max_environments, idle: limits::IDLE_ENVIRONMENT }
    }
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
    /// In template order.
    functions: Vec<Deployed>,
    tasks: TaskTracker,
    cancel: CancellationToken,
    /// When the functions were deployed: their `LastModified`.
    deployed: jiff::Timestamp,
    /// Serializes changes of reservations, whose sum is limited.
    reservations: std::sync::Mutex<()>,
}

/// A function and all that runs it.
#[derive(Debug)]
struct Deployed {
    pool: Arc<Pool>,
    queue: Arc<AsyncQueue>,
}

impl Deployed {
    fn function(&self) -> &Function {
        &self.pool.runtime.function
    }
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
        let tasks = TaskTracker::new();
        let reaper = start_reaper(&programs);
        let programs = Arc::new(programs);
        let deploy = |setup: FunctionSetup| {
            let pool = Pool::new(FunctionRuntime {
                arn_text: setup.spec.arn.to_string().into(),
                function: setup.spec,
                credentials: setup.credentials,
                endpoint_url: services.endpoint_url.clone(),
                task_root: options.task_root.clone().into(),
                programs: Arc::clone(&programs),
                logs: Arc::clone(&services.logs),
                reaper: reaper.clone(),
                idle: services.clock.real(options.idle),
                max_environments: options.max_environments.max(1),
                cancel: services.cancel.clone(),
                tasks: tasks.clone(),
            });
            let queue = AsyncQueue::new(Arc::clone(&pool), services.clock, Arc::clone(&services.deliver));
            Deployed { pool, queue }
        };
        let functions = functions.into_iter().map(deploy).collect();
        let shared = Shared {
            functions,
            tasks,
            cancel: services.cancel.clone(),
            deployed: jiff::Timestamp::now(),
            reservations: std::sync::Mutex::new(()),
        };
        Self { shared: Arc::new(shared) }
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
            Refusal::Stopping => ServiceError::new(500, "ServiceException", "The embedded cloud is shutting down."),
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
        self.shared.cancel.cancelled().await;
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    /// Finds a function by name, partial ARN (`account:function:name`) or ARN, `$LATEST` allowed.
    fn find(&self, reference: &str) -> Result<&Deployed, ServiceError> {
        let reference = reference.strip_suffix(":$LATEST").unwrap_or(reference);
        let matches = |deployed: &&Deployed| {
            let function = deployed.function();
            reference == function.name
                || reference == &*deployed.pool.runtime.arn_text
                || reference == format!("{}:function:{}", function.arn.account, function.name)
        };
        self.shared.functions.iter().find(matches).ok_or_else(|| {
            ServiceError::new(404, "ResourceNotFoundException", format!("Function not found: {reference}"))
        })
    }
}

fn start_reaper(programs: &FunctionPrograms) -> Reaper {
    if !programs.has_reaper() {
        return Reaper::none();
    }
    Reaper::start(&programs.executable).unwrap_or_else(|error| {
        tracing::warn!(%error, "the reaper could not be started; functions may outlive this process if it is killed");
        Reaper::none()
    })
}

fn request_id() -> RequestId {
    uuid::Uuid::new_v4().to_string()
}
