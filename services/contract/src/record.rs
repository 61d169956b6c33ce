//! The rows that the services store.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{InventoryStatus, OrderStatus, PaymentStatus};

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
