//! reserveInventory: sets stock aside for orders, and gives it back when the payment fails. Writes the stock and only
//! the inventory facet of orders.

pub mod reserve_inventory;
mod stock;

pub use stock::StockTable;
