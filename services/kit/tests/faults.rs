//! Faults come from the table, heal by themselves, and never break the service by accident.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use eventflow_kit::{Fault, FaultMode, FaultTable, Faults};
use eventflow_testbed::{FAULTS, Testbed};
use jiff::Timestamp;

fn fault(mode: FaultMode) -> Fault {
    Fault { mode, rate: 1.0, latency: Duration::from_millis(250), expires_at: None }
}

fn table(bed: &Testbed) -> FaultTable {
    FaultTable::new(bed.dynamodb.clone(), FAULTS, "processPayment")
}

#[tokio::test]
async fn a_function_meets_its_own_faults_and_no_others() {
    let bed = Testbed::start().await;
    bed.inject("processPayment", &fault(FaultMode::Decline)).await;
    bed.inject("processPayment", &fault(FaultMode::Latency)).await;
    bed.inject("reserveInventory", &fault(FaultMode::Crash)).await;
    let faults = table(&bed).strike().await;
    assert!(faults.has(FaultMode::Decline) && faults.has(FaultMode::Latency) && !faults.has(FaultMode::Crash));
    assert_eq!(faults.latency(), Duration::from_millis(250));
}

#[tokio::test]
async fn an_expired_fault_does_not_strike_though_its_row_is_still_there() {
    let bed = Testbed::start().await;
    let past = Timestamp::now() - Duration::from_secs(5);
    bed.inject("processPayment", &Fault { expires_at: Some(past), ..fault(FaultMode::Error) }).await;
    let future = Timestamp::now() + Duration::from_secs(3600);
    bed.inject("processPayment", &Fault { expires_at: Some(future), ..fault(FaultMode::Decline) }).await;
    assert_eq!(table(&bed).strike().await, Faults::certain(&[FaultMode::Decline]));
}

#[tokio::test]
async fn what_was_read_holds_for_a_second() {
    let bed = Testbed::start().await;
    let table = table(&bed);
    assert_eq!(table.strike().await, Faults::default());
    bed.inject("processPayment", &fault(FaultMode::Error)).await;
    assert_eq!(table.strike().await, Faults::default(), "read again within the second");
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(1001)).await;
    tokio::time::resume();
    assert!(table.strike().await.has(FaultMode::Error));
}

#[tokio::test]
async fn a_row_that_is_not_understood_is_left_out() {
    let bed = Testbed::start().await;
    bed.inject("processPayment", &fault(FaultMode::Error)).await;
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let put = bed.dynamodb.put_item().table_name(FAULTS);
    put.item("functionName", key("processPayment")).item("mode", key("explode")).send().await.unwrap();
    assert_eq!(table(&bed).strike().await, Faults::certain(&[FaultMode::Error]));
}

#[tokio::test]
async fn a_table_that_cannot_be_read_means_no_faults() {
    let bed = Testbed::start().await;
    let missing = FaultTable::new(bed.dynamodb.clone(), "no-such-table", "processPayment");
    assert_eq!(missing.strike().await, Faults::default());
    let unreachable = FaultTable::new(bed.unreachable_tables().await, FAULTS, "processPayment");
    assert_eq!(unreachable.strike().await, Faults::default());
    assert_eq!(FaultTable::off().strike().await, Faults::default());
}
