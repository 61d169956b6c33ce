//! The stock table: moving pieces between available and reserved, each time in one transaction with the order's facet.

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, CancellationReason, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
        builders::UpdateBuilder,
    },
};
use eventflow_contract::{Order, Stock, stored_time};
use eventflow_kit::{
    Clients, Error, Item, OrderRow, StoreError,
    environment::{self, EnvironmentError, INVENTORY_TABLE},
    stock_from_item,
};
use jiff::Timestamp;

/// The stock table.
#[derive(Debug, Clone)]
pub struct StockTable {
    client: Client,
    table: String,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Transacted {
    /// Both rows are written.
    Done,
    /// The order moved on since it was read: the row as it is now, when DynamoDB gave it.
    Overtaken(Option<Box<OrderRow>>),
    /// The stock's condition does not hold: the stock as it is now, `None` when there is no such product.
    Short(Option<Stock>),
    /// Another transaction is at one of the rows, or DynamoDB is busy: it may be tried again.
    Busy,
}

impl StockTable {
    /// The table of that name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The table that the environment names.
    ///
    /// # Errors
    /// When it names none.
    pub fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        Ok(Self::new(clients.dynamodb.clone(), environment::required(INVENTORY_TABLE)?))
    }

    /// How many of a product can be reserved now; 0 when there is no such product.
    ///
    /// # Errors
    /// When the table cannot be read, or the row cannot.
    pub async fn available(&self, product_id: &str) -> Result<u32, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("productId", text(product_id))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::of(format!("reading the stock of {product_id} from"), &self.table, &error))?;
        let stock = answer.item().map(stock_from_item).transpose()?;
        Ok(stock.map_or(0, |stock| stock.available_qty))
    }

    /// Takes an order's pieces out of the stock, if there are enough, and moves the order's facet by `facet`.
    pub(crate) async fn take(&self, order: &Order, facet: Update) -> Result<Transacted, Error> {
        let stock = self
            .update(order)
            .update_expression(
                "SET availableQty = availableQty - :quantity, \
                 reservedQty = if_not_exists(reservedQty, :zero) + :quantity, updatedAt = :now",
            )
            .condition_expression("availableQty >= :quantity")
            .expression_attribute_values(":zero", AttributeValue::N("0".to_owned()));
        self.transact(order, stock, facet).await
    }

    /// Gives an order's pieces back to the stock and moves the order's facet by `facet`.
    pub(crate) async fn give_back(&self, order: &Order, facet: Update) -> Result<Transacted, Error> {
        let stock = self
            .update(order)
            .update_expression(
                "SET availableQty = availableQty + :quantity, reservedQty = reservedQty - :quantity, updatedAt = :now",
            )
            .condition_expression("reservedQty >= :quantity");
        self.transact(order, stock, facet).await
    }

    fn update(&self, order: &Order) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key("productId", text(&order.product_id))
            .expression_attribute_values(":quantity", AttributeValue::N(order.quantity.to_string()))
            .expression_attribute_values(":now", text(stored_time(Timestamp::now())))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Both updates or none. The SDK gives the call a token, so that its own retries do not take twice.
    async fn transact(&self, order: &Order, stock: UpdateBuilder, facet: Update) -> Result<Transacted, Error> {
        let action = || format!("moving stock of {} for {} in", order.product_id, order.order_id);
        let stock = stock.build().map_err(|error| StoreError::of(action(), &self.table, &error))?;
        let answer = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(stock).build())
            .transact_items(TransactWriteItem::builder().update(facet).build())
            .send()
            .await;
        let Err(error) = answer else { return Ok(Transacted::Done) };
        let failed = || Error::from(StoreError::of(action(), &self.table, &error));
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancellation(cancelled.cancellation_reasons())?.ok_or_else(failed)
            }
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => Ok(Transacted::Busy),
            _ => Err(failed()),
        }
    }
}

/// What the reasons of a cancelled transaction say; `None` when a retry would not help. They come in the order of the
/// actions: stock, order. The order's comes first here: when it moved on, whether there is stock no longer matters.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn cancellation(reasons: &[CancellationReason]) -> Result<Option<Transacted>, Error> {
    let is = |index: usize, codes: &[&str]| {
        reasons.get(index).and_then(CancellationReason::code).is_some_and(|code| codes.contains(&code))
    };
    let item = |index: usize| -> Option<&Item> { reasons.get(index).and_then(CancellationReason::item) };
    const CONDITION: &[&str] = &["ConditionalCheckFailed"];
    const BUSY: &[&str] =
        &["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];
    if is(1, CONDITION) {
        let row = item(1).map(OrderRow::from_item).transpose()?;
        Ok(Some(Transacted::Overtaken(row.map(Box::new))))
    } else if is(0, BUSY) || is(1, BUSY) {
        Ok(Some(Transacted::Busy))
    } else if is(0, CONDITION) {
        Ok(Some(Transacted::Short(item(0).map(stock_from_item).transpose()?)))
    } else {
        Ok(None)
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn reasons(codes: [&str; 2]) -> Vec<CancellationReason> {
        codes.map(|code| CancellationReason::builder().code(code).build()).into()
    }

    #[test]
    fn an_order_that_moved_on_outweighs_missing_stock_and_a_conflict_leaves_both_open() {
        for (codes, expected) in [
            (["ConditionalCheckFailed", "ConditionalCheckFailed"], Some(Transacted::Overtaken(None))),
            (["TransactionConflict", "ConditionalCheckFailed"], Some(Transacted::Overtaken(None))),
            (["ConditionalCheckFailed", "TransactionConflict"], Some(Transacted::Busy)),
            (["TransactionConflict", "None"], Some(Transacted::Busy)),
            (["None", "ThrottlingError"], Some(Transacted::Busy)),
            (["ConditionalCheckFailed", "None"], Some(Transacted::Short(None))),
            (["ValidationError", "None"], None),
        ] {
            assert_eq!(cancellation(&reasons(codes)).unwrap(), expected, "{codes:?}");
        }
        assert_eq!(cancellation(&[]).unwrap(), None);
    }
}
