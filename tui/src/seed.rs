//! Products for demonstrations.

use anyhow::{Result, anyhow};
use aws_sdk_dynamodb::{Client, error::SdkError};
use eventflow_contract::Stock;
use eventflow_kit::stock_to_item;
use futures::future::try_join_all;
use jiff::Timestamp;

use crate::cloud::cause;

const PRODUCTS: [(&str, &str, u32); 8] = [
    ("espresso", "Espresso beans", 200),
    ("teapot", "Cast-iron teapot", 40),
    ("lamp", "Reading lamp", 60),
    ("notebook", "Dotted notebook", 150),
    ("headphones", "Headphones", 30),
    ("keyboard", "Mechanical keyboard", 50),
    ("backpack", "Canvas backpack", 80),
    ("ticket", "Concert ticket", 20),
];

/// Puts the products into the inventory table; those that are there stay as they are.
///
/// # Errors
/// When the table cannot be written.
pub async fn seed(dynamodb: &Client, table: &str) -> Result<()> {
    let put = |(id, name, quantity): (&'static str, &str, u32)| {
        let stock = Stock {
            product_id: id.to_owned(),
            name: name.to_owned(),
            available_qty: quantity,
            reserved_qty: 0,
            updated_at: Timestamp::now(),
        };
        let call = dynamodb.put_item().table_name(table).set_item(Some(stock_to_item(&stock)));
        async move {
            match call.condition_expression("attribute_not_exists(productId)").send().await {
                Ok(_) => Ok(()),
                Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
                Err(error) => Err(anyhow!("cannot put the product {id} into {table}: {}", cause(&error))),
            }
        }
    };
    try_join_all(PRODUCTS.map(put)).await.map(|_| ())
}
