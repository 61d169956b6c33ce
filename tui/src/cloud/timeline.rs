//! Reading what the logs hold of one order.

use anyhow::{Result, anyhow};
use jiff::{SignedDuration, Timestamp};

use super::{Reach, cause};
use crate::{
    app::{Timeline, requests},
    observe::{GroupNames, Observation, observe},
};

/// How long before the order was created its first line may have been written: a cold start.
const BEFORE: SignedDuration = SignedDuration::from_secs(10);
/// Request ids in one filter pattern, which has 1,024 characters at most.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
const REQUESTS: usize = 15;

/// Reads the timeline of an order that was created at `created`.
///
/// # Errors
/// When a log group cannot be read.
pub(crate) async fn read(reach: &Reach, order_id: &str, created: Timestamp) -> Result<Timeline> {
    let functions = &reach.resources.functions;
    let names = GroupNames {
        events: reach.resources.event_log_group.clone(),
        functions: functions.iter().map(|f| (f.log_group.clone(), f.name.clone())).collect(),
    };
    let reading = Reading { reach, names, from: created.checked_sub(BEFORE).unwrap_or(created) };
    let mut observations = Vec::new();
    let term = format!("\"{}\"", order_id.replace('"', ""));
    reading.lines(&reach.resources.event_log_group, &term, &mut observations).await?;
    for function in functions {
        reading.lines(&function.log_group, &term, &mut observations).await?;
    }
    let requests = requests(order_id, &observations);
    for function in functions {
        let ids: Vec<&str> =
            requests.iter().filter(|(of, _)| *of == function.name).map(|(_, request)| request.as_str()).collect();
        for ids in ids.chunks(REQUESTS) {
            let named = ids.iter().map(|id| format!("$.record.requestId = \"{id}\"")).collect::<Vec<_>>().join(" || ");
            reading.lines(&function.log_group, &format!("{{ {named} }}"), &mut observations).await?;
        }
    }
    Ok(Timeline::of(order_id, observations))
}

struct Reading<'a> {
    reach: &'a Reach,
    names: GroupNames,
    from: Timestamp,
}

impl Reading<'_> {
    async fn lines(&self, group: &str, pattern: &str, into: &mut Vec<Observation>) -> Result<()> {
        let call = self.reach.connection.logs.filter_log_events().log_group_name(group).filter_pattern(pattern);
        let mut pages = call.start_time(self.from.as_millisecond()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| anyhow!("cannot read the log group {group}: {}", cause(&error)))?;
            for line in page.events.unwrap_or_default() {
                let message = line.message.unwrap_or_default();
                into.extend(observe(group, &message, line.timestamp.unwrap_or_default(), &self.names));
            }
            if !self.reach.connection.custom_endpoint {
                tokio::time::sleep(super::log_reader::PACE).await;
            }
        }
        Ok(())
    }
}
