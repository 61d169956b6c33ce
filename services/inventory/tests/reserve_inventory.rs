//! reserveInventory against DynamoDB's semantics and a bus on loopback.
#![allow(clippy::unwrap_used)]

use eventflow_contract::{Event, InventoryStatus, OrderStatus, PaymentFailed, PaymentStatus, Version};
use eventflow_inventory::{StockTable, reserve_inventory::ReserveInventory};
use eventflow_kit::{FacetChange, FaultMode, Faults, Function, Invocation};
use eventflow_testbed::{Refusal, STOCK, Testbed, input};
use futures::future::join_all;
use jiff::Timestamp;

fn inventory(bed: &Testbed) -> ReserveInventory {
    ReserveInventory::new(bed.orders(), StockTable::new(bed.dynamodb.clone(), STOCK), bed.publisher())
}

async fn run(inventory: &ReserveInventory, event: &Event) -> Result<&'static str, eventflow_kit::Error> {
    inventory.handle(input(event), &Invocation::plain("req-1")).await.map(|consumed| consumed.outcome)
}

/// Stores that the payment failed; its event.
async fn payment_fails(bed: &Testbed, order_id: &str) -> Event {
    let row = bed.order(order_id).await;
    let reason = Some("declined".to_owned());
    bed.orders().move_facet(&row, &FacetChange::Payment { to: PaymentStatus::Failed, reason }).await.unwrap();
    PaymentFailed {
        order_id: order_id.into(),
        user_id: row.order.user_id,
        product_id: row.order.product_id,
        quantity: row.order.quantity,
        reason: "declined".into(),
        timestamp: Timestamp::now(),
        version: Version::CURRENT,
    }
    .into()
}

#[tokio::test]
async fn stock_is_reserved_once_however_often_the_event_comes() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 5).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let inventory = inventory(&bed);
    assert_eq!(run(&inventory, &created).await.unwrap(), "reserved");
    assert_eq!(run(&inventory, &created).await.unwrap(), "duplicate");
    assert_eq!(bed.stock("espresso").await, (3, 2));
    assert_eq!(bed.order("ord-1").await.order.status(), OrderStatus::Reserved);
    let Event::InventoryReserved(reserved) = &bed.bus.events()[0] else { panic!("not an InventoryReserved") };
    assert_eq!((reserved.quantity, reserved.available_qty), (2, 3));
}

#[tokio::test]
async fn the_same_event_many_times_at_once_reserves_once() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 100).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let inventory = inventory(&bed);
    let outcomes = join_all((0..20).map(|_| run(&inventory, &created))).await;
    let reserved = outcomes.iter().filter(|outcome| matches!(outcome, Ok("reserved"))).count();
    assert_eq!(reserved, 1, "{outcomes:?}");
    assert_eq!(bed.stock("espresso").await, (98, 2));
}

#[tokio::test]
async fn too_little_stock_fails_the_order_with_what_there_is_and_not_the_invocation() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 1).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let inventory = inventory(&bed);
    assert_eq!(run(&inventory, &created).await.unwrap(), "outOfStock");
    assert_eq!(bed.stock("espresso").await, (1, 0));
    // Restocking later does not change what was decided, nor what is told of it.
    bed.fill("espresso", 50).await;
    assert_eq!(run(&inventory, &created).await.unwrap(), "duplicate");
    for event in bed.bus.events() {
        let Event::InventoryFailed(failed) = event else { panic!("not an InventoryFailed") };
        assert_eq!((failed.available_qty, failed.reason.as_str()), (1, "2 ordered, 1 available"));
    }
    assert_eq!((bed.bus.events().len(), bed.stock("espresso").await), (2, (50, 0)));
}

#[tokio::test]
async fn an_unknown_product_is_out_of_stock() {
    let bed = Testbed::start().await;
    let created = bed.place("ord-1", "unobtainium", 1).await;
    assert_eq!(run(&inventory(&bed), &created).await.unwrap(), "outOfStock");
    let Event::InventoryFailed(failed) = &bed.bus.events()[0] else { panic!("not an InventoryFailed") };
    assert_eq!((failed.available_qty, failed.reason.as_str()), (0, "no such product"));
}

