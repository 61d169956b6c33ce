//! The status of an order: a pure function of what payment and inventory say, each for itself.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the payment service says of an order. Only the payment service writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentStatus {
    /// Not decided yet.
    #[default]
    Pending,
    /// The gateway approved.
    Paid,
    /// The gateway declined.
    Failed,
    /// Paid, and given back because the stock was missing.
    Refunded,
    /// Never charged, because the stock was missing.
    Cancelled,
}

/// What the inventory service says of an order. Only the inventory service writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InventoryStatus {
    /// Not decided yet.
    #[default]
    Pending,
    /// The stock is set aside.
    Reserved,
    /// There is not enough stock, or no such product.
    Failed,
    /// Reserved, and given back because the payment failed.
    Released,
    /// Never reserved, because the payment failed.
    Cancelled,
}

/// The status of an order as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    /// Neither service has decided.
    #[default]
    Pending,
    /// Paid; the stock is not decided.
    Paid,
    /// The stock is set aside; the payment is not decided.
    Reserved,
    /// Paid and reserved.
    Confirmed,
    /// The payment was declined.
    PaymentFailed,
    /// The stock is missing.
    InventoryFailed,
}

impl OrderStatus {
    /// The status that follows from the two facets. A failed payment outweighs missing stock: the customer hears one reason.
    pub fn of(payment: PaymentStatus, inventory: InventoryStatus) -> Self {
        use InventoryStatus as I;
        use PaymentStatus as P;
        match (payment, inventory) {
            (P::Failed, _) => Self::PaymentFailed,
            (P::Refunded | P::Cancelled, _) | (_, I::Failed) => Self::InventoryFailed,
            (_, I::Released | I::Cancelled) => Self::PaymentFailed,
            (P::Pending, I::Pending) => Self::Pending,
            (P::Pending, I::Reserved) => Self::Reserved,
            (P::Paid, I::Pending) => Self::Paid,
            (P::Paid, I::Reserved) => Self::Confirmed,
        }
    }

    /// Whether no further event changes it in the ordinary course.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Confirmed | Self::PaymentFailed | Self::InventoryFailed)
    }

    /// The name as stored: `PAYMENT_FAILED`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Paid => "PAID",
            Self::Reserved => "RESERVED",
            Self::Confirmed => "CONFIRMED",
            Self::PaymentFailed => "PAYMENT_FAILED",
            Self::InventoryFailed => "INVENTORY_FAILED",
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
