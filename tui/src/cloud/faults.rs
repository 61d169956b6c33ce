//! Turning faults on and off, and restocking: by the same calls on AWS and on the embedded cloud.

use std::time::Duration;

use anyhow::{Result, anyhow};
use aws_sdk_dynamodb::types::AttributeValue;
use eventflow_contract::stored_time;
use eventflow_kit::FaultMode;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::{Reach, cause, state};
use crate::app::{Fault, FaultKind};

/// How long a fault lasts when nobody turns it off.
const LASTS: Duration = Duration::from_secs(10 * 60);
/// How slow a throttled or slow function is.
const LATENCY: Duration = Duration::from_millis(1_500);

/// Turns a fault on or off.
pub(super) async fn set(reach: &Reach, fault: &Fault, on: bool) -> Result<()> {
    let Fault { function, kind } = fault;
    match kind {
        FaultKind::Throttle => {
            row(reach, function, FaultMode::Latency, on).await?;
            reserve(reach, function, on.then_some(1)).await
        }
        FaultKind::Halt => reserve(reach, function, on.then_some(0)).await,
        FaultKind::Disconnect => connect(reach, function, !on).await,
        FaultKind::Decline => row(reach, function, FaultMode::Decline, on).await,
        FaultKind::OutOfStock => row(reach, function, FaultMode::OutOfStock, on).await,
        FaultKind::Error => row(reach, function, FaultMode::Error, on).await,
        FaultKind::Crash => row(reach, function, FaultMode::Crash, on).await,
        FaultKind::Latency => row(reach, function, FaultMode::Latency, on).await,
        FaultKind::Timeout => row(reach, function, FaultMode::Timeout, on).await,
    }
}

/// Turns every fault off that is on.
pub(super) async fn clear(reach: &Reach) -> Result<usize> {
    let mut on = Vec::new();
    for service in state::services(reach).await? {
        on.extend(service.faults.into_iter().map(|(kind, _)| Fault { function: service.function.clone(), kind }));
    }
    try_join_all(on.iter().map(|fault| set(reach, fault, false))).await?;
    Ok(on.len())
}

async fn row(reach: &Reach, function: &str, mode: FaultMode, on: bool) -> Result<()> {
    let table = &reach.resources.faults_table;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: String| AttributeValue::N(number);
    let dynamodb = &reach.connection.dynamodb;
    let failed = |error: &dyn std::error::Error| anyhow!("cannot write to the table {table}: {}", cause(error));
    if !on {
        let call = dynamodb.delete_item().table_name(table);
        let call = call.key("functionName", text(function)).key("mode", text(mode.as_str()));
        return call.send().await.map(|_| ()).map_err(|error| failed(&error));
    }
    let expires = Timestamp::now().as_second() + LASTS.as_secs() as i64;
    let call = dynamodb
        .put_item()
        .table_name(table)
        .item("functionName", text(function))
        .item("mode", text(mode.as_str()))
        .item("rate", number("1".to_owned()))
        .item("latencyMs", number(LATENCY.as_millis().to_string()))
        .item("expiresAt", number(expires.to_string()));
    call.send().await.map(|_| ()).map_err(|error| failed(&error))
}

async fn reserve(reach: &Reach, function: &str, concurrency: Option<i32>) -> Result<()> {
    let lambda = &reach.connection.lambda;
    let failed = |error: &dyn std::error::Error| anyhow!("cannot set the concurrency of {function}: {}", cause(error));
    match concurrency {
        Some(count) => {
            let call = lambda.put_function_concurrency().function_name(function);
            call.reserved_concurrent_executions(count).send().await.map(|_| ()).map_err(|error| failed(&error))
        }
        None => {
            let call = lambda.delete_function_concurrency().function_name(function);
            call.send().await.map(|_| ()).map_err(|error| failed(&error))
        }
    }
}

async fn connect(reach: &Reach, function: &str, enabled: bool) -> Result<()> {
    let rules = reach.resources.functions.iter().filter(|one| one.name == function).flat_map(|one| &one.rules);
    for rule in rules {
        let events = &reach.connection.events;
        let failed = |error: &dyn std::error::Error| anyhow!("cannot change the rule {rule}: {}", cause(error));
        if enabled {
            events.enable_rule().name(rule).send().await.map_err(|error| failed(&error))?;
        } else {
            events.disable_rule().name(rule).send().await.map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}

/// Adds to a product's available stock; a product that is not there yet is put there.
pub(super) async fn restock(reach: &Reach, product_id: &str, quantity: u32) -> Result<()> {
    let table = &reach.resources.inventory_table;
    let call = reach
        .connection
        .dynamodb
        .update_item()
        .table_name(table)
        .key("productId", AttributeValue::S(product_id.to_owned()))
        .update_expression(
            "ADD availableQty :more SET updatedAt = :now, reservedQty = if_not_exists(reservedQty, :none), \
#name = if_not_exists(#name, :name)",
        )
        .expression_attribute_names("#name", "name")
        .expression_attribute_values(":more", AttributeValue::N(quantity.to_string()))
        .expression_attribute_values(":now", AttributeValue::S(stored_time(Timestamp::now())))
        .expression_attribute_values(":none", AttributeValue::N("0".to_owned()))
        .expression_attribute_values(":name", AttributeValue::S(product_id.to_owned()));
    call.send().await.map(|_| ()).map_err(|error| anyhow!("cannot restock {product_id} in {table}: {}", cause(&error)))
}
