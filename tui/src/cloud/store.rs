//! Reading orders and stock.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use eventflow_contract::{Order, Stock, stored_time};
use eventflow_kit::{order_from_item, stock_from_item};
use futures::future::try_join_all;
use jiff::Timestamp;

use super::{Reach, cause};

/// Keys of one BatchGetItem call.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const BATCH: usize = 100;
/// How many recent orders are read at most.
const RECENT: usize = 500;
/// How often keys that DynamoDB left unprocessed are asked for again.
const ATTEMPTS: u32 = 5;
const INDEX: &str = "recent-orders";
/// The partitions of the index.
const SHARDS: [&str; 4] = ["0", "1", "2", "3"];

/// The tables of a stack.
#[derive(Debug, Clone, Copy)]
pub struct Store<'a>(pub &'a Reach);

impl Store<'_> {
    /// The orders of these ids, in any order; ids that name none are left out.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn orders(&self, ids: &[String]) -> Result<Vec<Order>> {
        let batches = try_join_all(ids.chunks(BATCH).map(|ids| self.batch(ids))).await?;
        Ok(batches.into_iter().flatten().collect())
    }

    async fn batch(&self, ids: &[String]) -> Result<Vec<Order>> {
        let table = &self.0.resources.orders_table;
        let key = |id: &String| HashMap::from([("orderId".to_owned(), AttributeValue::S(id.clone()))]);
        let keys = KeysAndAttributes::builder().set_keys(Some(ids.iter().map(key).collect())).build()?;
        let mut wanted = Some(HashMap::from([(table.clone(), keys)]));
        let mut orders = Vec::with_capacity(ids.len());
        for attempt in 0..ATTEMPTS {
            let call = self.0.connection.dynamodb.batch_get_item().set_request_items(wanted.take());
            let answer = call.send().await.map_err(|error| reading(table, &error))?;
            let rows = answer.responses.unwrap_or_default().remove(table).unwrap_or_default();
            orders.extend(rows.iter().filter_map(|row| order_from_item(row).ok()));
            wanted = answer.unprocessed_keys.filter(|left| !left.is_empty());
            if wanted.is_none() {
                break;
            }
            // DynamoDB asks for a pause before what it left unprocessed is asked for again.
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        ensure!(wanted.is_none(), "DynamoDB left orders of {table} unread: it is throttled. They are read again soon");
        Ok(orders)
    }

    /// The newest orders, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn recent(&self) -> Result<Vec<Order>> {
        let shards = try_join_all(SHARDS.map(|shard| self.recent_of(shard))).await?;
        let mut orders: Vec<Order> = shards.into_iter().flatten().collect();
        orders.sort_by_key(|order| std::cmp::Reverse(order.created_at));
        orders.truncate(RECENT);
        Ok(orders)
    }

    async fn recent_of(&self, shard: &str) -> Result<Vec<Order>> {
        let table = &self.0.resources.orders_table;
        let query = self.0.connection.dynamodb.query().table_name(table).index_name(INDEX);
        let answer = query
            .key_condition_expression("recentShard = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(shard.to_owned()))
            .scan_index_forward(false)
            .limit(RECENT as i32)
            .send()
            .await
            .map_err(|error| reading(table, &error))?;
        Ok(answer.items().iter().filter_map(|row| order_from_item(row).ok()).collect())
    }

    /// All orders created from `since` on, in any order.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn since(&self, since: Timestamp) -> Result<Vec<Order>> {
        let shards = try_join_all(SHARDS.map(|shard| self.since_of(shard, since))).await?;
        Ok(shards.into_iter().flatten().collect())
    }

    async fn since_of(&self, shard: &str, since: Timestamp) -> Result<Vec<Order>> {
        let table = &self.0.resources.orders_table;
        let query = self.0.connection.dynamodb.query().table_name(table).index_name(INDEX);
        let query = query
            .key_condition_expression("recentShard = :shard AND createdAt >= :since")
            .expression_attribute_values(":shard", AttributeValue::S(shard.to_owned()))
            .expression_attribute_values(":since", AttributeValue::S(stored_time(since)));
        let mut rows = query.into_paginator().items().send();
        let mut orders = Vec::new();
        while let Some(row) = rows.next().await {
            orders.extend(order_from_item(&row.map_err(|error| reading(table, &error))?).ok());
        }
        Ok(orders)
    }

    /// All stock rows, by product id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn stock(&self) -> Result<Vec<Stock>> {
        let table = &self.0.resources.inventory_table;
        let mut pages = self.0.connection.dynamodb.scan().table_name(table).into_paginator().send();
        let mut stock = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| reading(table, &error))?;
            for row in page.items() {
                stock.push(stock_from_item(row).context("a row of the inventory table")?);
            }
        }
        stock.sort_by(|left: &Stock, right| left.product_id.cmp(&right.product_id));
        Ok(stock)
    }
}

fn reading(table: &str, error: &dyn std::error::Error) -> anyhow::Error {
    anyhow::anyhow!("cannot read the table {table}: {}", cause(error))
}
