//! Writing down what a fault changes, and putting it back.

use std::{fmt::Display, time::Duration};

use aws_sdk_dynamodb::{
    Client as DynamoDb,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, Delete, ReturnValue, TransactWriteItem, Update},
};
use aws_sdk_eventbridge::Client as EventBridge;
use aws_sdk_lambda::Client as Lambda;
use eventflow_contract::stored_time;
use eventflow_kit::Backoff;
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
    /// Writes down what is about to be changed; whether it was not written down yet. What was before counts once: a thing
    /// that is changed again keeps what it was at first, and only gets the new time.
    ///
    /// # Errors
    /// When the table does not take it. Nothing must be changed then.
    pub async fn record(&self, restoration: &Restoration) -> Result<bool, JournalError> {
        let Restoration { change, restore_at } = restoration;
        let answer = self
            .dynamodb
            .update_item()
            .table_name(&self.faults_table)
            .set_key(Some(row_key(change)))
            .update_expression("SET #at = :at, #before = if_not_exists(#before, :before)")
            .expression_attribute_names("#at", RESTORE_AT)
            .expression_attribute_names("#before", BEFORE)
            .expression_attribute_values(":at", AttributeValue::N(restore_at.as_second().to_string()))
            .expression_attribute_values(":before", change.before())
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| JournalError::of(self.writing(change.key()), error))?;
        Ok(answer.attributes.is_none_or(|before| before.is_empty()))
    }

    /// Writes down that it was otherwise before than was recorded.
    ///
    /// # Errors
    /// When the table does not take it.
    pub async fn correct(&self, change: &Change) -> Result<(), JournalError> {
        let call = self.dynamodb.update_item().table_name(&self.faults_table).set_key(Some(row_key(change)));
        let call = call.update_expression("SET #before = :before").expression_attribute_names("#before", BEFORE);
        let call = call.expression_attribute_values(":before", change.before()).send().await;
        call.map(|_| ()).map_err(|error| JournalError::of(self.writing(change.key()), error))
    }

    /// Takes all that is available of a product out of the stock and writes that down, both or none. What was taken before
    /// and not given back is added to. 0 when there is none.
    ///
    /// # Errors
    /// When the tables cannot be read or written, or when others buy all the time.
    pub async fn drain(&self, product_id: &str, restore_at: Timestamp) -> Result<u32, JournalError> {
        let mut backoff = Backoff::new(12, Duration::from_millis(5), Duration::from_millis(200));
        loop {
            match self.try_drain(product_id, restore_at).await? {
                Some(taken) => return Ok(taken),
                None if backoff.wait().await => {}
                None => {
                    let problem = format!("others bought of it each of {} times", backoff.attempts_made());
                    return Err(JournalError { action: format!("draining the stock of {product_id}"), problem });
                }
            }
        }
    }

    /// `None` when somebody else changed the stock at that moment.
    async fn try_drain(&self, product_id: &str, restore_at: Timestamp) -> Result<Option<u32>, JournalError> {
        let action = || format!("draining the stock of {product_id}");
        let key = AttributeValue::S(product_id.to_owned());
        let call = self.dynamodb.get_item().table_name(&self.inventory_table).key("productId", key.clone());
        let answer = call.consistent_read(true).send().await.map_err(|error| JournalError::of(action(), error))?;
        let available = answer.item().and_then(|row| row.get("availableQty")?.as_n().ok()).cloned();
        let taken: u32 = available.as_ref().and_then(|text| text.parse().ok()).unwrap_or(0);
        let (Some(available), 1..) = (available, taken) else { return Ok(Some(0)) };
        let change = Change::Stock { product_id: product_id.to_owned(), taken };
        let note = Update::builder()
            .table_name(&self.faults_table)
            .set_key(Some(row_key(&change)))
            .update_expression("SET #at = :at ADD #before :taken")
            .expression_attribute_names("#at", RESTORE_AT)
            .expression_attribute_names("#before", BEFORE)
            .expression_attribute_values(":at", AttributeValue::N(restore_at.as_second().to_string()))
            .expression_attribute_values(":taken", change.before());
        let take = Update::builder()
            .table_name(&self.inventory_table)
            .key("productId", key)
            .update_expression("SET availableQty = :none, updatedAt = :now")
            .condition_expression("availableQty = :seen")
            .expression_attribute_values(":none", AttributeValue::N("0".to_owned()))
            .expression_attribute_values(":seen", AttributeValue::N(available))
            .expression_attribute_values(":now", AttributeValue::S(stored_time(Timestamp::now())));
        let failed = |error| JournalError::of(action(), error);
        let items = [
            TransactWriteItem::builder().update(note.build().map_err(failed)?).build(),
            TransactWriteItem::builder().update(take.build().map_err(failed)?).build(),
        ];
        let call = self.dynamodb.transact_write_items().set_transact_items(Some(items.to_vec()));
        match call.send().await {
            Ok(_) => Ok(Some(taken)),
            Err(error) if is_contended(&error) => Ok(None),
            Err(error) => Err(JournalError::of(action(), error)),
        }
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
            Change::Rule { name } => match self.eventbridge.enable_rule().name(name).send().await {
                Ok(_) => {}
                // It was deleted since: nothing is left that could be put back.
                Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {}
                Err(error) => return Err(JournalError::of(format!("enabling the rule {name}"), error)),
            },
            Change::Stock { product_id, taken } => return self.give_back(restoration, product_id, *taken).await,
        }
        self.strike_off(restoration).await
    }

    async fn reserve(&self, function: &str, before: Option<u32>) -> Result<(), JournalError> {
        let action = || format!("restoring the concurrency of {function}");
        // A function that was deleted since has none to restore.
        match before.and_then(|count| i32::try_from(count).ok()) {
            Some(count) => {
                let call = self.lambda.put_function_concurrency().function_name(function);
                match call.reserved_concurrent_executions(count).send().await {
                    Ok(_) => Ok(()),
                    Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
                        Ok(())
                    }
                    Err(error) => Err(JournalError::of(action(), error)),
                }
            }
            None => match self.lambda.delete_function_concurrency().function_name(function).send().await {
                Ok(_) => Ok(()),
                Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => Ok(()),
                Err(error) => Err(JournalError::of(action(), error)),
            },
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

    async fn give_back(&self, restoration: &Restoration, product_id: &str, taken: u32) -> Result<(), JournalError> {
        let mut backoff = Backoff::new(12, Duration::from_millis(5), Duration::from_millis(200));
        while !self.try_give_back(restoration, product_id, taken).await? {
            if !backoff.wait().await {
                let problem = format!("others bought of it each of {} times", backoff.attempts_made());
                return Err(JournalError { action: format!("giving the stock of {product_id} back"), problem });
            }
        }
        Ok(())
    }

    /// The stock and the row together: pieces given back twice would be made out of nothing. `false` when somebody else
    /// wrote them at that moment.
    async fn try_give_back(
        &self,
        restoration: &Restoration,
        product_id: &str,
        taken: u32,
    ) -> Result<bool, JournalError> {
        let action = || format!("giving the drained stock of {product_id} back");
        let failed = |error| JournalError::of(action(), error);
        let delete = Delete::builder()
            .table_name(&self.faults_table)
            .set_key(Some(row_key(&restoration.change)))
            // What was drained again in the meantime is given back with the next reading of the journal.
            .condition_expression("#before = :taken")
            .expression_attribute_names("#before", BEFORE)
            .expression_attribute_values(":taken", restoration.change.before());
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
            Ok(_) => Ok(true),
            // Somebody else gave it back.
            Err(error) if is_gone(&error) => Ok(true),
            Err(error) if is_contended(&error) => Ok(false),
            Err(error) => Err(JournalError::of(action(), error)),
        }
    }

    fn writing(&self, what: impl Display) -> String {
        format!("writing {what} to the table {}", self.faults_table)
    }
}

type Transaction<R> = SdkError<TransactWriteItemsError, R>;

/// The codes of why a transaction was cancelled, by its items.
fn reasons<R>(error: &Transaction<R>) -> Vec<&str> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return Vec::new();
    };
    cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default()).collect()
}

/// The row of the journal is not there any more, or another.
fn is_gone<R>(error: &Transaction<R>) -> bool {
    reasons(error).first() == Some(&"ConditionalCheckFailed")
}

/// Somebody else wrote the same rows.
fn is_contended<R>(error: &Transaction<R>) -> bool {
    reasons(error).iter().any(|code| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict"))
}
