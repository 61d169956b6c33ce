//! Follows the stack's log groups and tells what happens in them.

mod intake;
mod session;

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::{mpsc::Sender, watch};
use tokio_util::sync::CancellationToken;

use self::{
    intake::{Intake, LogLine},
    session::{Ending, Live, Written},
};
use super::{Connection, Reach, Resources};
use crate::{
    app::{FeedState, Message},
    observe::GroupNames,
};

/// The first wait after a broken connection; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How many log groups one Live Tail session takes.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>
const MOST_GROUPS: usize = 10;
/// FilterLogEvents is limited to 5 calls a second for the account; this leaves room for others.
const POLL_EVERY: Duration = Duration::from_millis(250);
/// How far back a poll or a catch-up looks again for lines that arrive late.
const OVERLAP_MS: i64 = 2_000;
/// On AWS a line can be in Live Tail before FilterLogEvents finds it: how long after a flood the groups are read once more.
const LATE: Duration = Duration::from_secs(5);

/// Follows the log groups of the stack that is on `stage` until `stop`: the events' and the functions'. It never waits for a
/// full channel: what finds no room is counted, and told as [`Message::Dropped`] when there is room.
pub async fn follow(mut stage: watch::Receiver<Arc<Reach>>, messages: Sender<Message>, stop: CancellationToken) {
    let mut intake = Intake::new(GroupNames::default(), messages, Timestamp::now().as_millisecond());
    loop {
        let reach = stage.borrow_and_update().clone();
        let (groups, names) = groups(&reach.resources);
        intake.follow(names);
        tokio::select! {
            () = stop.cancelled() => return,
            () = keep_following(&reach.connection, &groups, &mut intake) => {}
            changed = stage.changed() => if changed.is_err() {
                // Nobody will change it any more.
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = keep_following(&reach.connection, &groups, &mut intake) => {}
                }
                return;
            }
        }
    }
}

async fn keep_following(connection: &Connection, groups: &[String], intake: &mut Intake) {
    let mut wait = FIRST_WAIT;
    // What was written since the last line, when this is not the first session.
    let mut caught_up = !intake.has_begun();
    if caught_up {
        intake.state(FeedState::Connecting).await;
    }
    loop {
        let why = match session::open(connection, groups).await {
            Ok(live) => {
                intake.state(FeedState::Live).await;
                if !caught_up {
                    catch_up(connection, groups, intake).await;
                }
                wait = FIRST_WAIT;
                caught_up = false;
                match run(live, connection, groups, intake).await {
                    Ending::TimedOut => continue,
                    Ending::Broken(why) => why,
                    Ending::Unavailable => break,
                }
            }
            Err(Ending::TimedOut) => "Live Tail timed out as it began".to_owned(),
            Err(Ending::Broken(why)) => why,
            Err(Ending::Unavailable) => break,
        };
        caught_up = false;
        intake.state(FeedState::Lost(why)).await;
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    poll(connection, groups, intake).await;
}

async fn run(mut live: Live, connection: &Connection, groups: &[String], intake: &mut Intake) -> Ending {
    loop {
        let ending = match live.next().await {
            Ok(update) if update.sampled => fill(&mut live, update.lines, connection, groups, intake).await.err(),
            Ok(update) => {
                intake.take(update.lines, false);
                None
            }
            Err(ending) => Some(ending),
        };
        if let Some(ending) = ending {
            return ending;
        }
    }
}

/// Live Tail began to leave lines out: reads them from the groups, and tells all of them in the order of time. What the
/// session brings meanwhile is held back, so that nothing is told before what came before it.
async fn fill(
    live: &mut Live,
    mut held: Vec<LogLine>,
    connection: &Connection,
    groups: &[String],
    intake: &mut Intake,
) -> Result<(), Ending> {
    let mut since = intake.last_seen() - OVERLAP_MS;
    let mut last = connection.custom_endpoint;
    let mut wait = Duration::ZERO;
    loop {
        let mut sampled = false;
        let reading = written_later(connection, groups, since, wait);
        tokio::pin!(reading);
        let Written { mut lines, complete } = loop {
            tokio::select! {
                written = &mut reading => break written,
                update = live.next() => {
                    let update = update?;
                    sampled |= update.sampled;
                    held.extend(update.lines);
                }
            }
        };
        since = lines.iter().map(|line| line.timestamp_ms).max().unwrap_or(since) - OVERLAP_MS;
        lines.append(&mut held);
        lines.sort_by_key(|line| line.timestamp_ms);
        intake.take(lines, !complete);
        if sampled {
            (last, wait) = (connection.custom_endpoint, Duration::ZERO);
        } else if last {
            return Ok(());
        } else {
            since -= i64::try_from(LATE.as_millis()).unwrap_or_default();
            (last, wait) = (true, LATE);
        }
    }
}

async fn written_later(connection: &Connection, groups: &[String], since_ms: i64, wait: Duration) -> Written {
    tokio::time::sleep(wait).await;
    written_in_all(connection, groups, since_ms).await
}

/// What all groups hold from `since_ms` on; not complete when one of them cannot be read.
async fn written_in_all(connection: &Connection, groups: &[String], since_ms: i64) -> Written {
    let mut all = Written { lines: Vec::new(), complete: true };
    for group in groups {
        match session::written_since(connection, group, since_ms).await {
            Ok(written) => {
                all.lines.extend(written.lines);
                all.complete &= written.complete;
            }
            Err(_) => all.complete = false,
        }
        if !connection.custom_endpoint {
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
    all
}

/// Reads what was written while nobody listened. A group that cannot be read is left: the session runs already.
async fn catch_up(connection: &Connection, groups: &[String], intake: &mut Intake) {
    let Written { mut lines, complete } = written_in_all(connection, groups, intake.last_seen() - OVERLAP_MS).await;
    lines.sort_by_key(|line| line.timestamp_ms);
    intake.take(lines, !complete);
}

/// Asks one group after the other, for ever.
async fn poll(connection: &Connection, groups: &[String], intake: &mut Intake) {
    let mut since: HashMap<&String, i64> = groups.iter().map(|group| (group, intake.last_seen())).collect();
    let mut state = None;
    let mut pace = tokio::time::interval(POLL_EVERY.max(Duration::from_secs(1) / groups.len().max(1) as u32));
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for group in groups.iter().cycle() {
        pace.tick().await;
        let from = since.get(group).copied().unwrap_or_default() - OVERLAP_MS;
        let now = match session::written_since(connection, group, from).await {
            Ok(Written { lines, complete }) => {
                let newest = lines.iter().map(|line| line.timestamp_ms).max();
                if let Some(newest) = newest {
                    since.entry(group).and_modify(|at| *at = newest.max(*at));
                }
                intake.take(lines, !complete);
                FeedState::Polling
            }
            Err(why) => FeedState::Lost(why),
        };
        if state.as_ref() != Some(&now) {
            state = Some(now.clone());
            intake.state(now).await;
        }
    }
}

/// The groups to follow, the events' first, then the consumers' (they are last in `resources`), and whose they are.
fn groups(resources: &Resources) -> (Vec<String>, GroupNames) {
    let functions = resources.functions.iter();
    let names = GroupNames {
        events: resources.event_log_group.clone(),
        functions: functions.clone().map(|f| (f.log_group.clone(), f.name.clone())).collect(),
    };
    let mut groups = vec![resources.event_log_group.clone()];
    for function in functions.rev() {
        if groups.len() < MOST_GROUPS && !groups.contains(&function.log_group) {
            groups.push(function.log_group.clone());
        }
    }
    (groups, names)
}
