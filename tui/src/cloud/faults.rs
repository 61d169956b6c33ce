//! Turning faults on and off, and restocking: by the same calls on AWS and on the embedded cloud.

use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::RuleState;
use eventflow_contract::stored_time;
use eventflow_faults::{Change, Journal, Restoration};
use eventflow_kit::FaultMode;
use jiff::Timestamp;

use super::{Reach, Store, cause};
use crate::app::{Fault, FaultKind, FaultSetting};

/// Turns a fault on. What it changes on the cloud is written down before, for whoever is left to put it back.
pub(crate) async fn set(reach: &Reach, fault: &Fault, setting: &FaultSetting) -> Result<()> {
    let Fault { function, kind } = fault;
    match kind {
        FaultKind::Throttle => {
            reserve(reach, function, 1, setting).await?;
            put_row(reach, function, FaultMode::Latency, setting).await
        }
        FaultKind::Halt => {
            // What is halted needs not be slowed down as well: the halt takes the place of a throttle.
            if ours(reach, |change| is_concurrency_of(change, function)).await?
                && super::state::reserved(reach, function).await? == Some(1)
            {
                delete_row(reach, function, FaultMode::Latency.as_str()).await?;
            }
            reserve(reach, function, 0, setting).await
        }
        FaultKind::Disconnect => disconnect(reach, function, setting).await,
        FaultKind::Drain => drain(reach, setting).await,
        _ => match mode(*kind) {
            Some(mode) => put_row(reach, function, mode, setting).await,
            None => bail!("{kind:?} is not for functions"),
        },
    }
}

/// Turns a fault off and puts back what it changed. What looks like it and was set by somebody else, without writing it
/// down, is undone to what is usual: nothing reserved, rules enabled. Anything else stays as it is.
pub(crate) async fn unset(reach: &Reach, fault: &Fault) -> Result<()> {
    let Fault { function, kind } = fault;
    match kind {
        FaultKind::Throttle => {
            delete_row(reach, function, FaultMode::Latency.as_str()).await?;
            unreserve(reach, function, 1).await
        }
        FaultKind::Halt => unreserve(reach, function, 0).await,
        FaultKind::Disconnect => connect(reach, function).await,
        FaultKind::Drain => restore(reach, |change| matches!(change, Change::Stock { .. })).await.map(|_| ()),
        _ => match mode(*kind) {
            Some(mode) => delete_row(reach, function, mode.as_str()).await,
            None => bail!("{kind:?} is not for functions"),
        },
    }
}

/// Turns every fault off that was set by a dashboard, and puts back what they changed. Goes on where one cannot be undone.
///
/// # Errors
/// What could not be undone, all of it.
pub(crate) async fn clear(reach: &Reach) -> Result<usize> {
    let mut problems = Vec::new();
    let mut cleared = 0;
    for (function, mode) in rows(reach).await? {
        match delete_row(reach, &function, &mode).await {
            Ok(()) => cleared += 1,
            Err(error) => problems.push(error.to_string()),
        }
    }
    match restore(reach, |_| true).await {
        Ok(restored) => cleared += restored,
        Err(error) => problems.push(error.to_string()),
    }
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    Ok(cleared)
}

/// The journal of what faults changed.
pub(crate) fn journal(reach: &Reach) -> Journal {
    Journal {
        dynamodb: reach.connection.dynamodb.clone(),
        eventbridge: reach.connection.events.clone(),
        lambda: reach.connection.lambda.clone(),
        faults_table: reach.resources.faults_table.clone(),
        inventory_table: reach.resources.inventory_table.clone(),
    }
}

fn mode(kind: FaultKind) -> Option<FaultMode> {
    match kind {
        FaultKind::Decline => Some(FaultMode::Decline),
        FaultKind::OutOfStock => Some(FaultMode::OutOfStock),
        FaultKind::Error => Some(FaultMode::Error),
        FaultKind::Crash => Some(FaultMode::Crash),
        FaultKind::Latency => Some(FaultMode::Latency),
        FaultKind::Timeout => Some(FaultMode::Timeout),
        FaultKind::Publish => Some(FaultMode::Publish),
        FaultKind::Throttle | FaultKind::Halt | FaultKind::Disconnect | FaultKind::Drain => None,
    }
}

fn ends(setting: &FaultSetting) -> Timestamp {
    // To the second above, as the tables keep it.
    Timestamp::now().checked_add(setting.lasts + Duration::from_millis(999)).unwrap_or(Timestamp::MAX)
}

async fn put_row(reach: &Reach, function: &str, mode: FaultMode, setting: &FaultSetting) -> Result<()> {
    let table = &reach.resources.faults_table;
    let call = reach
        .connection
        .dynamodb
        .put_item()
        .table_name(table)
        .item("functionName", AttributeValue::S(function.to_owned()))
        .item("mode", AttributeValue::S(mode.as_str().to_owned()))
        .item("rate", AttributeValue::N(setting.rate.clamp(0.0, 1.0).to_string()))
        .item("latencyMs", AttributeValue::N(setting.latency.as_millis().to_string()))
        .item("expiresAt", AttributeValue::N(ends(setting).as_second().to_string()));
    call.send().await.map(|_| ()).map_err(|error| anyhow!("cannot write to the table {table}: {}", cause(&error)))
}

