//! One execution environment: one process and its Runtime API.

use std::{
    future::Future,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    process::{Child, Command},
    time::Instant,
};

use super::{
    outcome::{Failure, RequestId},
    output::Output,
    platform::{Record, Report},
    pool::FunctionRuntime,
    runtime_api::{Invocation, RuntimeApi, Said},
    variables::{Surroundings, variables},
};
use crate::{
    aws::limits::lambda::{INIT_TIMEOUT, RUNTIME_RESPONSE},
    lambda::outcome::Status,
    process::{self, Registration},
};

/// How often an environment's peak memory is read at most: reading it costs more than a small invocation.
const MEMORY_INTERVAL: Duration = Duration::from_secs(1);

/// A running execution environment. Dropping it kills its process group.
#[derive(Debug)]
pub(crate) struct Sandbox {
    runtime: Arc<FunctionRuntime>,
    api: RuntimeApi,
    /// `None` only while the sandbox is being dropped.
    child: Option<Child>,
    pid: u32,
    output: Output,
    /// How long the start took, until the first invocation has reported it.
    init: Option<Duration>,
    memory: Option<(Instant, u64)>,
    registration: Option<Registration>,
}

/// What a process did.
enum Happened {
    Said(Said),
    Exited(Option<ExitStatus>),
}

/// An invocation that is over.
#[derive(Debug)]
pub(crate) struct Completion {
    /// What the function answered.
    pub(crate) result: Result<Bytes, Failure>,
    /// The end of its log, when asked for.
    pub(crate) log_tail: Option<String>,
    /// Whether the environment can take another invocation.
    pub(crate) reusable: bool,
}

impl Sandbox {
    /// Starts the process of a function; it is not ready yet.
    ///
    /// # Errors
    /// The failure to answer and log when there is no such executable, or it does not start.
    pub(crate) async fn spawn(runtime: &Arc<FunctionRuntime>, request_id: &str) -> Result<Self, (Output, Failure)> {
        let mut output = Output::new(runtime);
        let log_stream = output.stream().to_owned();
        output.record(Record::InitStart { log_stream: &log_stream });
        let started = match RuntimeApi::start().await {
            Ok(api) => start_process(runtime, &api, &log_stream).map(|child| (api, child)),
            Err(error) => Err(format!("the Runtime API of '{}' could not be opened: {error}", runtime.function.name)),
        };
        match started {
            Ok((api, mut child)) => {
                output.attach(child.stdout.take(), child.stderr.take());
                // `id` is `None` only once the process was waited for.
                let pid = child.id().unwrap_or_default();
                let registration = Some(runtime.reaper.register(pid));
                let (runtime, child) = (Arc::clone(runtime), Some(child));
                Ok(Self { runtime, api, child, pid, output, init: None, memory: None, registration })
            }
            Err(why) => {
                output.line(why.clone());
                Err((output, Failure::no_entrypoint(request_id, &why)))
            }
        }
    }

    /// The process's id, which is also its group's.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// The environment's log stream.
    pub(crate) fn log_stream(&self) -> &str {
        self.output.stream()
    }

    /// Waits until the runtime asks for its first invocation; logs how the start went.
    pub(crate) async fn init(&mut self, request_id: &str) -> Result<(), Failure> {
        let start = Instant::now();
        let result = loop {
            match within(start + INIT_TIMEOUT, self.happens()).await {
                Some(Happened::Said(Said::Next)) => break Ok(()),
                Some(Happened::Said(Said::InitError { error_type, payload })) => {
                    break Err(Failure::reported(error_type, payload));
                }
                // There is no invocation yet, so the Runtime API refuses all answers.
                Some(Happened::Said(_)) => {}
                Some(Happened::Exited(status)) => break Err(Failure::exited(request_id, status)),
                None => break Err(Failure::timed_out(request_id, INIT_TIMEOUT)),
            }
        };
        let duration = start.elapsed();
        self.output.drain().await;
        log_init(&mut self.output, result.as_ref().err(), duration);
        self.init = Some(duration);
        result
    }

    /// Logs the invocation that this environment was started for and could not run.
    pub(crate) fn log_failed_init(&mut self, request_id: &str, failure: &Failure) {
        let init = self.init.take();
        log_unstarted(&mut self.output, request_id, failure, init);
    }

    /// Runs one invocation to its end: until the runtime asks for the next one, fails, or its time is over.
    pub(crate) async fn invoke(&mut self, request_id: &RequestId, payload: Bytes, with_tail: bool) -> Completion {
        let timeout = self.runtime.function.timeout;
        let start = Instant::now();
        self.output.begin_tail(with_tail);
        self.output.record(Record::Start { request_id });
        self.api.hand_out(Invocation {
            request_id: request_id.clone(),
            payload,
            timeout,
            function_arn: Arc::clone(&self.runtime.arn_text),
        });
        let (result, reusable) = self.answer(request_id, start, timeout).await;
        let duration = start.elapsed();
        self.output.drain().await;
        let report = Report {
            request_id,
            status: Status::Success,
            error_type: None,
            duration,
            init: self.init.take(),
            memory: self.peak_memory(),
        };
        log_invocation(&mut self.output, &result, report);
        Completion { result, log_tail: self.output.end_tail(), reusable }
    }

