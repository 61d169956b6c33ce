//! Figures by name, at one moment: what conditions and reports speak of.

use std::collections::BTreeMap;

use eventflow_contract::{Order, OrderStatus, Stock};

use super::ledger::{FunctionCounts, Ledger};
use crate::app::{FunctionRole, ServiceState, System, hears};

/// The figures of orders.
const ORDERS: [&str; 9] = [
    "accepted",
    "refused",
    "stored",
    "confirmed",
    "payment_failed",
    "inventory_failed",
    "open",
    "charged_twice",
    "reserved_twice",
];
/// The figures of a function.
const FUNCTION: [&str; 13] = [
    "heard",
    "attempts",
    "handled",
    "recovered",
    "failed",
    "timeouts",
    "crashes",
    "dead_letters",
    "unhandled",
    "cold_starts",
    "p50_ms",
    "p95_ms",
    "exists",
];
/// The figures of a product, after its name.
const PRODUCT: [&str; 3] = ["available", "reserved", "total"];

/// What is known at one moment, beside the ledger.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Orders that the API took.
    pub accepted: u64,
    /// Orders that the API refused or failed to take.
    pub refused: u64,
    /// The orders as stored.
    pub orders: Vec<Order>,
    /// The stock at the beginning, with what was added since.
    pub stocked: BTreeMap<String, u64>,
    /// The stock now.
    pub stock: Vec<Stock>,
    /// Dead letters at the beginning, by function.
    pub letters_before: BTreeMap<String, u64>,
    /// The functions' settings and queues now.
    pub states: Vec<ServiceState>,
    /// Resources that were there at the beginning and were changed by an update of the stack.
    pub changed_resources: u64,
}

/// Figures by name: `orders.accepted`, `processPayment.p95_ms`, `events.OrderCreated`, `stock.espresso.available`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// All figures of a system.
    pub fn of(system: &System, ledger: &Ledger, facts: &Facts) -> Self {
        let mut figures = Self::default();
        figures.orders(ledger, facts);
        figures.stock(facts);
        for function in &system.functions {
            figures.function(&function.name, &function.role, ledger, facts);
        }
        for event in ledger.events() {
            *figures.0.entry(format!("events.{}", event.detail_type)).or_default() += 1.0;
        }
        figures.set("stack.changed", facts.changed_resources);
        figures
    }

    /// A figure; nothing happened of what is not counted.
    pub fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, figure)| (name.as_str(), *figure))
    }

    fn set(&mut self, name: impl Into<String>, count: u64) {
        self.0.insert(name.into(), count as f64);
    }

    fn orders(&mut self, ledger: &Ledger, facts: &Facts) {
        let with = |status: OrderStatus| facts.orders.iter().filter(|order| order.status() == status).count() as u64;
        let open = facts.orders.iter().filter(|order| !order.status().is_final()).count() as u64;
        let counts = [
            facts.accepted,
            facts.refused,
            facts.orders.len() as u64,
            with(OrderStatus::Confirmed),
            with(OrderStatus::PaymentFailed),
            with(OrderStatus::InventoryFailed),
            open,
            ledger.orders_with_more_than_one("paid"),
            ledger.orders_with_more_than_one("reserved"),
        ];
        for (name, count) in ORDERS.into_iter().zip(counts) {
            self.set(format!("orders.{name}"), count);
        }
    }

    fn stock(&mut self, facts: &Facts) {
        let mut lost = 0;
        for row in &facts.stock {
            let (available, reserved) = (u64::from(row.available_qty), u64::from(row.reserved_qty));
            for (name, count) in PRODUCT.into_iter().zip([available, reserved, available + reserved]) {
                self.set(format!("stock.{}.{name}", row.product_id), count);
            }
            let before = facts.stocked.get(&row.product_id).copied().unwrap_or(0);
            lost += before.abs_diff(available + reserved);
        }
        self.set("stock.lost_or_made", lost);
        self.set("stock.reserved_beyond_orders", reserved_beyond_orders(facts));
    }

    fn function(&mut self, name: &str, role: &FunctionRole, ledger: &Ledger, facts: &Facts) {
        let none = FunctionCounts::default();
        let counts = ledger.function(name).unwrap_or(&none);
        let heard = match role {
            FunctionRole::Consumer(rules) => {
                let heard = |rule: &crate::app::Subscription| {
                    ledger.events().filter(|event| hears(&rule.pattern, &event.source, &event.detail_type)).count()
                };
                rules.iter().map(heard).sum::<usize>() as u64
            }
            _ => counts.handled(),
        };
        let letters = facts.states.iter().find(|state| state.function == name).map_or(0, |state| state.dead_letters);
        let letters = letters.saturating_sub(facts.letters_before.get(name).copied().unwrap_or(0));
        let ms = |share| counts.percentile(share).unwrap_or_default().as_millis() as u64;
        let figures = [
            heard,
            counts.attempts,
            counts.handled(),
            counts.recovered(),
            counts.failed,
            counts.timeouts,
            counts.crashes,
            letters,
            heard.saturating_sub(counts.handled() + letters),
            counts.cold_starts,
            ms(0.5),
            ms(0.95),
            1,
        ];
        for (figure, count) in FUNCTION.into_iter().zip(figures) {
            self.set(format!("{name}.{figure}"), count);
        }
        for (outcome, count) in counts.outcomes() {
            self.set(format!("{name}.outcome.{outcome}"), *count);
        }
    }
}

