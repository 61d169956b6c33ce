//! `eventflow-tui order`: places an order.

use std::{io::Write, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::Target;
use crate::{
    app::NewOrder,
    cloud::{OrdersApi, Reach, Store},
};

/// How long `--wait` waits, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Options of `order`.
#[derive(Debug, Args)]
pub(super) struct Order {
    /// Who orders
    #[arg(long, default_value = "demo-user")]
    user: String,
    /// The id of the product; the first in stock when none is named
    #[arg(long)]
    product: Option<String>,
    /// How many
    #[arg(long, default_value_t = 1)]
    quantity: u32,
    /// Print the order as JSON
    #[arg(long)]
    json: bool,
    /// Wait until the order is final
    #[arg(long)]
    wait: bool,
}

impl Order {
    pub(super) async fn run(self, target: &Target) -> Result<()> {
        let (_, reach) = target.reach().await?;
        let product_id = match self.product {
            Some(product) => product,
            None => {
                let stock = Store(&reach).stock().await?;
                let first = stock.into_iter().find(|stock| stock.available_qty >= self.quantity);
                first.context("no product has enough in stock; name one with --product")?.product_id
            }
        };
        let order = NewOrder { user_id: self.user, product_id, quantity: self.quantity };
        let mut placed = OrdersApi::new(&reach.resources.api_url).place(&order).await?;
        if self.wait {
            let id = placed["orderId"].as_str().context("the API answered no order id")?.to_owned();
            placed = settled(&reach, &id).await?;
        }
        let line = if self.json { placed.to_string() } else { sentence(&placed) };
        writeln!(std::io::stdout(), "{line}")?;
        Ok(())
    }
}

/// Waits until the order is final.
async fn settled(reach: &Reach, id: &str) -> Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let orders = Store(reach).orders(&[id.to_owned()]).await?;
        if let Some(order) = orders.first().filter(|order| order.status().is_final()) {
            let mut shown = serde_json::to_value(order)?;
            shown["status"] = json!(order.status());
            return Ok(shown);
        }
        ensure!(Instant::now() < deadline, "the order {id} was not final after {} s", PATIENCE.as_secs());
        sleep(LOOK_EVERY).await;
    }
}

fn sentence(order: &Value) -> String {
    let text = |name: &str| order[name].as_str().unwrap_or_default();
    format!("{}  {} × {}  {}", text("orderId"), order["quantity"], text("productId"), text("status"))
}