#[tokio::test]
async fn an_injected_shortage_fails_the_order_and_takes_nothing() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 5).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let struck = Invocation { faults: Faults::certain(&[FaultMode::OutOfStock]), ..Invocation::plain("req-1") };
    assert_eq!(inventory(&bed).handle(input(&created), &struck).await.unwrap().outcome, "outOfStock");
    assert_eq!(bed.stock("espresso").await, (5, 0));
}

#[tokio::test]
async fn a_failed_payment_gives_the_stock_back_once() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 5).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let inventory = inventory(&bed);
    run(&inventory, &created).await.unwrap();
    let failed = payment_fails(&bed, "ord-1").await;
    assert_eq!(run(&inventory, &failed).await.unwrap(), "released");
    assert_eq!(run(&inventory, &failed).await.unwrap(), "duplicate");
    assert_eq!(run(&inventory, &created).await.unwrap(), "ignored", "reserved again");
    assert_eq!(bed.stock("espresso").await, (5, 0));
    assert_eq!(bed.bus.detail_types(), ["InventoryReserved", "InventoryReleased", "InventoryReleased"]);
}

#[tokio::test]
async fn a_failed_payment_before_the_order_is_heard_of_means_nothing_is_reserved() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 5).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let failed = payment_fails(&bed, "ord-1").await;
    let inventory = inventory(&bed);
    assert_eq!(run(&inventory, &failed).await.unwrap(), "cancelled");
    assert_eq!(run(&inventory, &created).await.unwrap(), "ignored");
    assert_eq!(bed.stock("espresso").await, (5, 0));
    assert_eq!(bed.order("ord-1").await.order.inventory_status, InventoryStatus::Cancelled);
}

#[tokio::test]
async fn conflicts_with_other_transactions_are_tried_again() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 5).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    bed.tables.conflict(3);
    assert_eq!(run(&inventory(&bed), &created).await.unwrap(), "reserved");
    assert_eq!((bed.tables.transactions(), bed.stock("espresso").await), (4, (3, 2)));
}

#[tokio::test]
async fn endless_conflicts_end_in_an_error_that_lambda_retries() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 5).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    bed.tables.conflict(usize::MAX);
    assert_eq!(run(&inventory(&bed), &created).await.unwrap_err().name(), "Contended");
    assert_eq!(bed.stock("espresso").await, (5, 0));
}

#[tokio::test]
async fn a_crash_between_write_and_publication_is_made_good_by_the_retry() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 5).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let inventory = inventory(&bed);
    bed.bus.refuse([Refusal::Call("AccessDeniedException")]);
    assert_eq!(run(&inventory, &created).await.unwrap_err().name(), "PublishFailed");
    assert_eq!(run(&inventory, &created).await.unwrap(), "duplicate");
    assert_eq!((bed.bus.detail_types(), bed.stock("espresso").await), (vec!["InventoryReserved"], (3, 2)));
}

#[tokio::test]
async fn two_hundred_orders_at_once_on_fifty_pieces_reserve_exactly_fifty() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 50).await;
    let mut created = Vec::new();
    for n in 0..200 {
        created.push(bed.place(&format!("ord-{n}"), "espresso", 1).await);
    }
    let inventory = inventory(&bed);
    let outcomes = join_all(created.iter().map(|event| run(&inventory, event))).await;
    let count = |wanted: &str| outcomes.iter().filter(|outcome| outcome.as_ref().unwrap() == &wanted).count();
    assert_eq!((count("reserved"), count("outOfStock")), (50, 150));
    assert_eq!(bed.stock("espresso").await, (0, 50));
}

#[tokio::test]
async fn a_stock_row_that_lost_its_reservation_is_an_error_and_the_order_stays_reserved() {
    let bed = Testbed::start().await;
    bed.fill("espresso", 5).await;
    let created = bed.place("ord-1", "espresso", 2).await;
    let inventory = inventory(&bed);
    run(&inventory, &created).await.unwrap();
    bed.fill("espresso", 3).await;
    let failed = payment_fails(&bed, "ord-1").await;
    let error = run(&inventory, &failed).await.unwrap_err();
    assert!(error.to_string().contains("0 reserved"), "{error}");
    assert_eq!(bed.order("ord-1").await.order.inventory_status, InventoryStatus::Reserved);
}
