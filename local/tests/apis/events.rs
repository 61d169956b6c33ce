use aws_sdk_eventbridge::{
    Client,
    error::ProvideErrorMetadata,
    types::{PutEventsRequestEntry, RuleState, Target},
};
use serde_json::{Value, json};

use crate::client::{eventually, sdk, start};

fn entry(source: &str) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder().source(source).detail_type("Happened").detail(r#"{"n":1}"#).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_entry_is_told_beside_the_good_ones() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let no_source = PutEventsRequestEntry::builder().detail_type("T").detail("{}").build();
    let malformed = PutEventsRequestEntry::builder().source("shop.x").detail_type("T").detail("[1]").build();
    let forbidden = PutEventsRequestEntry::builder().source("aws.x").detail_type("T").detail("{}").build();
    let entries = vec![entry("shop.a"), no_source, malformed, forbidden];
    let answer = client.put_events().set_entries(Some(entries)).send().await.unwrap();
    assert_eq!(answer.failed_entry_count(), 3);
    let codes: Vec<_> = answer.entries().iter().map(|entry| entry.error_code()).collect();
    let expected = [None, Some("InvalidArgument"), Some("MalformedDetail"), Some("NotAuthorizedForSourceException")];
    assert_eq!(codes, expected);
    assert!(answer.entries()[0].event_id().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_ten_entries_fail_the_call() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let entries = std::iter::repeat_with(|| entry("shop.a")).take(11).collect();
    let error = client.put_events().set_entries(Some(entries)).send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_reaches_the_log_group_as_one_envelope() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let answer = client.put_events().entries(entry("shop.orders")).send().await.unwrap();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk(&cloud));
    let found = logs.filter_log_events().log_group_name("/aws/events/shop").send().await.unwrap();
    let envelope: Value = serde_json::from_str(found.events()[0].message().unwrap()).unwrap();
    assert_eq!(envelope["id"].as_str(), answer.entries()[0].event_id());
    assert_eq!(envelope["detail"], json!({"n": 1}));
    assert_eq!((&envelope["version"], &envelope["account"]), (&json!("0"), &json!("000000000000")));
    assert_eq!(envelope["time"].as_str().map(str::len), Some("2026-01-01T00:00:00Z".len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_delivered_goes_to_the_rules_queue_at_once_with_its_reason() {
    let cloud = start().await;
    Client::new(&sdk(&cloud)).put_events().entries(entry("lost.shop")).send().await.unwrap();
    let sqs = aws_sdk_sqs::Client::new(&sdk(&cloud));
    let url = sqs.get_queue_url().queue_name("letters").send().await.unwrap().queue_url.unwrap();
    let mut codes = Vec::new();
    for _ in 0..2 {
        let received = eventually("a dead letter", || async {
            let answer = sqs.receive_message().queue_url(&url).message_attribute_names("All").send().await.unwrap();
            answer.messages?.into_iter().next()
        })
        .await;
        let attributes = received.message_attributes.unwrap();
        assert!(attributes["RULE_ARN"].string_value().unwrap().ends_with(":rule/to-nowhere"));
        codes.push(attributes["ERROR_CODE"].string_value().unwrap().to_owned());
    }
    codes.sort();
    assert_eq!(codes, ["NO_PERMISSIONS", "NO_RESOURCE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_rule_hears_nothing_and_an_enabled_one_again() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk(&cloud));
    let count =
        || async { logs.filter_log_events().log_group_name("/aws/events/shop").send().await.unwrap().events().len() };
    client.disable_rule().name("to-log").send().await.unwrap();
    let state = client.describe_rule().name("to-log").send().await.unwrap().state;
    assert_eq!(state, Some(RuleState::Disabled));
    client.put_events().entries(entry("shop.a")).send().await.unwrap();
    assert_eq!(count().await, 0);
    client.enable_rule().name("to-log").send().await.unwrap();
    client.put_events().entries(entry("shop.a")).send().await.unwrap();
    assert_eq!(count().await, 1);
    let error = client.enable_rule().name("none").send().await.unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_targets_are_added_changed_and_removed_while_it_runs() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    client.put_rule().name("late").event_pattern(r#"{"source":["late"]}"#).send().await.unwrap();
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/shop";
    let target = Target::builder().id("log").arn(arn).input("\"told\"").build().unwrap();
    client.put_targets().rule("late").targets(target).send().await.unwrap();
    client.put_events().entries(entry("late")).send().await.unwrap();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk(&cloud));
    let found = logs.filter_log_events().log_group_name("/aws/events/shop").send().await.unwrap();
    assert_eq!(found.events()[0].message(), Some("\"told\""));
    let targets = client.list_targets_by_rule().rule("late").send().await.unwrap();
    assert_eq!(targets.targets()[0].id(), "log");
    let names = client.list_rule_names_by_target().target_arn(arn).send().await.unwrap();
    assert_eq!(names.rule_names(), ["late", "to-log"]);
    assert!(client.delete_rule().name("late").send().await.is_err(), "it still has a target");
    client.remove_targets().rule("late").ids("log").send().await.unwrap();
    client.delete_rule().name("late").send().await.unwrap();
    let error = client.put_rule().name("bad").event_pattern(r#"{"source":"x"}"#).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidEventPatternException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_is_tested_without_a_rule() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let event = json!({
        "id": "1", "account": "0", "source": "s", "time": "2026-01-01T00:00:00Z", "region": "r", "resources": [],
        "detail-type": "t", "detail": {"n": 5},
    });
    let test = |pattern: &str| client.test_event_pattern().event(event.to_string()).event_pattern(pattern).send();
    assert!(test(r#"{"detail":{"n":[{"numeric":[">",4]}]}}"#).await.unwrap().result());
    assert!(!test(r#"{"source":["other"]}"#).await.unwrap().result());
    assert_eq!(test("{}").await.unwrap_err().code(), Some("InvalidEventPatternException"));
}
