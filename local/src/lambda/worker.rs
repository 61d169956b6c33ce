//! The life of an environment: start, invocations, idling, end; and again while there is work.

use std::sync::Arc;

use futures::future::OptionFuture;
use tokio::sync::mpsc;

use super::{
    outcome::{Failure, InvokeResult},
    pool::{Job, Next, Pool, ProcessInfo, ProcessState},
    sandbox::{Completion, Sandbox, log_init, log_unstarted},
};

/// Runs `first` and whatever comes after it, until it has idled long enough or all is shut down.
pub(crate) async fn run(pool: Arc<Pool>, id: u64, first: Job) {
    let cancel = pool.runtime.cancel.clone();
    let mut job = Some(first);
    while let Some(next) = job {
        // What is cancelled is dropped, and a sandbox that is dropped kills its process.
        job = match cancel.run_until_cancelled(live(&pool, id, next)).await {
            Some(next) => next,
            None => {
                pool.set_process(id, None);
                return pool.abandon();
            }
        };
        pool.set_process(id, None);
    }
}

/// One environment, from start to end. Answers the job to start the next environment with; `None` when the worker is
/// struck off.
async fn live(pool: &Arc<Pool>, id: u64, mut job: Job) -> Option<Job> {
    let mut sandbox = match start(pool, id, &job.request_id).await {
        Ok(sandbox) => sandbox,
        Err(failure) => {
            let next = pool.job_or_retire();
            reply(job, Err(failure), None);
            return next;
        }
    };
    loop {
        pool.update_process(id, |process| process.state = ProcessState::Busy);
        let payload = std::mem::take(&mut job.payload);
        let Completion { result, log_tail, reusable } = sandbox.invoke(&job.request_id, payload, job.with_tail).await;
        pool.update_process(id, |process| process.invocations += 1);
        if !reusable {
            sandbox.stop().await;
            pool.set_process(id, None);
            let next = pool.job_or_retire();
            reply(job, result, log_tail);
            return next;
        }
        // Parked first, so that a caller who gets the answer and calls again finds this environment.
        let next = pool.park(id);
        reply(job, result, log_tail);
        job = match next {
            Next::Job(job) => job,
            Next::Idle(jobs) => match idle(pool, id, &mut sandbox, jobs).await {
                Woken::Job(job) => job,
                Woken::Expired => {
                    sandbox.stop().await;
                    return pool.job_or_retire();
                }
                Woken::Ended(job) => {
                    sandbox.stop().await;
                    return job.or_else(|| pool.job_or_retire());
                }
            },
        };
    }
}

/// Starts an environment and waits until it is ready.
async fn start(pool: &Arc<Pool>, id: u64, request_id: &str) -> Result<Sandbox, Failure> {
    let mut sandbox = match Sandbox::spawn(&pool.runtime, request_id).await {
        Ok(sandbox) => sandbox,
        Err((mut output, failure)) => {
            log_init(&mut output, Some(&failure), std::time::Duration::ZERO);
            log_unstarted(&mut output, request_id, &failure, None);
            return Err(failure);
        }
    };
    let process = ProcessInfo {
        pid: sandbox.pid(),
        log_stream: sandbox.log_stream().to_owned(),
        state: ProcessState::Starting,
        invocations: 0,
    };
    pool.set_process(id, Some(process));
    match sandbox.init(request_id).await {
        Ok(()) => Ok(sandbox),
        Err(failure) => {
            sandbox.log_failed_init(request_id, &failure);
            sandbox.stop().await;
            pool.set_process(id, None);
            Err(failure)
        }
    }
}

/// Why an environment stopped idling.
enum Woken {
    /// There is work.
    Job(Job),
    /// It has idled long enough.
    Expired,
    /// Its process has ended; a job may have been on its way to it.
    Ended(Option<Job>),
}

async fn idle(pool: &Pool, id: u64, sandbox: &mut Sandbox, mut jobs: mpsc::Receiver<Job>) -> Woken {
    tokio::select! {
        biased;
        Some(job) = jobs.recv() => Woken::Job(job),
        () = sandbox.ended() => {
            let on_its_way: OptionFuture<_> = (!pool.unpark(id)).then(|| jobs.recv()).into();
            Woken::Ended(on_its_way.await.flatten())
        }
        () = tokio::time::sleep(pool.runtime.idle) => {
            if pool.unpark(id) {
                return Woken::Expired;
            }
            jobs.recv().await.map_or(Woken::Expired, Woken::Job)
        }
    }
}

/// Gives back the concurrency, then answers.
fn reply(job: Job, result: Result<bytes::Bytes, Failure>, log_tail: Option<String>) {
    let Job { request_id, reply, permit, .. } = job;
    drop(permit);
    let (payload, function_error) = match result {
        Ok(payload) => (payload, None),
        Err(failure) => (failure.payload, Some("Unhandled".to_owned())),
    };
    // A caller who has gone away does not want it.
    let _ = reply.send(InvokeResult { request_id, payload, function_error, log_tail });
}
