//! The environments of one function, and who gets them.

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    log::LogSink,
    outcome::{InvokeResult, RequestId},
    programs::FunctionPrograms,
    worker,
};
use crate::{process::Reaper, stack::Function};

/// What every environment of a function is made from.
#[derive(Debug)]
pub(crate) struct FunctionRuntime {
    pub(crate) function: Function,
    pub(crate) arn_text: Arc<str>,
    pub(crate) credentials: BTreeMap<String, String>,
    pub(crate) endpoint_url: String,
    pub(crate) task_root: Box<Path>,
    pub(crate) programs: Arc<FunctionPrograms>,
    pub(crate) logs: Arc<dyn LogSink>,
    pub(crate) reaper: Reaper,
    /// How long an environment may idle, in real time.
    pub(crate) idle: Duration,
    pub(crate) max_environments: usize,
    pub(crate) cancel: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// A running process of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// The operating system's id of the process, which leads a process group of its own.
    pub pid: u32,
    /// The log stream it writes to.
    pub log_stream: String,
    /// What it is doing.
    pub state: ProcessState,
    /// How many invocations it has finished.
    pub invocations: u64,
}

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessState {
    /// It has not asked for its first invocation yet.
    Starting,
    /// It runs an invocation.
    Busy,
    /// It waits for an invocation.
    Idle,
}

/// Why an invocation was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// All of the function's reserved concurrency is in use.
    Throttled,
    /// The function's reserved concurrency is zero.
    ZeroConcurrency,
    /// The cloud is shutting down.
    Stopping,
}

/// An invocation on its way to an environment.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) request_id: RequestId,
    pub(crate) payload: Bytes,
    pub(crate) with_tail: bool,
    pub(crate) reply: oneshot::Sender<InvokeResult>,
    pub(crate) permit: Permit,
}

/// A unit of the function's concurrency, given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Pool>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

/// The environments of one function.
///
/// Divergence from AWS: a function has at most `max_environments` processes. Where AWS would start more, invocations
/// wait here for one to become free; they count as in flight, so reserved concurrency and throttling work as on AWS.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) runtime: Arc<FunctionRuntime>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    reserved: Option<u32>,
    in_flight: u32,
    workers: usize,
    next_worker: u64,
    /// Last in, first out: the environment used last is the warmest, and the others can grow old.
    idle: Vec<(u64, mpsc::Sender<Job>)>,
    waiting: VecDeque<Job>,
    processes: BTreeMap<u64, ProcessInfo>,
}

/// What an environment that has finished an invocation does next.
pub(crate) enum Next {
    /// Runs this one, which was waiting.
    Job(Job),
    /// Waits for one.
    Idle(mpsc::Receiver<Job>),
}

impl Pool {
    pub(crate) fn new(runtime: FunctionRuntime) -> Arc<Self> {
        let state = State { reserved: runtime.function.reserved_concurrency, ..State::default() };
        Arc::new(Self { runtime: Arc::new(runtime), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs an invocation on a free environment, a new one, or the first to become free.
    ///
    /// # Errors
    /// When the function's concurrency does not allow it, or all is being shut down.
    pub(crate) async fn run(
        self: &Arc<Self>,
        request_id: RequestId,
        payload: Bytes,
        with_tail: bool,
    ) -> Result<InvokeResult, Refusal> {
        let permit = self.admit()?;
        let (reply, answer) = oneshot::channel();
        self.submit(Job { request_id, payload, with_tail, reply, permit });
        answer.await.map_err(|_| Refusal::Stopping)
    }

    /// Takes a unit of concurrency.
    fn admit(self: &Arc<Self>) -> Result<Permit, Refusal> {
        let mut state = self.state();
        match state.reserved {
            Some(0) => Err(Refusal::ZeroConcurrency),
            Some(reserved) if state.in_flight >= reserved => Err(Refusal::Throttled),
            _ if self.runtime.cancel.is_cancelled() => Err(Refusal::Stopping),
            _ => {
                state.in_flight += 1;
                Ok(Permit(Arc::clone(self)))
            }
        }
    }

    pub(crate) fn submit(self: &Arc<Self>, mut job: Job) {
        let mut state = self.state();
        while let Some((_, idle)) = state.idle.pop() {
            match idle.try_send(job) {
                Ok(()) => return,
                // A worker that was cancelled between two locks; try the next.
                Err(mpsc::error::TrySendError::Closed(back) | mpsc::error::TrySendError::Full(back)) => job = back,
            }
        }
        if state.workers < self.runtime.max_environments {
            state.workers += 1;
            let id = state.next_worker;
            state.next_worker += 1;
            self.runtime.tasks.spawn(worker::run(Arc::clone(self), id, job));
        } else {
            state.waiting.push_back(job);
        }
    }

    /// A worker is free: gives it the job that has waited longest, or notes that it idles.
    pub(crate) fn park(&self, worker: u64) -> Next {
        let mut state = self.state();
        match state.waiting.pop_front() {
            Some(job) => Next::Job(job),
            None => {
                let (sender, receiver) = mpsc::channel(1);
                state.idle.push((worker, sender));
                if let Some(process) = state.processes.get_mut(&worker) {
                    process.state = ProcessState::Idle;
                }
                Next::Idle(receiver)
            }
        }
    }

    /// Takes a worker off the idle list. `false` when it is not on it any more, because a job is on its way to it.
    pub(crate) fn unpark(&self, worker: u64) -> bool {
        let mut state = self.state();
        let before = state.idle.len();
        state.idle.retain(|(id, _)| *id != worker);
        state.idle.len() < before
    }

    /// A worker without a process: gives it the job that has waited longest, to start over, or strikes it off.
    pub(crate) fn job_or_retire(&self) -> Option<Job> {
        let mut state = self.state();
        let job = state.waiting.pop_front();
        if job.is_none() {
            state.workers -= 1;
        }
        job
    }

    /// A worker ends for good, as all do at the shutdown; what waits will not be run.
    pub(crate) fn abandon(&self) {
        let waiting = {
            let mut state = self.state();
            state.workers -= 1;
            std::mem::take(&mut state.waiting)
        };
        // Outside the lock: a job's permit takes it.
        drop(waiting);
    }

    pub(crate) fn set_process(&self, worker: u64, process: Option<ProcessInfo>) {
        let mut state = self.state();
        match process {
            Some(process) => state.processes.insert(worker, process),
            None => state.processes.remove(&worker),
        };
    }

    pub(crate) fn update_process(&self, worker: u64, update: impl FnOnce(&mut ProcessInfo)) {
        if let Some(process) = self.state().processes.get_mut(&worker) {
            update(process);
        }
    }

    pub(crate) fn processes(&self) -> Vec<ProcessInfo> {
        self.state().processes.values().cloned().collect()
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.state().in_flight
    }

    pub(crate) fn reserved(&self) -> Option<u32> {
        self.state().reserved
    }

    pub(crate) fn reserve(&self, concurrency: Option<u32>) {
        self.state().reserved = concurrency;
    }
}
