//! The dashboard: the screen at once, the stack behind it as soon as it is there.

use std::{
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::{
    mpsc::{self, Receiver, Sender},
    watch,
};
use tokio_util::sync::CancellationToken;

use super::{Embedded, Target, embedded};
use crate::{
    app::{Effect, Message, Model, System},
    cloud::{Reach, carry_out, follow},
    dashboard::show,
    terminal::appearance_from,
};

/// Room for messages; the live tail counts what finds none.
const MESSAGES: usize = 4096;
const EFFECTS: usize = 1024;

pub(super) async fn run(target: &Target, options: &Embedded, own: &[PathBuf], leave_faults: bool) -> Result<()> {
    // Before the screen is taken: what is wrong with a file is told where it can be read and copied.
    let own = own.iter().map(|path| super::scenario::read(path)).collect::<Result<Vec<_>>>()?;
    let model = Model::new(appearance_from(|name| std::env::var(name).ok()), Timestamp::now())
        .in_zone(TimeZone::system())
        .with_scenarios(own)
        .leaving_faults_on(leave_faults);
    let (messages, received) = mpsc::channel(MESSAGES);
    let (effects, wanted) = mpsc::channel(EFFECTS);
    let shutdown = CancellationToken::new();
    let failure = Arc::new(Mutex::new(None));
    let behind = tokio::spawn({
        let (target, options, shutdown, failure) = (target.clone(), options.clone(), shutdown.clone(), failure.clone());
        async move {
            if let Err(error) = stand_behind(&target, &options, messages, wanted, &shutdown).await {
                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                shutdown.cancel();
            }
        }
    });
    let shown = show(model, received, effects, shutdown.clone()).await;
    shutdown.cancel();
    behind.await.context("the task behind the screen failed")?;
    let failure = failure.lock().unwrap_or_else(PoisonError::into_inner).take();
    failure.map_or(Ok(()), Err)?;
    shown.map(|_| ()).map_err(Into::into)
}

/// Starts or finds the stack, follows it and carries out effects, until `shutdown`.
async fn stand_behind(
    target: &Target,
    options: &Embedded,
    messages: Sender<Message>,
    wanted: Receiver<Effect>,
    shutdown: &CancellationToken,
) -> Result<()> {
    if target.is_given() {
        let Some((system, reach)) = unless_over(shutdown, target.reach()).await? else { return Ok(()) };
        attend(system, reach, messages, wanted, shutdown).await;
        return Ok(());
    }
    let Some(started) = unless_over(shutdown, embedded::start(options, 0)).await? else { return Ok(()) };
    let discovered = unless_over(shutdown, started.discover()).await;
    if let Ok(Some((system, reach))) = discovered {
        attend(system, reach, messages, wanted, shutdown).await;
        started.cloud.shutdown().await;
        return Ok(());
    }
    started.cloud.shutdown().await;
    discovered.map(|_| ())
}

/// What comes of `work`; `None` when the dashboard is left before: nobody should have to wait for an endpoint that is silent.
async fn unless_over<T>(shutdown: &CancellationToken, work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    tokio::select! {
        () = shutdown.cancelled() => Ok(None),
        done = work => done.map(Some),
    }
}

async fn attend(
    system: System,
    reach: Reach,
    messages: Sender<Message>,
    wanted: Receiver<Effect>,
    shutdown: &CancellationToken,
) {
    // The dashboard may be gone by now; then there is nobody to tell.
    let _ = messages.send(Message::Discovered(Box::new(system.clone()))).await;
    let (stage, watched) = watch::channel(Arc::new(reach));
    let following = follow(watched, messages.clone(), shutdown.clone());
    let carrying = carry_out(&system, &stage, wanted, messages.clone(), shutdown.clone());
    tokio::join!(following, async {
        carrying.await;
        shutdown.cancel();
    });
}