/// Pieces that the stock table holds reserved and no order of these accounts for. Sensible only for products that nobody
/// else orders.
fn reserved_beyond_orders(facts: &Facts) -> u64 {
    use eventflow_contract::InventoryStatus::Reserved;
    let of = |product: &str| -> u64 {
        let reserved = facts.orders.iter().filter(|o| o.product_id == product && o.inventory_status == Reserved);
        reserved.map(|order| u64::from(order.quantity)).sum()
    };
    let ours = |row: &&Stock| facts.orders.iter().any(|order| order.product_id == row.product_id);
    facts.stock.iter().filter(ours).map(|row| u64::from(row.reserved_qty).abs_diff(of(&row.product_id))).sum()
}

/// Whether a name can be that of a figure.
pub fn is_figure(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["orders", figure] => ORDERS.contains(figure),
        ["stack", figure] => *figure == "changed",
        ["stock", figure] => ["lost_or_made", "reserved_beyond_orders"].contains(figure),
        ["stock", _, figure] => PRODUCT.contains(figure),
        ["events", detail_type] => !detail_type.is_empty(),
        [function, figure] => !function.is_empty() && FUNCTION.contains(figure),
        [function, "outcome", outcome] => !function.is_empty() && !outcome.is_empty(),
        _ => false,
    }
}

/// The function that a figure is of; `None` for those of orders, stock, events and the stack.
pub fn function_of(name: &str) -> Option<&str> {
    let (function, _) = name.split_once('.')?;
    (!["orders", "stack", "stock", "events"].contains(&function)).then_some(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_functions_say_which() {
        assert_eq!(function_of("processPayment.outcome.paid"), Some("processPayment"));
        assert_eq!(["orders.open", "stock.tea.total", "events.X", "stack.changed"].map(function_of), [None; 4]);
    }

    #[test]
    fn names_are_known_by_their_shape() {
        for name in ["orders.accepted", "stock.espresso.total", "processPayment.p95_ms", "f.outcome.paid", "events.X"] {
            assert!(is_figure(name), "{name}");
        }
        for name in ["orders", "orders.acepted", "stock.espresso.colour", "processPayment.speed", "a.b.c", ".handled"] {
            assert!(!is_figure(name), "{name}");
        }
    }

    #[test]
    fn stock_that_was_made_or_lost_is_told() {
        let row = |available_qty, reserved_qty| Stock {
            product_id: "tea".into(),
            name: String::new(),
            available_qty,
            reserved_qty,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let of = |row| {
            let facts = Facts { stocked: [("tea".to_owned(), 10)].into(), stock: vec![row], ..Facts::default() };
            let mut figures = Figures::default();
            figures.stock(&facts);
            figures.get("stock.lost_or_made")
        };
        assert_eq!((of(row(7, 3)), of(row(7, 2)), of(row(8, 4))), (0.0, 1.0, 2.0));
    }
}
