//! How the services are set, what waits in their queues, and which faults are on.

use std::{collections::HashMap, time::Duration};

use anyhow::{Result, anyhow};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_sqs::types::QueueAttributeName;
use eventflow_kit::FaultMode;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::{FunctionResources, Reach, cause};
use crate::app::{FaultKind, ServiceState};

/// Messages that wait in a queue, and those that somebody looks at.
const COUNTED: [QueueAttributeName; 2] =
    [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];

/// Reads the state of every function.
pub(super) async fn services(reach: &Reach) -> Result<Vec<ServiceState>> {
    try_join_all(reach.resources.functions.iter().map(|function| service(reach, function))).await
}

async fn service(reach: &Reach, function: &FunctionResources) -> Result<ServiceState> {
    let (reserved_concurrency, disabled_rules, dead_letters, rows) = tokio::try_join!(
        reserved(reach, &function.name),
        disabled(reach, &function.rules),
        letters(reach, &function.dead_letter_queues),
        rows(reach, &function.name),
    )?;
    let disconnected = !function.rules.is_empty() && disabled_rules.len() == function.rules.len();
    let faults = faults(rows, reserved_concurrency, disconnected);
    Ok(ServiceState { function: function.name.clone(), reserved_concurrency, disabled_rules, dead_letters, faults })
}

/// A row of latency and a reservation of one are one fault: the throttle.
fn faults(
    rows: Vec<(FaultKind, Option<Duration>)>,
    reserved: Option<u32>,
    disconnected: bool,
) -> Vec<(FaultKind, Option<Duration>)> {
    let mut faults = rows;
    match reserved {
        Some(0) => faults.push((FaultKind::Halt, None)),
        Some(1) => match faults.iter_mut().find(|(kind, _)| *kind == FaultKind::Latency) {
            Some((kind, _)) => *kind = FaultKind::Throttle,
            None => faults.push((FaultKind::Throttle, None)),
        },
        _ => {}
    }
    if disconnected {
        faults.push((FaultKind::Disconnect, None));
    }
    faults
}

async fn reserved(reach: &Reach, function: &str) -> Result<Option<u32>> {
    let answer = reach.connection.lambda.get_function_concurrency().function_name(function).send().await;
    let answer = answer.map_err(|error| anyhow!("cannot read the concurrency of {function}: {}", cause(&error)))?;
    Ok(answer.reserved_concurrent_executions().and_then(|count| u32::try_from(count).ok()))
}

async fn disabled(reach: &Reach, rules: &[String]) -> Result<Vec<String>> {
    let states = try_join_all(rules.iter().map(|rule| async move {
        let answer = reach.connection.events.describe_rule().name(rule).send().await;
        let answer = answer.map_err(|error| anyhow!("cannot read the rule {rule}: {}", cause(&error)))?;
        Ok::<_, anyhow::Error>((rule, answer.state == Some(RuleState::Disabled)))
    }));
    Ok(states.await?.into_iter().filter(|(_, disabled)| *disabled).map(|(rule, _)| rule.clone()).collect())
}

async fn letters(reach: &Reach, queues: &[String]) -> Result<u64> {
    let depths = try_join_all(queues.iter().map(|url| async move {
        let call = reach.connection.sqs.get_queue_attributes().queue_url(url);
        let answer = call.set_attribute_names(Some(COUNTED.to_vec())).send().await;
        let answer = answer.map_err(|error| anyhow!("cannot read the queue {url}: {}", cause(&error)))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count =
            |name: &QueueAttributeName| attributes.get(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        Ok::<_, anyhow::Error>(COUNTED.iter().map(count).sum::<u64>())
    }));
    Ok(depths.await?.into_iter().sum())
}

async fn rows(reach: &Reach, function: &str) -> Result<Vec<(FaultKind, Option<Duration>)>> {
    let table = &reach.resources.faults_table;
    let answer = reach
        .connection
        .dynamodb
        .query()
        .table_name(table)
        .key_condition_expression("functionName = :function")
        .expression_attribute_values(":function", AttributeValue::S(function.to_owned()))
        .send()
        .await
        .map_err(|error| anyhow!("cannot read the table {table}: {}", cause(&error)))?;
    Ok(answer.items().iter().filter_map(|row| fault(row, Timestamp::now())).collect())
}

/// The fault of a row, unless it has expired: DynamoDB deletes expired rows late.
fn fault(row: &HashMap<String, AttributeValue>, now: Timestamp) -> Option<(FaultKind, Option<Duration>)> {
    let mode = row.get("mode")?.as_s().ok()?;
    let mode = FaultMode::ALL.into_iter().find(|known| known.as_str() == mode)?;
    let left = match row.get("expiresAt").and_then(|value| value.as_n().ok()?.parse::<i64>().ok()) {
        Some(expires) => {
            Some(Duration::from_secs(u64::try_from(expires - now.as_second()).ok().filter(|left| *left > 0)?))
        }
        None => None,
    };
    Some((kind(mode)?, left))
}

fn kind(mode: FaultMode) -> Option<FaultKind> {
    match mode {
        FaultMode::Decline => Some(FaultKind::Decline),
        FaultMode::OutOfStock => Some(FaultKind::OutOfStock),
        FaultMode::Error => Some(FaultKind::Error),
        FaultMode::Crash => Some(FaultKind::Crash),
        FaultMode::Latency => Some(FaultKind::Latency),
        FaultMode::Timeout => Some(FaultKind::Timeout),
        FaultMode::Publish => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(mode: &str, expires: i64) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("mode".to_owned(), AttributeValue::S(mode.into())),
            ("expiresAt".to_owned(), AttributeValue::N(expires.to_string())),
        ])
    }

    #[test]
    fn an_expired_row_is_no_fault() {
        let now = Timestamp::from_second(1_000).expect("a time");
        assert_eq!(fault(&row("decline", 1_060), now), Some((FaultKind::Decline, Some(Duration::from_secs(60)))));
        assert_eq!(fault(&row("decline", 1_000), now), None);
        assert_eq!(fault(&row("nonsense", 2_000), now), None);
    }

    #[test]
    fn latency_with_a_reservation_of_one_is_a_throttle() {
        assert_eq!(faults(vec![(FaultKind::Latency, None)], Some(1), false), [(FaultKind::Throttle, None)]);
        assert_eq!(faults(vec![(FaultKind::Latency, None)], None, false), [(FaultKind::Latency, None)]);
        assert_eq!(faults(Vec::new(), Some(0), true), [(FaultKind::Halt, None), (FaultKind::Disconnect, None)]);
    }
}
