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
    ///
    /// Some pairs cannot come about when every event tells the truth: inventory is given back or cancelled only after
    /// the payment failed, and a payment only after the inventory failed. An event that someone publishes by hand can
    /// still lead there, so they have a status too, and it is that of the compensation: what was given back or cancelled
    /// will not be delivered. When both were compensated (each by an untrue event), missing stock is the reason shown.
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

#[cfg(test)]
mod tests {
    use super::{InventoryStatus as I, OrderStatus as S, PaymentStatus as P};

    #[test]
    fn every_pair_of_facets_has_the_status_of_the_table() {
        let inventory = [I::Pending, I::Reserved, I::Failed, I::Released, I::Cancelled];
        let table = [
            (P::Pending, [S::Pending, S::Reserved, S::InventoryFailed, S::PaymentFailed, S::PaymentFailed]),
            (P::Paid, [S::Paid, S::Confirmed, S::InventoryFailed, S::PaymentFailed, S::PaymentFailed]),
            (P::Failed, [S::PaymentFailed; 5]),
            (P::Refunded, [S::InventoryFailed; 5]),
            (P::Cancelled, [S::InventoryFailed; 5]),
        ];
        for (payment, row) in table {
            for (inventory, expected) in inventory.into_iter().zip(row) {
                assert_eq!(S::of(payment, inventory), expected, "{payment:?} {inventory:?}");
            }
        }
    }

    #[test]
    fn an_order_is_final_when_both_services_have_decided_or_one_has_failed() {
        let finals = [S::Pending, S::Paid, S::Reserved, S::Confirmed, S::PaymentFailed, S::InventoryFailed]
            .map(|status| (status.as_str(), status.is_final()));
        let expected = [
            ("PENDING", false),
            ("PAID", false),
            ("RESERVED", false),
            ("CONFIRMED", true),
            ("PAYMENT_FAILED", true),
            ("INVENTORY_FAILED", true),
        ];
        assert_eq!(finals, expected);
    }
}
