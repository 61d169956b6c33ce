//! The rows of the orders and the stock table as DynamoDB items.

use eventflow_contract::{InventoryStatus, Order, PaymentStatus, Stock, recent_shard, stored_time};
use serde::{Serialize, de::DeserializeOwned};

use crate::item::{Item, Reader, RowError, n, s};

/// An order as stored: the order, and what its services need to say the same again after a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The order.
    pub order: Order,
    /// Why the payment failed, when it did.
    pub payment_reason: Option<String>,
    /// Why the reservation failed, when it did.
    pub inventory_reason: Option<String>,
    /// How many could be reserved when the reservation failed.
    pub inventory_available_qty: Option<u32>,
}

impl OrderRow {
    /// Reads a row.
    ///
    /// # Errors
    /// When an attribute is missing or not of its type.
    pub fn from_item(item: &Item) -> Result<Self, RowError> {
        let row = Reader::new("orders", item);
        Ok(Self {
            order: order_from_item(item)?,
            payment_reason: row.optional_text("paymentReason")?.map(str::to_owned),
            inventory_reason: row.optional_text("inventoryReason")?.map(str::to_owned),
            inventory_available_qty: row.optional_number("inventoryAvailableQty")?,
        })
    }
}

/// Reads the order in a row of the orders table.
///
/// # Errors
/// When an attribute is missing or not of its type.
pub fn order_from_item(item: &Item) -> Result<Order, RowError> {
    let row = Reader::new("orders", item);
    Ok(Order {
        order_id: row.text("orderId")?.to_owned(),
        user_id: row.text("userId")?.to_owned(),
        product_id: row.text("productId")?.to_owned(),
        quantity: row.number("quantity")?,
        payment_status: facet::<PaymentStatus>(&row, "paymentStatus")?,
        inventory_status: facet::<InventoryStatus>(&row, "inventoryStatus")?,
        created_at: row.parsed("createdAt")?,
        updated_at: row.parsed("updatedAt")?,
    })
}

/// The item of a new order in an index of recent orders with `shards` partitions.
pub(crate) fn order_to_item(order: &Order, shards: u32) -> Item {
    [
        ("orderId", s(&order.order_id)),
        ("userId", s(&order.user_id)),
        ("productId", s(&order.product_id)),
        ("quantity", n(order.quantity)),
        ("status", s(order.status().as_str())),
        ("paymentStatus", s(facet_name(&order.payment_status))),
        ("inventoryStatus", s(facet_name(&order.inventory_status))),
        ("createdAt", s(stored_time(order.created_at))),
        ("updatedAt", s(stored_time(order.updated_at))),
        ("recentShard", s(recent_shard(&order.order_id, shards).to_string())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Reads a row of the stock table.
///
/// # Errors
/// When an attribute is missing or not of its type.
pub fn stock_from_item(item: &Item) -> Result<Stock, RowError> {
    let row = Reader::new("inventory", item);
    Ok(Stock {
        product_id: row.text("productId")?.to_owned(),
        name: row.optional_text("name")?.unwrap_or_default().to_owned(),
        available_qty: row.number("availableQty")?,
        reserved_qty: row.optional_number("reservedQty")?.unwrap_or_default(),
        updated_at: row.parsed("updatedAt")?,
    })
}

/// The item of a stock row.
pub fn stock_to_item(stock: &Stock) -> Item {
    [
        ("productId", s(&stock.product_id)),
        ("name", s(&stock.name)),
        ("availableQty", n(stock.available_qty)),
        ("reservedQty", n(stock.reserved_qty)),
        ("updatedAt", s(stored_time(stock.updated_at))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// A facet's name as stored: the one that JSON has for it.
pub(crate) fn facet_name<T: Serialize>(facet: &T) -> String {
    match serde_json::to_value(facet) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("a facet is a unit variant and serializes as a string, not {other:?}"),
    }
}

fn facet<T: DeserializeOwned + Default>(row: &Reader<'_>, attribute: &str) -> Result<T, RowError> {
    let read =
        |text: &str| serde_json::from_value(serde_json::Value::from(text)).map_err(|error| row.error(attribute, error));
    // A row of an older writer has no facets yet: nothing is decided.
    row.optional_text(attribute)?.map_or_else(|| Ok(T::default()), read)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn order() -> Order {
        let time: Timestamp = "2026-01-02T03:04:05.600Z".parse().unwrap();
        Order {
            order_id: "ord-1".into(),
            user_id: "user-1".into(),
            product_id: "espresso".into(),
            quantity: 2,
            payment_status: PaymentStatus::Pending,
            inventory_status: InventoryStatus::Cancelled,
            created_at: time,
            updated_at: time,
        }
    }

    #[test]
    fn an_order_row_has_what_the_index_and_people_need() {
        let item = order_to_item(&order(), 4);
        assert_eq!(item["createdAt"], s("2026-01-02T03:04:05.600Z"));
        assert_eq!(item["status"], s("PAYMENT_FAILED"));
        assert_eq!(item["inventoryStatus"], s("CANCELLED"));
        assert_eq!(item["recentShard"], s(recent_shard("ord-1", 4).to_string()));
    }

    #[test]
    fn a_row_without_facets_is_pending_and_a_broken_one_is_named() {
        let mut item = order_to_item(&order(), 4);
        item.remove("paymentStatus");
        assert_eq!(order_from_item(&item).unwrap().payment_status, PaymentStatus::Pending);
        for (attribute, value) in [
            ("quantity", n(-1)),
            ("quantity", s("2")),
            ("createdAt", s("now")),
            ("paymentStatus", s("RICH")),
            ("userId", n(1)),
        ] {
            let mut broken = order_to_item(&order(), 4);
            broken.insert(attribute.to_owned(), value);
            assert_eq!(order_from_item(&broken).unwrap_err().attribute, attribute);
        }
        let mut without = order_to_item(&order(), 4);
        without.remove("productId");
        assert_eq!(order_from_item(&without).unwrap_err().problem, "it is missing");
    }

    proptest! {
        #[test]
        fn rows_survive_the_way_through_items(
            id: String, user: String, product: String, quantity: u32, millis in 0..4_102_444_800_000_i64,
            available: u32, reserved: u32,
        ) {
            let time = Timestamp::from_millisecond(millis).unwrap();
            let order = Order {
                order_id: id.clone(), user_id: user, product_id: product.clone(), quantity, created_at: time, updated_at: time, ..order()
            };
            prop_assert_eq!(order_from_item(&order_to_item(&order, 4)).unwrap(), order);
            let stock = Stock { product_id: product, name: id, available_qty: available, reserved_qty: reserved, updated_at: time };
            prop_assert_eq!(stock_from_item(&stock_to_item(&stock)).unwrap(), stock);
        }
    }
}
