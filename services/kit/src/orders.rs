//! The orders table: reading a row, inserting a new one, and moving one facet of it.

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure, Update},
};
use eventflow_contract::{InventoryStatus, Order, PaymentStatus, stored_time};
use jiff::Timestamp;

use crate::{
    Clients, Error, OrderRow, StoreError,
    environment::{self, EnvironmentError, ORDERS_TABLE, RECENT_ORDERS_INDEX, RECENT_ORDERS_SHARDS},
    item::{Item, n, s},
    order_from_item,
    row::{facet_name, order_to_item},
};

/// The orders table.
#[derive(Debug, Clone)]
pub struct OrderTable {
    client: Client,
    table: String,
    shards: u32,
}

/// What became of an insertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insertion {
    /// The order is stored as given.
    New,
    /// An order of this id was there before: this one.
    Existing(Box<OrderRow>),
}

/// What became of moving a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It is stored: the row as it is now.
    Done(Box<OrderRow>),
    /// Another writer came first: the row as it is now. Nothing was written.
    Overtaken(Box<OrderRow>),
}

/// A move of one facet, with what must be remembered of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FacetChange {
    /// The payment facet.
    Payment {
        /// Where to.
        to: PaymentStatus,
        /// Why, when it failed.
        reason: Option<String>,
    },
    /// The inventory facet.
    Inventory {
        /// Where to.
        to: InventoryStatus,
        /// Why, and how many could be reserved, when it failed.
        failure: Option<(String, u32)>,
    },
}

impl FacetChange {
    /// The row after the change.
    fn applied(&self, row: &OrderRow, now: Timestamp) -> OrderRow {
        let mut after = row.clone();
        after.order.updated_at = now;
        match self {
            Self::Payment { to, reason } => {
                after.order.payment_status = *to;
                after.payment_reason = reason.clone().or(after.payment_reason);
            }
            Self::Inventory { to, failure } => {
                after.order.inventory_status = *to;
                if let Some((reason, available)) = failure {
                    after.inventory_reason = Some(reason.clone());
                    after.inventory_available_qty = Some(*available);
                }
            }
        }
        after
    }

    /// The attributes that only this facet's service writes, after the change.
    fn own_attributes(&self, after: &OrderRow) -> Vec<(&'static str, AttributeValue)> {
        let mut attributes = Vec::new();
        match self {
            Self::Payment { to, .. } => {
                attributes.push(("paymentStatus", s(facet_name(to))));
                attributes.extend(after.payment_reason.as_ref().map(|reason| ("paymentReason", s(reason))));
            }
            Self::Inventory { to, .. } => {
                attributes.push(("inventoryStatus", s(facet_name(to))));
                attributes.extend(after.inventory_reason.as_ref().map(|reason| ("inventoryReason", s(reason))));
                attributes.extend(after.inventory_available_qty.map(|qty| ("inventoryAvailableQty", n(qty))));
            }
        }
        attributes
    }
}

impl OrderTable {
    /// The table of that name, whose recent-orders index has `shards` partitions.
    pub fn new(client: Client, table: impl Into<String>, shards: u32) -> Self {
        Self { client, table: table.into(), shards }
    }

