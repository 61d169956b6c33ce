//! getOrder, `GET /orders/{orderId}`.

use eventflow_contract::{MAX_ID_CHARS, OrderView};
use eventflow_kit::{
    Clients, Error, Function, Invocation, OrderTable, environment::EnvironmentError, note_order, start,
};
use serde_json::json;

use crate::http_api::{Request, Response};

/// The function.
#[derive(Debug, Clone)]
pub struct GetOrder {
    orders: OrderTable,
}

/// Runs the function until Lambda ends the process.
///
/// # Errors
/// When its environment lacks something.
pub fn main() -> Result<(), lambda_runtime::Error> {
    start::<GetOrder>()
}

impl GetOrder {
    /// The function on the given table.
    pub fn new(orders: OrderTable) -> Self {
        Self { orders }
    }
}

impl Function for GetOrder {
    type Input = Request;
    type Output = Response;

    fn from_environment(clients: &Clients) -> Result<Self, EnvironmentError> {
        Ok(Self::new(OrderTable::from_environment(clients)?))
    }

    async fn handle(&self, request: Request, _: &Invocation) -> Result<Response, Error> {
        let id = request.path_parameters.get("orderId").map(String::as_str).unwrap_or_default();
        // What cannot be an id is not looked for: an empty key or one of kilobytes is an error of DynamoDB.
        let row = match id {
            "" => None,
            id if id.chars().count() > MAX_ID_CHARS || id.chars().any(char::is_control) => None,
            id => {
                note_order(id);
                self.orders.find(id).await?
            }
        };
        Ok(match row {
            Some(row) => {
                tracing::info!(outcome = "found", "order shown");
                Response::json(200, &OrderView::from(row.order))
            }
            None => {
                tracing::info!(outcome = "notFound", "no such order");
                Response::problem(404, "there is no such order", json!({}))
            }
        })
    }
}
