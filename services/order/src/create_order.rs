//! createOrder, `POST /orders`.

use eventflow_contract::{InventoryStatus, NewOrder, Order, OrderView, PaymentStatus, Violation};
use eventflow_kit::{
    Clients, Error, Function, Insertion, Invocation, OrderTable, Publisher, environment::EnvironmentError, note_order,
    start,
};
use jiff::Timestamp;
use serde_json::json;

use crate::{
    http_api::{Request, Response},
    idempotency, order_created,
};

/// The largest body in bytes. The largest valid order has under 1 KB even if every character is escaped.
const MAX_BODY_BYTES: usize = 8 * 1024;

/// The function.
#[derive(Debug, Clone)]
pub struct CreateOrder {
    orders: OrderTable,
    publisher: Publisher,
}

/// Runs the function until Lambda ends the process.
///
/// # Errors
/// When its environment lacks something.
pub fn main() -> Result<(), lambda_runtime::Error> {
    start::<CreateOrder>()
}

impl CreateOrder {
    /// The function on the given table and bus.
    pub fn new(orders: OrderTable, publisher: Publisher) -> Self {
        Self { orders, publisher }
    }

    /// Stores the order unless it is there, tells of it while nobody has decided on it, and answers what is stored.
    async fn accept(&self, asked: NewOrder, key: Option<&str>, invocation: &Invocation) -> Result<Response, Error> {
        let order = new_order(asked, key);
        note_order(&order.order_id);
        let stored = match self.orders.insert(&order).await? {
            Insertion::New => order,
            // The same order again: a customer who heard nothing and asks once more, or the SDK whose first attempt
            // went through unheard.
            Insertion::Existing(row) if same(&row.order, &order) => row.order,
            Insertion::Existing(_) => {
                tracing::info!(outcome = "conflict", "the idempotency key was used for another order");
                let message = "this Idempotency-Key was used for another order; use a new key for a new order";
                return Ok(Response::problem(409, message, json!({})));
            }
        };
        invocation.crash_before_publish();
        if stored.payment_status == PaymentStatus::Pending && stored.inventory_status == InventoryStatus::Pending {
            self.tell(&stored).await;
        }
        let mut response = Response::json(201, &OrderView::from(stored.clone()));
        response.headers.insert("location", format!("/orders/{}", stored.order_id));
        Ok(response)
    }

    /// Publishes OrderCreated. The order is accepted whether or not that works: it is stored, and
    /// republishStuckOrders tells of it later.
    async fn tell(&self, order: &Order) {
        match self.publisher.publish(&order_created(order)).await {
            Ok(()) => tracing::info!(outcome = "created", "order accepted"),
            Err(error) => tracing::error!(outcome = "unpublished", "order accepted, to be published later: {error}"),
        }
    }
}

impl Function for CreateOrder {
    type Input = Request;
    type Output = Response;

    fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        Ok(Self::new(OrderTable::from_environment(clients)?, Publisher::from_environment(clients)))
    }

    async fn handle(&self, request: Request, invocation: &Invocation) -> Result<Response, Error> {
        // Four thirds: what base64 makes of it.
        if request.body.as_ref().is_some_and(|body| body.len() > MAX_BODY_BYTES / 3 * 4 + 4) {
            return Ok(too_large());
        }
        let body = match request.body_bytes() {
            Some(body) if body.len() > MAX_BODY_BYTES => return Ok(too_large()),
            Some(body) => NewOrder::from_json(&body),
            None => Err(vec![Violation::new("body", "is not base64, as the request says it is")]),
        };
        match (body, idempotency::valid_key(request.header(idempotency::HEADER))) {
            (Ok(asked), Ok(key)) => self.accept(asked, key, invocation).await,
            (body, key) => {
                let violations: Vec<Violation> = body.err().unwrap_or_default().into_iter().chain(key.err()).collect();
                tracing::info!(outcome = "invalid", violations = violations.len(), "order refused");
                Ok(Response::problem(400, "the order is not valid", json!({ "violations": violations })))
            }
        }
    }
}

fn new_order(asked: NewOrder, key: Option<&str>) -> Order {
    let now = Timestamp::now();
    // Rows hold milliseconds, so the answer does too: asked again, it is the same.
    let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    Order {
        order_id: idempotency::order_id(&asked.user_id, key),
        user_id: asked.user_id,
        product_id: asked.product_id,
        quantity: asked.quantity,
        payment_status: PaymentStatus::Pending,
        inventory_status: InventoryStatus::Pending,
        created_at: now,
        updated_at: now,
    }
}

fn same(stored: &Order, asked: &Order) -> bool {
    (&stored.user_id, &stored.product_id, stored.quantity) == (&asked.user_id, &asked.product_id, asked.quantity)
}

fn too_large() -> Response {
    tracing::info!(outcome = "tooLarge", "order refused");
    Response::problem(413, &format!("the body has more than {MAX_BODY_BYTES} bytes"), json!({}))
}