    /// The table that the environment names.
    ///
    /// # Errors
    /// When it names none.
    pub fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        Ok(Self::new(clients.dynamodb.clone(), environment::required(ORDERS_TABLE)?, shards()?))
    }

    /// An order as it is now: a consistent read.
    ///
    /// # Errors
    /// When the table cannot be read, or the row cannot.
    pub async fn find(&self, order_id: &str) -> Result<Option<OrderRow>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("orderId", s(order_id))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.error(format!("reading the order {order_id} from"), &error))?;
        Ok(answer.item().map(OrderRow::from_item).transpose()?)
    }

    /// An order that must be there.
    ///
    /// # Errors
    /// As [`find`](Self::find), and [`Error::OrderNotFound`] when it is not.
    pub async fn get(&self, order_id: &str) -> Result<OrderRow, Error> {
        self.find(order_id).await?.ok_or_else(|| Error::OrderNotFound { order_id: order_id.to_owned() })
    }

    /// Stores an order unless one of its id is there.
    ///
    /// # Errors
    /// When the table cannot be written, or the row that is there cannot be read.
    pub async fn insert(&self, order: &Order) -> Result<Insertion, Error> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(order_to_item(order, self.shards)))
            .condition_expression("attribute_not_exists(orderId)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = answer else { return Ok(Insertion::New) };
        let failed = error.as_service_error().and_then(|error| match error {
            aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed) => {
                Some(failed)
            }
            _ => None,
        });
        match failed {
            Some(failed) => self.row_now(failed.item(), &order.order_id).await.map(Insertion::Existing),
            None => Err(self.error(format!("storing the order {} in", order.order_id), &error).into()),
        }
    }

    /// Moves a facet, if both facets still are what `row` says.
    ///
    /// # Errors
    /// When the table cannot be written, or the row that came first cannot be read.
    pub async fn move_facet(&self, row: &OrderRow, change: &FacetChange) -> Result<Moved, Error> {
        let (update, after) = self.facet_update(row, change)?;
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = answer else { return Ok(Moved::Done(Box::new(after))) };
        use aws_sdk_dynamodb::operation::update_item::UpdateItemError as Failure;
        match error.as_service_error() {
            Some(Failure::ConditionalCheckFailedException(failed)) => {
                self.row_now(failed.item(), &row.order.order_id).await.map(Moved::Overtaken)
            }
            _ => Err(self.error(format!("moving a facet of the order {} in", row.order.order_id), &error).into()),
        }
    }

    /// The move of a facet as a part of a transaction, and the row after it.
    ///
    /// The condition is on both facets, not only on the one that moves: the `status` that is stored beside them follows
    /// from both, so it must not be written by one who has not seen the other's latest.
    ///
    /// # Errors
    /// None that this code can cause; the signature is the SDK's.
    pub fn facet_update(&self, row: &OrderRow, change: &FacetChange) -> Result<(Update, OrderRow), Error> {
        let after = change.applied(row, Timestamp::now());
        let mut sets = vec!["#status = :status".to_owned(), "updatedAt = :now".to_owned()];
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("orderId", s(&row.order.order_id))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", s(after.order.status().as_str()))
            .expression_attribute_values(":now", s(stored_time(after.order.updated_at)))
            .expression_attribute_values(":payment", s(facet_name(&row.order.payment_status)))
            .expression_attribute_values(":inventory", s(facet_name(&row.order.inventory_status)));
        for (name, value) in change.own_attributes(&after) {
            sets.push(format!("{name} = :to_{name}"));
            update = update.expression_attribute_values(format!(":to_{name}"), value);
        }
        let payment = unchanged("paymentStatus", ":payment", row.order.payment_status == PaymentStatus::Pending);
        let inventory =
            unchanged("inventoryStatus", ":inventory", row.order.inventory_status == InventoryStatus::Pending);
        let update = update
            .update_expression(format!("SET {}", sets.join(", ")))
            .condition_expression(format!("attribute_exists(orderId) AND {payment} AND {inventory}"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| self.error("preparing an update of", &error))?;
        Ok((update, after))
    }

    /// The row that made a condition fail; read when the answer does not have it.
    async fn row_now(&self, item: Option<&Item>, order_id: &str) -> Result<Box<OrderRow>, Error> {
        match item {
            Some(item) => Ok(Box::new(OrderRow::from_item(item)?)),
            None => self.get(order_id).await.map(Box::new),
        }
    }

    fn error(&self, action: impl Into<String>, error: &(impl std::error::Error + 'static)) -> StoreError {
        StoreError::of(action, &self.table, error)
    }
}

/// The condition that a facet is as it was read. A facet that is not stored is pending.
fn unchanged(attribute: &str, value: &str, pending: bool) -> String {
    if pending {
        format!("(attribute_not_exists({attribute}) OR {attribute} = {value})")
    } else {
        format!("{attribute} = {value}")
    }
}

fn shards() -> Result<u32, EnvironmentError> {
    environment::parsed(RECENT_ORDERS_SHARDS, 4, "a whole number from 1 to 256", |shards| (1..=256).contains(shards))
}

/// The index of recent orders.
#[derive(Debug, Clone)]
pub struct RecentIndex {
    client: Client,
    table: String,
    index: String,
    shards: u32,
}

impl RecentIndex {
    /// The index of that name.
    pub fn new(client: Client, table: impl Into<String>, index: impl Into<String>, shards: u32) -> Self {
        Self { client, table: table.into(), index: index.into(), shards }
    }

    /// The index that the environment names.
    ///
    /// # Errors
    /// When it names no orders table.
    pub fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        let index = environment::optional(RECENT_ORDERS_INDEX).unwrap_or_else(|| "recent-orders".to_owned());
        Ok(Self::new(clients.dynamodb.clone(), environment::required(ORDERS_TABLE)?, index, shards()?))
    }

    /// How many partitions it has.
    pub fn shards(&self) -> u32 {
        self.shards
    }

    /// Orders of one partition created from `from` to `to`, oldest first, with both facets pending; at most `rows`
    /// rows are looked at. The second value is the time up to which they were, when there are more.
    ///
    /// # Errors
    /// When the index cannot be read, or a row in it cannot.
    pub async fn undecided(
        &self,
        shard: u32,
        from: Timestamp,
        to: Timestamp,
        rows: i32,
    ) -> Result<(Vec<Order>, Option<Timestamp>), Error> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(&self.index)
            .key_condition_expression("recentShard = :shard AND createdAt BETWEEN :from AND :to")
            .filter_expression("paymentStatus = :pending AND inventoryStatus = :pending")
            .expression_attribute_values(":shard", s(shard.to_string()))
            .expression_attribute_values(":from", s(stored_time(from)))
            .expression_attribute_values(":to", s(stored_time(to)))
            .expression_attribute_values(":pending", s("PENDING"))
            .limit(rows)
            .send()
            .await
            .map_err(|error| StoreError::of("reading recent orders from", &self.table, &error))?;
        let orders = answer.items().iter().map(order_from_item).collect::<Result<_, _>>()?;
        let reached =
            answer.last_evaluated_key().map(|key| crate::item::Reader::new("orders", key).parsed("createdAt"));
        Ok((orders, reached.transpose()?))
    }
}
