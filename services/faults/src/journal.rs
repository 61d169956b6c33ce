//! Writing down what a fault changes, and putting it back.

use std::fmt::Display;

use aws_sdk_dynamodb::{
    Client as DynamoDb,
    types::{AttributeValue, Delete, Put, TransactWriteItem, Update},
};
use aws_sdk_eventbridge::Client as EventBridge;
use aws_sdk_lambda::Client as Lambda;
use eventflow_contract::stored_time;
use jiff::Timestamp;

use crate::change::{BEFORE, Change, PARTITION, RESTORE_AT, Restoration, row_key};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {problem}")]
pub struct JournalError {
    /// What was attempted: `enabling the rule x`.
    pub action: String,
    /// What AWS or the way to it said.
    pub problem: String,
}

impl JournalError {
    /// With the innermost reason, which the SDK hides behind "service error" and "dispatch failure".
    fn of(action: impl Into<String>, error: impl std::error::Error) -> Self {
        let mut deepest: &dyn std::error::Error = &error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        Self { action: action.into(), problem: deepest.to_string() }
    }
}

/// What was changed and must be put back, kept in the faults table.
#[derive(Debug, Clone)]
pub struct Journal {
    /// DynamoDB: the faults table and the stock.
    pub dynamodb: DynamoDb,
    /// EventBridge: rules.
    pub eventbridge: EventBridge,
    /// Lambda: reserved concurrency.
    pub lambda: Lambda,
    /// The name of the faults table.
    pub faults_table: String,
    /// The name of the inventory table.
    pub inventory_table: String,
}

impl Journal {
    /// Writes down what is about to be changed. What was before counts once: a thing that is changed again keeps what it
    /// was at first, and only gets the new time.
    ///
    /// # Errors
    /// When the table does not take it. Nothing must be changed then.
    pub async fn record(&self, restoration: &Restoration) -> Result<(), JournalError> {
        let Restoration { change, restore_at } = restoration;
        self.dynamodb
            .update_item()
            .table_name(&self.faults_table)
            .set_key(Some(row_key(change)))
            .update_expression("SET #at = :at, #before = if_not_exists(#before, :before)")
            .expression_attribute_names("#at", RESTORE_AT)
            .expression_attribute_names("#before", BEFORE)
            .expression_attribute_values(":at", AttributeValue::N(restore_at.as_second().to_string()))
            .expression_attribute_values(":before", change.before())
            .send()
            .await
            .map_err(|error| JournalError::of(self.writing(change.key()), error))?;
        Ok(())
    }

    /// Takes all that is available of a product out of the stock and writes that down, both or none.
    ///
    /// # Errors
    /// When the tables cannot be read or written, when somebody else buys at the same moment (try again), or when the
    /// product is drained already.
    pub async fn drain(&self, product_id: &str, restore_at: Timestamp) -> Result<u32, JournalError> {
        let action = || format!("draining the stock of {product_id}");
        let key = AttributeValue::S(product_id.to_owned());
        let call = self.dynamodb.get_item().table_name(&self.inventory_table).key("productId", key.clone());
        let answer = call.consistent_read(true).send().await.map_err(|error| JournalError::of(action(), error))?;
        let available = answer.item().and_then(|row| row.get("availableQty")?.as_n().ok()).cloned();
        let taken = available.as_ref().and_then(|text| text.parse().ok()).unwrap_or(0);
        let (Some(available), 1..) = (available, taken) else {
            return Err(JournalError { action: action(), problem: "there is none of it in stock".to_owned() });
        };
        let change = Change::Stock { product_id: product_id.to_owned(), taken };
        let row = row_key(&change).into_iter().chain([
            (RESTORE_AT.to_owned(), AttributeValue::N(restore_at.as_second().to_string())),
            (BEFORE.to_owned(), change.before()),
        ]);
        let put = Put::builder().table_name(&self.faults_table).set_item(Some(row.collect()));
        let put = put.condition_expression("attribute_not_exists(functionName)").build();
        let update = Update::builder()
            .table_name(&self.inventory_table)
            .key("productId", key)
            .update_expression("SET availableQty = :none, updatedAt = :now")
            .condition_expression("availableQty = :seen")
            .expression_attribute_values(":none", AttributeValue::N("0".to_owned()))
            .expression_attribute_values(":seen", AttributeValue::N(available))
            .expression_attribute_values(":now", AttributeValue::S(stored_time(Timestamp::now())))
            .build();
        let put = put.map_err(|error| JournalError::of(action(), error))?;
        let update = update.map_err(|error| JournalError::of(action(), error))?;
        let items =
            [TransactWriteItem::builder().put(put).build(), TransactWriteItem::builder().update(update).build()];
        let call = self.dynamodb.transact_write_items().set_transact_items(Some(items.to_vec()));
        call.send().await.map_err(|error| JournalError::of(action(), error))?;
        Ok(taken)
    }

