//! Drained stock: taken and written down, both or none, and given back once.
#![allow(missing_docs, clippy::unwrap_used)]

use aws_sdk_dynamodb::types::AttributeValue;
use eventflow_faults::{Change, Journal};
use eventflow_testbed::{FAULTS, STOCK, Testbed};
use jiff::{SignedDuration, Timestamp};

fn journal(bed: &Testbed) -> Journal {
    let nowhere = aws_sdk_lambda::Config::builder().behavior_version_latest().build();
    Journal {
        dynamodb: bed.dynamodb.clone(),
        eventbridge: bed.eventbridge.clone(),
        lambda: aws_sdk_lambda::Client::from_conf(nowhere),
        faults_table: FAULTS.to_owned(),
        inventory_table: STOCK.to_owned(),
    }
}

async fn stock(bed: &Testbed, available: u32) {
    let number = |value: u32| AttributeValue::N(value.to_string());
    let call = bed.dynamodb.put_item().table_name(STOCK).item("productId", AttributeValue::S("tea".into()));
    let call = call.item("availableQty", number(available)).item("reservedQty", number(3));
    call.send().await.unwrap();
}

async fn available(bed: &Testbed) -> u32 {
    let call = bed.dynamodb.get_item().table_name(STOCK).key("productId", AttributeValue::S("tea".into()));
    let answer = call.consistent_read(true).send().await.unwrap();
    answer.item.unwrap()["availableQty"].as_n().unwrap().parse().unwrap()
}

fn soon() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(60)
}

#[tokio::test]
async fn what_is_drained_twice_is_given_back_once_and_whole() {
    let bed = Testbed::start().await;
    let journal = journal(&bed);
    stock(&bed, 40).await;
    assert_eq!(journal.drain("tea", soon()).await.unwrap(), 40);
    assert_eq!(journal.drain("tea", soon()).await.unwrap(), 0, "there is none");
    let first = journal.open().await.unwrap();
    // Somebody restocks, and it is drained again.
    stock(&bed, 5).await;
    assert_eq!(journal.drain("tea", soon()).await.unwrap(), 5);
    assert_eq!(available(&bed).await, 0);
    journal.restore(&first[0]).await.unwrap();
    assert_eq!(available(&bed).await, 0, "what was read before is not what is owed now");
    let open = journal.open().await.unwrap();
    let owed = Change::Stock { product_id: "tea".into(), taken: 45 };
    assert_eq!(open.iter().map(|open| &open.change).collect::<Vec<_>>(), [&owed]);
    for _ in 0..2 {
        journal.restore(&open[0]).await.unwrap();
    }
    assert_eq!(available(&bed).await, 45);
    assert!(journal.open().await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_lost_between_those_who_buy_and_those_who_drain() {
    let bed = Testbed::start().await;
    let journal = journal(&bed);
    stock(&bed, 200).await;
    let buy = async {
        let mut bought = 0;
        for _ in 0..60 {
            let call = bed.dynamodb.update_item().table_name(STOCK).key("productId", AttributeValue::S("tea".into()));
            let call = call.update_expression("ADD availableQty :less").condition_expression("availableQty > :none");
            let call = call.expression_attribute_values(":less", AttributeValue::N("-1".into()));
            let call = call.expression_attribute_values(":none", AttributeValue::N("0".into()));
            bought += u32::from(call.send().await.is_ok());
        }
        bought
    };
    let (bought, drained) = tokio::join!(buy, journal.drain("tea", soon()));
    assert_eq!(bought + drained.unwrap() + available(&bed).await, 200);
    for open in journal.open().await.unwrap() {
        journal.restore(&open).await.unwrap();
    }
    assert_eq!(available(&bed).await + bought, 200);
}
