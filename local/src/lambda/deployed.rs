//! Functions that are deployed: how one comes, and how one goes.

use std::{num::NonZero, path::PathBuf, sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    FunctionPrograms, FunctionSetup, LambdaServices,
    async_queue::AsyncQueue,
    pool::{FunctionRuntime, Pool},
};
use crate::{aws::limits::lambda as limits, process::Reaper, stack::Function};

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

/// A function and all that runs it.
#[derive(Debug)]
pub(super) struct Deployed {
    pub(super) pool: Arc<Pool>,
    pub(super) queue: Arc<AsyncQueue>,
    /// When it was deployed: its `LastModified`.
    pub(super) at: jiff::Timestamp,
}

impl Deployed {
    pub(super) fn function(&self) -> &Function {
        &self.pool.runtime.function
    }

    /// Ends its processes and gives up its events, what is in flight included; waits until all are gone.
    pub(super) async fn end(&self) {
        self.pool.runtime.cancel.cancel();
        self.gone().await;
    }

    /// Waits until its processes and events are gone, once it has been ended.
    pub(super) async fn gone(&self) {
        self.pool.runtime.tasks.close();
        self.pool.runtime.tasks.wait().await;
    }
}

/// What deploying takes.
#[derive(Debug)]
pub(super) struct Deployer {
    programs: Arc<FunctionPrograms>,
    options: LambdaOptions,
    services: LambdaServices,
    reaper: Reaper,
}

impl Deployer {
    pub(super) fn new(programs: FunctionPrograms, options: LambdaOptions, services: LambdaServices) -> Self {
        Self { reaper: start_reaper(&programs), programs: Arc::new(programs), options, services }
    }

    /// Ends every function when it is cancelled.
    pub(super) fn cancel(&self) -> &CancellationToken {
        &self.services.cancel
    }

    /// Deploys a function; no process starts yet.
    pub(super) fn deploy(&self, setup: FunctionSetup) -> Deployed {
        let Self { programs, options, services, reaper } = self;
        let pool = Pool::new(FunctionRuntime {
            arn_text: setup.spec.arn.to_string().into(),
            function: setup.spec,
            credentials: setup.credentials,
            endpoint_url: services.endpoint_url.clone(),
            task_root: options.task_root.clone().into(),
            programs: Arc::clone(programs),
            logs: Arc::clone(&services.logs),
            reaper: reaper.clone(),
            idle: services.clock.real(options.idle),
            max_environments: options.max_environments.max(1),
            // Its own, so that it can end alone.
            cancel: services.cancel.child_token(),
            tasks: TaskTracker::new(),
        });
        let queue = AsyncQueue::new(Arc::clone(&pool), services.clock, Arc::clone(&services.deliver));
        Deployed { pool, queue, at: jiff::Timestamp::now() }
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