    /// All that is to be put back some time.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn open(&self) -> Result<Vec<Restoration>, JournalError> {
        let query = self.dynamodb.query().table_name(&self.faults_table).consistent_read(true);
        let query = query
            .key_condition_expression("functionName = :restore")
            .expression_attribute_values(":restore", AttributeValue::S(PARTITION.to_owned()));
        let mut pages = query.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| {
                JournalError::of(format!("reading what is to be restored from the table {}", self.faults_table), error)
            })?;
            found.extend(Restoration::from_item(&item));
        }
        Ok(found)
    }

    /// Puts one thing back as it was, and strikes it off. Safe to do twice, and by two at once.
    ///
    /// # Errors
    /// When it could not be put back; it stays in the journal then.
    pub async fn restore(&self, restoration: &Restoration) -> Result<(), JournalError> {
        match &restoration.change {
            Change::Concurrency { function, before } => self.reserve(function, *before).await?,
            Change::Rule { name } => {
                let call = self.eventbridge.enable_rule().name(name);
                call.send().await.map_err(|error| JournalError::of(format!("enabling the rule {name}"), error))?;
            }
            Change::Stock { product_id, taken } => return self.give_back(restoration, product_id, *taken).await,
        }
        self.strike_off(restoration).await
    }

    async fn reserve(&self, function: &str, before: Option<u32>) -> Result<(), JournalError> {
        let action = || format!("restoring the concurrency of {function}");
        match before.and_then(|count| i32::try_from(count).ok()) {
            Some(count) => {
                let call = self.lambda.put_function_concurrency().function_name(function);
                let call = call.reserved_concurrent_executions(count);
                call.send().await.map(|_| ()).map_err(|error| JournalError::of(action(), error))
            }
            None => {
                let call = self.lambda.delete_function_concurrency().function_name(function);
                call.send().await.map(|_| ()).map_err(|error| JournalError::of(action(), error))
            }
        }
    }

    /// Unless the fault was prolonged in the meantime.
    async fn strike_off(&self, restoration: &Restoration) -> Result<(), JournalError> {
        let call = self.dynamodb.delete_item().table_name(&self.faults_table);
        let call = call
            .set_key(Some(row_key(&restoration.change)))
            .condition_expression("#at = :at OR attribute_not_exists(#at)")
            .expression_attribute_names("#at", RESTORE_AT)
            .expression_attribute_values(":at", AttributeValue::N(restoration.restore_at.as_second().to_string()));
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(JournalError::of(self.writing(restoration.change.key()), error)),
        }
    }

    /// The stock and the row together: pieces given back twice would be made out of nothing.
    async fn give_back(&self, restoration: &Restoration, product_id: &str, taken: u32) -> Result<(), JournalError> {
        let action = || format!("giving the drained stock of {product_id} back");
        let failed = |error| JournalError::of(action(), error);
        let delete = Delete::builder()
            .table_name(&self.faults_table)
            .set_key(Some(row_key(&restoration.change)))
            .condition_expression("attribute_exists(functionName)");
        let update = Update::builder()
            .table_name(&self.inventory_table)
            .key("productId", AttributeValue::S(product_id.to_owned()))
            .update_expression("ADD availableQty :taken SET updatedAt = :now")
            .expression_attribute_values(":taken", AttributeValue::N(taken.to_string()))
            .expression_attribute_values(":now", AttributeValue::S(stored_time(Timestamp::now())));
        let items = [
            TransactWriteItem::builder().delete(delete.build().map_err(failed)?).build(),
            TransactWriteItem::builder().update(update.build().map_err(failed)?).build(),
        ];
        let call = self.dynamodb.transact_write_items().set_transact_items(Some(items.to_vec()));
        match call.send().await {
            Ok(_) => Ok(()),
            // Somebody else gave it back.
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(JournalError::of(action(), error)),
        }
    }

    fn writing(&self, what: impl Display) -> String {
        format!("writing {what} to the table {}", self.faults_table)
    }
}

fn is_gone<R>(
    error: &aws_sdk_dynamodb::error::SdkError<
        aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError,
        R,
    >,
) -> bool {
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException as Cancelled;
    let Some(Cancelled(cancelled)) = error.as_service_error() else { return false };
    let first = cancelled.cancellation_reasons().first();
    first.and_then(|reason| reason.code()) == Some("ConditionalCheckFailed")
}
