//! Rows for tests, and the parts that handlers are made of.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use eventflow_contract::{Event, InventoryStatus, Order, OrderCreated, PaymentStatus, Stock, Version};
use eventflow_kit::{Fault, Insertion, OrderRow, OrderTable, Publisher, RecentIndex, stock_from_item, stock_to_item};
use jiff::Timestamp;

use crate::{FAULTS, INDEX, ORDERS, SHARDS, STOCK, Testbed};

impl Testbed {
    /// The orders table, as handlers use it.
    pub fn orders(&self) -> OrderTable {
        OrderTable::new(self.dynamodb.clone(), ORDERS, SHARDS)
    }

    /// The recent-orders index, as handlers use it.
    pub fn recent(&self) -> RecentIndex {
        RecentIndex::new(self.dynamodb.clone(), ORDERS, INDEX, SHARDS)
    }

    /// The bus, as handlers use it.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.eventbridge.clone(), "default")
    }

    /// Stores an order that nobody has decided on, accepted at `created_at`.
    pub async fn place_at(&self, order_id: &str, product_id: &str, quantity: u32, created_at: Timestamp) -> Event {
        let order = Order {
            order_id: order_id.to_owned(),
            user_id: "user-1".to_owned(),
            product_id: product_id.to_owned(),
            quantity,
            payment_status: PaymentStatus::Pending,
            inventory_status: InventoryStatus::Pending,
            created_at,
            updated_at: created_at,
        };
        assert_eq!(self.orders().insert(&order).await.unwrap(), Insertion::New);
        OrderCreated {
            order_id: order.order_id,
            user_id: order.user_id,
            product_id: order.product_id,
            quantity,
            timestamp: created_at,
            version: Version::CURRENT,
        }
        .into()
    }

    /// Stores an order that nobody has decided on; its OrderCreated.
    pub async fn place(&self, order_id: &str, product_id: &str, quantity: u32) -> Event {
        self.place_at(order_id, product_id, quantity, Timestamp::now()).await
    }

    /// An order's row.
    pub async fn order(&self, order_id: &str) -> OrderRow {
        self.orders().get(order_id).await.unwrap()
    }

    /// How many rows the orders table has.
    pub async fn order_count(&self) -> i32 {
        self.dynamodb.scan().table_name(ORDERS).send().await.unwrap().count()
    }

    /// Puts a product on stock.
    pub async fn fill(&self, product_id: &str, available_qty: u32) {
        let stock = Stock {
            product_id: product_id.to_owned(),
            name: product_id.to_owned(),
            available_qty,
            reserved_qty: 0,
            updated_at: Timestamp::now(),
        };
        self.dynamodb.put_item().table_name(STOCK).set_item(Some(stock_to_item(&stock))).send().await.unwrap();
    }

    /// How many of a product are available and reserved.
    pub async fn stock(&self, product_id: &str) -> (u32, u32) {
        let key = AttributeValue::S(product_id.to_owned());
        let get = self.dynamodb.get_item().table_name(STOCK).key("productId", key).consistent_read(true);
        let stock = stock_from_item(get.send().await.unwrap().item().unwrap()).unwrap();
        (stock.available_qty, stock.reserved_qty)
    }

    /// Puts a fault into the faults table, as the dashboard does.
    pub async fn inject(&self, function: &str, fault: &Fault) {
        let item: HashMap<String, AttributeValue> = [
            ("functionName", AttributeValue::S(function.to_owned())),
            ("mode", AttributeValue::S(fault.mode.to_string())),
            ("rate", AttributeValue::N(fault.rate.to_string())),
            ("latencyMs", AttributeValue::N(fault.latency.as_millis().to_string())),
        ]
        .into_iter()
        .chain(fault.expires_at.map(|expiry| ("expiresAt", AttributeValue::N(expiry.as_second().to_string()))))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        self.dynamodb.put_item().table_name(FAULTS).set_item(Some(item)).send().await.unwrap();
    }
}