async fn delete_row(reach: &Reach, function: &str, mode: &str) -> Result<()> {
    let table = &reach.resources.faults_table;
    let call = reach.connection.dynamodb.delete_item().table_name(table);
    let call = call.key("functionName", AttributeValue::S(function.to_owned()));
    let call = call.key("mode", AttributeValue::S(mode.to_owned()));
    call.send().await.map(|_| ()).map_err(|error| anyhow!("cannot write to the table {table}: {}", cause(&error)))
}

/// The keys of the rows that functions act out, those that expired as well.
async fn rows(reach: &Reach) -> Result<Vec<(String, String)>> {
    let table = &reach.resources.faults_table;
    let mut pages = reach.connection.dynamodb.scan().table_name(table).into_paginator().items().send();
    let mut rows = Vec::new();
    while let Some(item) = pages.next().await {
        let item = item.map_err(|error| anyhow!("cannot read the table {table}: {}", cause(&error)))?;
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let key = text("functionName").zip(text("mode"));
        rows.extend(key.filter(|(_, mode)| mode.parse::<FaultMode>().is_ok()));
    }
    Ok(rows)
}

async fn reserve(reach: &Reach, function: &str, concurrency: i32, setting: &FaultSetting) -> Result<()> {
    let before = super::state::reserved(reach, function).await?;
    let change = Change::Concurrency { function: function.to_owned(), before };
    if journal(reach).record(&Restoration { change, restore_at: ends(setting) }).await? {
        // What was read may have been a fault's, which was put back and struck off just before this was written down.
        let now = super::state::reserved(reach, function).await?;
        if now != before {
            journal(reach).correct(&Change::Concurrency { function: function.to_owned(), before: now }).await?;
        }
    }
    let call = reach.connection.lambda.put_function_concurrency().function_name(function);
    let call = call.reserved_concurrent_executions(concurrency).send().await;
    call.map(|_| ()).map_err(|error| anyhow!("cannot set the concurrency of {function}: {}", cause(&error)))
}

fn is_concurrency_of(change: &Change, function: &str) -> bool {
    matches!(change, Change::Concurrency { function: of, .. } if of == function)
}

/// Whether the journal holds such a change.
async fn ours(reach: &Reach, which: impl Fn(&Change) -> bool) -> Result<bool> {
    Ok(journal(reach).open().await?.iter().any(|open| which(&open.change)))
}

async fn unreserve(reach: &Reach, function: &str, fault: u32) -> Result<()> {
    if restore(reach, |change| is_concurrency_of(change, function)).await? > 0
        || super::state::reserved(reach, function).await? != Some(fault)
    {
        return Ok(());
    }
    let call = reach.connection.lambda.delete_function_concurrency().function_name(function).send().await;
    call.map(|_| ()).map_err(|error| anyhow!("cannot set the concurrency of {function}: {}", cause(&error)))
}

fn rules<'a>(reach: &'a Reach, function: &str) -> impl Iterator<Item = &'a String> {
    reach.resources.functions.iter().filter(move |one| one.name == function).flat_map(|one| &one.rules)
}

async fn disconnect(reach: &Reach, function: &str, setting: &FaultSetting) -> Result<()> {
    let events = &reach.connection.events;
    let ours: Vec<Change> = journal(reach).open().await?.into_iter().map(|open| open.change).collect();
    let failed = |rule: &str, error: &dyn std::error::Error| anyhow!("cannot change the rule {rule}: {}", cause(error));
    for rule in rules(reach, function) {
        let state = events.describe_rule().name(rule).send().await.map_err(|error| failed(rule, &error))?.state;
        let change = Change::Rule { name: rule.clone() };
        if state == Some(RuleState::Disabled) && !ours.contains(&change) {
            // Somebody else wants it so.
            continue;
        }
        journal(reach).record(&Restoration { change, restore_at: ends(setting) }).await?;
        events.disable_rule().name(rule).send().await.map_err(|error| failed(rule, &error))?;
    }
    Ok(())
}

async fn connect(reach: &Reach, function: &str) -> Result<()> {
    let names: Vec<_> = rules(reach, function).collect();
    let ours = |change: &Change| matches!(change, Change::Rule { name } if names.contains(&name));
    if restore(reach, ours).await? > 0 {
        return Ok(());
    }
    if super::state::disabled(reach, &names.iter().map(|name| (*name).clone()).collect::<Vec<_>>()).await?.len()
        < names.len()
    {
        // Some of them only: somebody else wants it so.
        return Ok(());
    }
    for rule in names {
        let call = reach.connection.events.enable_rule().name(rule).send().await;
        call.map_err(|error| anyhow!("cannot change the rule {rule}: {}", cause(&error)))?;
    }
    Ok(())
}

/// Takes every product that is available off the shelves.
async fn drain(reach: &Reach, setting: &FaultSetting) -> Result<()> {
    for stock in Store(reach).stock().await?.into_iter().filter(|stock| stock.available_qty > 0) {
        journal(reach).drain(&stock.product_id, ends(setting)).await?;
    }
    Ok(())
}

/// Puts back those of the changes; goes on where one cannot be.
async fn restore(reach: &Reach, which: impl Fn(&Change) -> bool) -> Result<usize> {
    let journal = journal(reach);
    let mut restored = 0;
    let mut problems = Vec::new();
    for open in journal.open().await?.into_iter().filter(|open| which(&open.change)) {
        match journal.restore(&open).await {
            Ok(()) => restored += 1,
            Err(error) => problems.push(error.to_string()),
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    Ok(restored)
}

/// Adds to a product's available stock; a product that is not there yet is put there.
pub(crate) async fn restock(reach: &Reach, product_id: &str, quantity: u32) -> Result<()> {
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
