//! How the services are set, what waits in their queues, and which faults are on.

use std::{collections::HashMap, time::Duration};

use anyhow::{Result, anyhow};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_sqs::types::QueueAttributeName;
use eventflow_faults::{Change, Restoration};
use eventflow_kit::FaultMode;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::{FunctionResources, Reach, cause};
use crate::app::{ActiveFault, FaultKind, FunctionRole, ServiceState};

/// Messages that wait in a queue, and those that somebody looks at.
const COUNTED: [QueueAttributeName; 2] =
    [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];

/// Reads the state of every function.
pub(crate) async fn services(reach: &Reach) -> Result<Vec<ServiceState>> {
    let journal = super::faults::journal(reach);
    // Before a change and after its undoing the journal does not know it. What it knew on either side of reading the
    // services explains whatever was found there in between.
    let mut known = journal.open().await?;
    let found = try_join_all(reach.resources.functions.iter().map(|function| found(reach, function))).await?;
    let (rows, open) = tokio::try_join!(rows(reach), async { Ok(journal.open().await?) })?;
    known.retain(|before| open.iter().all(|open| open.change.key() != before.change.key()));
    known.extend(open);
    let known = Known { rows, journal: known, now: Timestamp::now() };
    Ok(reach.resources.functions.iter().zip(found).map(|(function, found)| known.state(function, found)).collect())
}

/// How a function was found.
struct Found {
    reserved: Option<u32>,
    disabled_rules: Vec<String>,
    dead_letters: u64,
}

async fn found(reach: &Reach, function: &FunctionResources) -> Result<Found> {
    let (reserved, disabled_rules, dead_letters) = tokio::try_join!(
        reserved(reach, &function.name),
        disabled(reach, &function.rules),
        letters(reach, &function.dead_letter_queues),
    )?;
    Ok(Found { reserved, disabled_rules, dead_letters })
}

/// What the faults table tells.
struct Known {
    rows: Vec<(String, ActiveFault)>,
    journal: Vec<Restoration>,
    now: Timestamp,
}

impl Known {
    fn state(&self, function: &FunctionResources, found: Found) -> ServiceState {
        let Found { reserved, disabled_rules, dead_letters } = found;
        let disconnected = !function.rules.is_empty() && disabled_rules.len() == function.rules.len();
        ServiceState {
            function: function.name.clone(),
            reserved_concurrency: reserved,
            faults: self.faults(function, reserved, disconnected),
            disabled_rules,
            dead_letters,
        }
    }

    fn faults(&self, function: &FunctionResources, reserved: Option<u32>, disconnected: bool) -> Vec<ActiveFault> {
        let of_rows = self.rows.iter().filter(|(name, _)| *name == function.name).map(|(_, fault)| *fault);
        let mut faults: Vec<ActiveFault> = of_rows.collect();
        let concurrency =
            |change: &Change| matches!(change, Change::Concurrency { function: f, .. } if *f == function.name);
        let held = self.left(concurrency);
        match reserved {
            Some(0) => faults.push(ActiveFault { left: held, ..ActiveFault::plain(FaultKind::Halt) }),
            // Latency and a reservation of one that was made for it are one fault: the throttle.
            Some(1) if held.is_some() => match faults.iter_mut().find(|fault| fault.kind == FaultKind::Latency) {
                Some(fault) => fault.kind = FaultKind::Throttle,
                None => faults.push(ActiveFault { left: held, ..ActiveFault::plain(FaultKind::Throttle) }),
            },
            _ => {}
        }
        let rule = |change: &Change| matches!(change, Change::Rule { name } if function.rules.contains(name));
        if disconnected {
            faults.push(ActiveFault { left: self.left(rule), ..ActiveFault::plain(FaultKind::Disconnect) });
        }
        let left = self.left(|change| matches!(change, Change::Stock { .. }));
        if left.is_some() && applies_drain(function) {
            faults.push(ActiveFault { left, ..ActiveFault::plain(FaultKind::Drain) });
        }
        faults
    }

    /// How long until the last of those is put back; what is overdue is put back any moment.
    fn left(&self, which: impl Fn(&Change) -> bool) -> Option<Duration> {
        let open = self.journal.iter().filter(|open| which(&open.change));
        open.map(|open| Duration::try_from(open.restore_at.duration_since(self.now)).unwrap_or_default()).max()
    }
}

fn applies_drain(function: &FunctionResources) -> bool {
    let role = FunctionRole::Consumer(Vec::new());
    !function.rules.is_empty() && crate::app::faults::applies(FaultKind::Drain, &function.name, &role)
}

/// The reserved concurrency of a function.
pub(super) async fn reserved(reach: &Reach, function: &str) -> Result<Option<u32>> {
    let answer = match reach.connection.lambda.get_function_concurrency().function_name(function).send().await {
        // It left the stack; the others are still to be read.
        Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => return Ok(None),
        answer => answer.map_err(|error| anyhow!("cannot read the concurrency of {function}: {}", cause(&error)))?,
    };
    Ok(answer.reserved_concurrent_executions().and_then(|count| u32::try_from(count).ok()))
}

