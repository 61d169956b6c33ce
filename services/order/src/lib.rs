//! createOrder, getOrder and republishStuckOrders: taking orders, showing them, and making sure that the others hear
//! of them.

pub mod create_order;
pub mod get_order;
mod http_api;
mod idempotency;
pub mod republish_stuck_orders;
mod sweep;

pub use http_api::{Request, Response};

use eventflow_contract::{Event, Order, OrderCreated, Version};

/// The event that tells of an order. Its timestamp is the order's, however often it is told.
fn order_created(order: &Order) -> Event {
    let order = order.clone();
    OrderCreated {
        order_id: order.order_id,
        user_id: order.user_id,
        product_id: order.product_id,
        quantity: order.quantity,
        timestamp: order.created_at,
        version: Version::CURRENT,
    }
    .into()
}
