//! What must be true when all is quiet again. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use eventflow_contract::{InventoryStatus, Order, PaymentStatus, Stock};

/// What was found when all was quiet.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The orders that were accepted: answered by 201.
    pub accepted: Vec<String>,
    /// All orders of the run as stored.
    pub orders: Vec<Order>,
    /// The stock of the products of the run.
    pub stock: Vec<Stock>,
    /// The stock at the beginning.
    pub stocked: BTreeMap<String, u64>,
    /// Orders that were charged more than once, as logged.
    pub charged_twice: u64,
    /// Orders that were reserved more than once, as logged.
    pub reserved_twice: u64,
    /// The orders named by dead letters of payment.
    pub owed_by_payment: BTreeSet<String>,
    /// The orders named by dead letters of inventory.
    pub owed_by_inventory: BTreeSet<String>,
}

/// Something that was promised and is not so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A product's pieces are more or fewer than there were.
    StockNotConserved {
        /// The product.
        product: String,
        /// How many there were.
        before: u64,
        /// How many are available and reserved now.
        after: u64,
    },
    /// A product's reserved pieces are not those of its orders.
    ReservedForNobody {
        /// The product.
        product: String,
        /// What the stock table holds reserved.
        reserved: u64,
        /// What its orders reserved.
        ordered: u64,
    },
    /// Orders were charged more than once.
    ChargedTwice(u64),
    /// Orders were reserved more than once.
    ReservedTwice(u64),
    /// An order was accepted and is not stored.
    Lost(String),
    /// An order is not final, and no dead letter names it.
    Stuck(String),
    /// An order failed for its payment and still holds stock, and no dead letter names it.
    NotReleased(String),
    /// An order failed for its stock and was not refunded, and no dead letter names it.
    NotRefunded(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StockNotConserved { product, before, after } => {
                write!(f, "stock not conserved: {product} had {before} pieces and has {after}")
            }
            Self::ReservedForNobody { product, reserved, ordered } => {
                write!(f, "{product} has {reserved} pieces reserved, its orders hold {ordered}")
            }
            Self::ChargedTwice(count) => write!(f, "{count} orders were charged more than once"),
            Self::ReservedTwice(count) => write!(f, "{count} orders were reserved more than once"),
            Self::Lost(order) => write!(f, "the order {order} was accepted and is not stored"),
            Self::Stuck(order) => write!(f, "the order {order} is not final and no dead letter names it"),
            Self::NotReleased(order) => write!(f, "the order {order} failed for its payment and still holds stock"),
            Self::NotRefunded(order) => write!(f, "the order {order} failed for its stock and was not refunded"),
        }
    }
}

/// Everything that is not as promised.
pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let mut found = stock(evidence);
    if evidence.charged_twice > 0 {
        found.push(Violation::ChargedTwice(evidence.charged_twice));
    }
    if evidence.reserved_twice > 0 {
        found.push(Violation::ReservedTwice(evidence.reserved_twice));
    }
    let stored: BTreeSet<&str> = evidence.orders.iter().map(|order| order.order_id.as_str()).collect();
    let lost = evidence.accepted.iter().filter(|id| !stored.contains(id.as_str()));
    found.extend(lost.map(|id| Violation::Lost(id.clone())));
    found.extend(evidence.orders.iter().filter_map(|order| unsettled(order).filter(|_| !is_owed(evidence, order))));
    found
}

/// Whether everything that is still to be done about an order waits in a dead-letter queue of whoever is to do it.
fn is_owed(evidence: &Evidence, order: &Order) -> bool {
    let by_payment = order.payment_status == PaymentStatus::Pending
        || order.payment_status == PaymentStatus::Paid && order.inventory_status == InventoryStatus::Failed;
    let by_inventory = order.inventory_status == InventoryStatus::Pending
        || order.inventory_status == InventoryStatus::Reserved && order.payment_status == PaymentStatus::Failed;
    (!by_payment || evidence.owed_by_payment.contains(&order.order_id))
        && (!by_inventory || evidence.owed_by_inventory.contains(&order.order_id))
}

