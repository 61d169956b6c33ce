//! Two services on one row: neither overwrites the other, and the stored status follows from both facets.
#![allow(clippy::unwrap_used)]

use aws_sdk_dynamodb::types::AttributeValue;
use eventflow_contract::{InventoryStatus, OrderStatus, PaymentStatus};
use eventflow_kit::{FacetChange, Insertion, Moved};
use eventflow_testbed::{ORDERS, Testbed};

fn paid() -> FacetChange {
    FacetChange::Payment { to: PaymentStatus::Paid, reason: None }
}

fn failed() -> FacetChange {
    FacetChange::Inventory { to: InventoryStatus::Failed, failure: Some(("none left".to_owned(), 3)) }
}

async fn stored_status(bed: &Testbed) -> String {
    let key = AttributeValue::S("ord-1".to_owned());
    let answer = bed.dynamodb.get_item().table_name(ORDERS).key("orderId", key).send().await.unwrap();
    answer.item().unwrap()["status"].as_s().unwrap().clone()
}

#[tokio::test]
async fn who_read_an_older_row_writes_nothing_and_gets_the_row_as_it_is() {
    let bed = Testbed::start().await;
    bed.place("ord-1", "espresso", 2).await;
    let orders = bed.orders();
    let read = bed.order("ord-1").await;
    let Moved::Done(after) = orders.move_facet(&read, &failed()).await.unwrap() else { panic!("overtaken") };
    assert_eq!(bed.order("ord-1").await.inventory_available_qty, Some(3));

    let Moved::Overtaken(now) = orders.move_facet(&read, &paid()).await.unwrap() else { panic!("overwrote") };
    assert_eq!(
        (now.order.payment_status, now.order.inventory_status),
        (PaymentStatus::Pending, InventoryStatus::Failed)
    );
    assert_eq!(now.inventory_reason, after.inventory_reason);

    let Moved::Done(both) = orders.move_facet(&now, &paid()).await.unwrap() else { panic!("overtaken") };
    assert_eq!(both.order.status(), OrderStatus::InventoryFailed);
    assert_eq!(stored_status(&bed).await, "INVENTORY_FAILED");
    assert_eq!(bed.order("ord-1").await.inventory_reason.as_deref(), Some("none left"));
}

#[tokio::test]
async fn a_row_without_facets_can_be_moved_and_a_missing_row_is_not_made() {
    let bed = Testbed::start().await;
    bed.place("ord-1", "espresso", 2).await;
    let key = || AttributeValue::S("ord-1".to_owned());
    let update = bed.dynamodb.update_item().table_name(ORDERS).key("orderId", key());
    update.update_expression("REMOVE paymentStatus, inventoryStatus").send().await.unwrap();
    let row = bed.order("ord-1").await;
    assert!(matches!(bed.orders().move_facet(&row, &paid()).await.unwrap(), Moved::Done(_)));
    assert_eq!(bed.order("ord-1").await.order.payment_status, PaymentStatus::Paid);

    bed.dynamodb.delete_item().table_name(ORDERS).key("orderId", key()).send().await.unwrap();
    let error = bed.orders().move_facet(&row, &paid()).await.unwrap_err();
    assert_eq!((error.name(), bed.order_count().await), ("OrderNotFound", 0));
}

#[tokio::test]
async fn an_order_is_inserted_once_and_the_first_one_stays() {
    let bed = Testbed::start().await;
    bed.place("ord-1", "espresso", 2).await;
    let first = bed.order("ord-1").await;
    let mut other = first.order.clone();
    other.quantity = 9;
    assert_eq!(bed.orders().insert(&other).await.unwrap(), Insertion::Existing(Box::new(first.clone())));
    assert_eq!(bed.order("ord-1").await, first);
}
