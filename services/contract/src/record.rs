//! The rows that the services store.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{InventoryStatus, OrderStatus, PaymentStatus, hash::stable};

/// A row of the orders table, key `orderId`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The order's id: `ord-` and a UUID.
    pub order_id: String,
    /// Who ordered.
    pub user_id: String,
    /// What was ordered.
    pub product_id: String,
    /// How many, 1 to 1000.
    pub quantity: u32,
    /// The payment service's word on it.
    #[serde(default)]
    pub payment_status: PaymentStatus,
    /// The inventory service's word on it.
    #[serde(default)]
    pub inventory_status: InventoryStatus,
    /// When it was accepted.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created_at: Timestamp,
    /// When a service last wrote it.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub updated_at: Timestamp,
}

impl Order {
    /// The status that follows from the two facets.
    pub fn status(&self) -> OrderStatus {
        OrderStatus::of(self.payment_status, self.inventory_status)
    }
}

/// An order as the API answers it: the row and the status that follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    /// The row.
    #[serde(flatten)]
    pub order: Order,
    /// The status for people.
    pub status: OrderStatus,
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        Self { status: order.status(), order }
    }
}

/// The partition of the recent-orders index that an order is in, of `shards` partitions: 0 to `shards - 1`.
///
/// The index is spread over a few partitions because one of them takes no more than 1,000 writes a second.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-gsi-sharding.html>
pub fn recent_shard(order_id: &str, shards: u32) -> u32 {
    // Below `shards`, so it fits.
    (stable(order_id).1 % u64::from(shards.max(1))) as u32
}

/// A time as rows store it: RFC 3339, UTC, always three digits of a second's fraction, so that it sorts as text.
pub fn stored_time(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// A row of the inventory table, key `productId`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stock {
    /// The product's id.
    pub product_id: String,
    /// The product's name for people.
    #[serde(default)]
    pub name: String,
    /// How many can still be reserved.
    pub available_qty: u32,
    /// How many are set aside for orders.
    #[serde(default)]
    pub reserved_qty: u32,
    /// When a service last wrote it.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn orders_spread_evenly_over_the_shards() {
        let mut counts = [0_u32; 4];
        for n in 0..4_000 {
            counts[recent_shard(&format!("ord-{n}"), 4) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
        assert_eq!(recent_shard("ord-1", 0), 0, "no shards at all is read as one");
    }

    #[test]
    fn an_order_is_shown_with_its_status() {
        let time: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let order = Order {
            order_id: "ord-1".into(),
            user_id: "user-1".into(),
            product_id: "espresso".into(),
            quantity: 2,
            payment_status: PaymentStatus::Paid,
            inventory_status: InventoryStatus::Reserved,
            created_at: time,
            updated_at: time,
        };
        let view = serde_json::to_value(OrderView::from(order)).unwrap();
        assert_eq!(view["status"], "CONFIRMED");
        assert_eq!(view["paymentStatus"], "PAID");
        assert_eq!(view["createdAt"], "2026-01-02T03:04:05.678Z");
    }

    proptest! {
        #[test]
        fn stored_times_sort_as_text_and_read_back(a in 0..253_402_300_799_999_i64, b in 0..253_402_300_799_999_i64) {
            let [x, y] = [a, b].map(|millis| Timestamp::from_millisecond(millis).unwrap());
            prop_assert_eq!(stored_time(x).cmp(&stored_time(y)), x.cmp(&y));
            prop_assert_eq!(stored_time(x).parse::<Timestamp>().unwrap(), x);
        }
    }
}