    /// Waits for the answer and then for the runtime to be ready again.
    async fn answer(&mut self, request_id: &str, start: Instant, timeout: Duration) -> (Result<Bytes, Failure>, bool) {
        let mut answer = None;
        loop {
            match within(start + timeout, self.happens()).await {
                Some(Happened::Said(Said::Response(payload))) => answer = Some(Ok(payload)),
                Some(Happened::Said(Said::Error { error_type, payload })) => {
                    answer = Some(Err(Failure::reported(error_type, payload)));
                }
                Some(Happened::Said(Said::TooLarge)) => {
                    answer = Some(Err(Failure::response_too_large(RUNTIME_RESPONSE)));
                }
                // Only with an answer: a runtime that lost its connection may ask for the invocation again.
                Some(Happened::Said(Said::Next)) => {
                    if let Some(answer) = answer.take() {
                        return (answer, true);
                    }
                }
                // Meaningless once it has started.
                Some(Happened::Said(Said::InitError { .. })) => {}
                Some(Happened::Exited(status)) => return (Err(Failure::exited(request_id, status)), false),
                None => return (Err(Failure::timed_out(request_id, timeout)), false),
            }
        }
    }

    /// Waits, between invocations, until the process ends; logs what it writes.
    pub(crate) async fn ended(&mut self) {
        while !matches!(self.happens().await, Happened::Exited(_)) {}
    }

    /// Kills the process group and waits until the process is gone.
    pub(crate) async fn stop(mut self) {
        process::kill_group(self.pid);
        exit(&mut self.child).await;
        self.output.drain().await;
    }

    /// Waits for the runtime to say something or to exit; passes on what the process writes meanwhile. Cancel safe.
    async fn happens(&mut self) -> Happened {
        loop {
            tokio::select! {
                biased;
                Some(said) = self.api.listen() => return Happened::Said(said),
                () = self.output.read() => {}
                status = exit(&mut self.child) => return Happened::Exited(status),
            }
        }
    }

    fn peak_memory(&mut self) -> Option<u64> {
        if self.memory.is_none_or(|(read, _)| read.elapsed() >= MEMORY_INTERVAL) {
            // The process may be gone already; then what was read last counts.
            let previous = self.memory.map(|(_, bytes)| bytes);
            self.memory = process::peak_memory(self.pid).or(previous).map(|bytes| (Instant::now(), bytes));
        }
        self.memory.map(|(_, bytes)| bytes)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // `id` is `None` once the process was waited for: then its number may already be another's.
        let Some(mut child) = self.child.take().filter(|child| child.id().is_some()) else { return };
        process::kill_group(self.pid);
        let registration = self.registration.take();
        if let Ok(handle) = tokio::runtime::Handle::try_current() {
            // Among the tasks that the shutdown waits for.
            self.runtime.tasks.spawn_on(
                async move {
                    if let Err(error) = child.wait().await {
                        tracing::warn!(%error, "could not wait for a function's process");
                    }
                    drop(registration);
                },
                &handle,
            );
        }
    }
}

/// Waits until the process has ended. Cancel safe.
async fn exit(child: &mut Option<Child>) -> Option<ExitStatus> {
    child.as_mut()?.wait().await.ok()
}

/// Logs how a start went.
pub(crate) fn log_init(output: &mut Output, failure: Option<&Failure>, duration: Duration) {
    let status = failure.map_or(Status::Success, |failure| failure.status);
    let error_type = failure.map(|failure| failure.error_type.as_str());
    output.records(&[
        Record::InitRuntimeDone { status, error_type },
        Record::InitReport { status, error_type, duration },
    ]);
}

/// Logs how an invocation went; `report` carries what does not depend on the result.
fn log_invocation(output: &mut Output, result: &Result<Bytes, Failure>, report: Report<'_>) {
    let failure = result.as_ref().err();
    let status = failure.map_or(Status::Success, |failure| failure.status);
    let error_type = failure.map(|failure| failure.error_type.as_str());
    let Report { request_id, duration, .. } = report;
    let produced = result.as_ref().map_or(0, Bytes::len);
    output.records(&[
        Record::RuntimeDone { request_id, status, error_type, duration, produced },
        Record::Report(Report { status, error_type, ..report }),
    ]);
}

/// Logs an invocation for which no environment could be started.
pub(crate) fn log_unstarted(output: &mut Output, request_id: &str, failure: &Failure, init: Option<Duration>) {
    output.record(Record::Start { request_id });
    let report =
        Report { request_id, status: failure.status, error_type: None, duration: Duration::ZERO, init, memory: None };
    log_invocation(output, &Err(failure.clone()), report);
}

fn start_process(runtime: &FunctionRuntime, api: &RuntimeApi, log_stream: &str) -> Result<Child, String> {
    let program = runtime.programs.find(&runtime.function.binary)?;
    let address = api.address();
    let task_root = runtime.task_root.to_string_lossy();
    let surroundings = Surroundings {
        credentials: &runtime.credentials,
        endpoint_url: &runtime.endpoint_url,
        runtime_api: &address,
        log_stream,
        task_root: &task_root,
    };
    let mut command = Command::new(&program.path);
    command
        .arg0(&program.arg0)
        .env_clear()
        .envs(variables(&runtime.function, surroundings))
        .current_dir(&*runtime.task_root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command.spawn().map_err(|error| format!("'{}' could not be started: {error}", program.path.display()))
}

/// `None` when the deadline passes first.
async fn within<T>(deadline: Instant, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout_at(deadline, future).await.ok()
}