/// Which of the rules are disabled.
pub(super) async fn disabled(reach: &Reach, rules: &[String]) -> Result<Vec<String>> {
    let states = try_join_all(rules.iter().map(|rule| async move {
        match reach.connection.events.describe_rule().name(rule).send().await {
            Ok(answer) => Ok((rule, answer.state == Some(RuleState::Disabled))),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
                Ok((rule, false))
            }
            Err(error) => Err(anyhow!("cannot read the rule {rule}: {}", cause(&error))),
        }
    }));
    Ok(states.await?.into_iter().filter(|(_, disabled)| *disabled).map(|(rule, _)| rule.clone()).collect())
}

/// How many messages wait in the queues.
pub(super) async fn letters(reach: &Reach, queues: &[String]) -> Result<u64> {
    let depths = try_join_all(queues.iter().map(|url| async move {
        let call = reach.connection.sqs.get_queue_attributes().queue_url(url);
        let answer = match call.set_attribute_names(Some(COUNTED.to_vec())).send().await {
            Err(error) if error.as_service_error().is_some_and(|e| e.is_queue_does_not_exist()) => return Ok(0),
            answer => answer.map_err(|error| anyhow!("cannot read the queue {url}: {}", cause(&error)))?,
        };
        let attributes = answer.attributes.unwrap_or_default();
        let count =
            |name: &QueueAttributeName| attributes.get(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        Ok::<_, anyhow::Error>(COUNTED.iter().map(count).sum::<u64>())
    }));
    Ok(depths.await?.into_iter().sum())
}

/// The faults that functions act out themselves.
async fn rows(reach: &Reach) -> Result<Vec<(String, ActiveFault)>> {
    let table = &reach.resources.faults_table;
    let mut pages = reach.connection.dynamodb.scan().table_name(table).into_paginator().items().send();
    let mut rows = Vec::new();
    while let Some(item) = pages.next().await {
        let item = item.map_err(|error| anyhow!("cannot read the table {table}: {}", cause(&error)))?;
        rows.extend(fault(&item, Timestamp::now()));
    }
    Ok(rows)
}

/// The fault of a row, unless it has expired: DynamoDB deletes expired rows late.
fn fault(row: &HashMap<String, AttributeValue>, now: Timestamp) -> Option<(String, ActiveFault)> {
    let number = |name: &str| row.get(name).and_then(|value| value.as_n().ok()?.parse::<f64>().ok());
    let mode: FaultMode = row.get("mode")?.as_s().ok()?.parse().ok()?;
    let left = match number("expiresAt") {
        Some(expires) => {
            let left = Duration::try_from_secs_f64(expires - now.as_millisecond() as f64 / 1_000.0).ok();
            Some(left.filter(|left| !left.is_zero())?)
        }
        None => None,
    };
    let latency = Duration::try_from_secs_f64(number("latencyMs").unwrap_or(0.0) / 1_000.0).unwrap_or_default();
    let fault = ActiveFault { kind: kind(mode), rate: number("rate").unwrap_or(1.0), latency, left };
    Some((row.get("functionName")?.as_s().ok()?.clone(), fault))
}

fn kind(mode: FaultMode) -> FaultKind {
    match mode {
        FaultMode::Decline => FaultKind::Decline,
        FaultMode::OutOfStock => FaultKind::OutOfStock,
        FaultMode::Error => FaultKind::Error,
        FaultMode::Crash => FaultKind::Crash,
        FaultMode::Latency => FaultKind::Latency,
        FaultMode::Timeout => FaultKind::Timeout,
        FaultMode::Publish => FaultKind::Publish,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(mode: &str, expires: i64) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("functionName".to_owned(), AttributeValue::S("pay".into())),
            ("mode".to_owned(), AttributeValue::S(mode.into())),
            ("rate".to_owned(), AttributeValue::N("0.25".into())),
            ("expiresAt".to_owned(), AttributeValue::N(expires.to_string())),
        ])
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_000).expect("a time")
    }

    #[test]
    fn an_expired_row_is_no_fault() {
        let (function, found) = fault(&row("decline", 1_060), now()).expect("a fault");
        assert_eq!((function.as_str(), found.kind, found.rate), ("pay", FaultKind::Decline, 0.25));
        assert_eq!(found.left, Some(Duration::from_secs(60)));
        assert_eq!(fault(&row("decline", 1_000), now()), None);
        assert_eq!(fault(&row("nonsense", 2_000), now()), None);
        assert_eq!(fault(&row("rule/x", 2_000), now()), None, "the journal's rows are none");
    }

    #[test]
    fn a_reservation_is_a_fault_when_the_journal_says_so() {
        let pay = FunctionResources { name: "pay".into(), ..FunctionResources::default() };
        let latency = ActiveFault::plain(FaultKind::Latency);
        let change = Change::Concurrency { function: "pay".into(), before: None };
        let restore_at = now() + Duration::from_secs(30);
        let known = |journal| Known { rows: vec![("pay".into(), latency)], journal, now: now() };
        let kinds =
            |known: Known, reserved| known.faults(&pay, reserved, false).iter().map(|f| f.kind).collect::<Vec<_>>();
        let ours = || known(vec![Restoration { change: change.clone(), restore_at }]);
        assert_eq!(kinds(ours(), Some(1)), [FaultKind::Throttle]);
        assert_eq!(kinds(known(Vec::new()), Some(1)), [FaultKind::Latency], "reserved by somebody else");
        assert_eq!(kinds(ours(), Some(0)), [FaultKind::Latency, FaultKind::Halt]);
        assert_eq!(ours().faults(&pay, Some(0), false)[1].left, Some(Duration::from_secs(30)));
    }
}