/// What is still to be done about an order: `None` when it is final and nothing is owed to anybody.
pub(super) fn unsettled(order: &Order) -> Option<Violation> {
    let id = || order.order_id.clone();
    if !order.status().is_final() {
        Some(Violation::Stuck(id()))
    } else if order.payment_status == PaymentStatus::Failed && order.inventory_status == InventoryStatus::Reserved {
        Some(Violation::NotReleased(id()))
    } else if order.inventory_status == InventoryStatus::Failed && order.payment_status == PaymentStatus::Paid {
        Some(Violation::NotRefunded(id()))
    } else {
        None
    }
}

fn stock(evidence: &Evidence) -> Vec<Violation> {
    let mut found = Vec::new();
    for (product, before) in &evidence.stocked {
        let row = evidence.stock.iter().find(|row| row.product_id == *product);
        let (available, reserved) =
            row.map_or((0, 0), |row| (u64::from(row.available_qty), u64::from(row.reserved_qty)));
        let after = available + reserved;
        if after != *before {
            found.push(Violation::StockNotConserved { product: product.clone(), before: *before, after });
        }
        let holds =
            |order: &&Order| order.product_id == *product && order.inventory_status == InventoryStatus::Reserved;
        let ordered: u64 = evidence.orders.iter().filter(holds).map(|order| u64::from(order.quantity)).sum();
        if reserved != ordered {
            found.push(Violation::ReservedForNobody { product: product.clone(), reserved, ordered });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn order(id: &str, payment_status: PaymentStatus, inventory_status: InventoryStatus) -> Order {
        Order {
            order_id: id.into(),
            user_id: "u".into(),
            product_id: "tea".into(),
            quantity: 2,
            payment_status,
            inventory_status,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn evidence(orders: Vec<Order>, available_qty: u32, reserved_qty: u32) -> Evidence {
        let row = Stock {
            product_id: "tea".into(),
            name: String::new(),
            available_qty,
            reserved_qty,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        Evidence { orders, stock: vec![row], stocked: [("tea".to_owned(), 10)].into(), ..Evidence::default() }
    }

    use InventoryStatus as I;
    use PaymentStatus as P;

    #[test]
    fn a_sound_end_has_no_violation() {
        let orders = vec![order("1", P::Paid, I::Reserved), order("2", P::Failed, I::Released)];
        let sound = Evidence { accepted: vec!["1".into()], ..evidence(orders, 8, 2) };
        assert_eq!(violations(&sound), []);
    }

    #[test]
    fn each_promise_that_is_broken_is_told() {
        let stuck = evidence(vec![order("1", P::Paid, I::Pending)], 10, 0);
        assert_eq!(violations(&stuck), [Violation::Stuck("1".into())]);
        let another = Evidence { owed_by_payment: ["1".to_owned()].into(), ..stuck.clone() };
        assert_eq!(violations(&another), [Violation::Stuck("1".into())], "payment's letter is no excuse for inventory");
        let seen = Evidence { owed_by_inventory: ["1".to_owned()].into(), ..stuck };
        assert_eq!(violations(&seen), []);
        let held = evidence(vec![order("1", P::Failed, I::Reserved)], 8, 2);
        assert_eq!(violations(&held), [Violation::NotReleased("1".into())]);
        let kept = evidence(vec![order("1", P::Paid, I::Failed)], 10, 0);
        assert_eq!(violations(&kept), [Violation::NotRefunded("1".into())]);
        let oversold = evidence(vec![order("1", P::Paid, I::Reserved)], 10, 2);
        let expected = Violation::StockNotConserved { product: "tea".into(), before: 10, after: 12 };
        assert_eq!(violations(&oversold), [expected]);
        let leaked = evidence(Vec::new(), 8, 2);
        let expected = Violation::ReservedForNobody { product: "tea".into(), reserved: 2, ordered: 0 };
        assert_eq!(violations(&leaked), [expected]);
        let twice = Evidence { accepted: vec!["9".into()], charged_twice: 1, reserved_twice: 2, ..Evidence::default() };
        let expected = [Violation::ChargedTwice(1), Violation::ReservedTwice(2), Violation::Lost("9".into())];
        assert_eq!(violations(&twice), expected);
    }
}
