use aws_sdk_cloudwatchlogs::{
    Client,
    error::ProvideErrorMetadata,
    operation::filter_log_events::FilterLogEventsOutput,
    types::{InputLogEvent, StartLiveTailResponseStream},
};

use crate::client::{NoHostPrefix, sdk, start};

const GROUP: &str = "/aws/events/shop";
const ARN: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/shop";

async fn write(client: &Client, lines: &[&str]) {
    let _ = client.create_log_stream().log_group_name(GROUP).log_stream_name("s").send().await;
    let event = |(n, line): (usize, &&str)| {
        InputLogEvent::builder().timestamp(1_000 + n as i64).message(*line).build().unwrap()
    };
    let events = lines.iter().enumerate().map(event).collect();
    client
        .put_log_events()
        .log_group_name(GROUP)
        .log_stream_name("s")
        .set_log_events(Some(events))
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_filtered_by_pattern_and_time_and_paged() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    write(&client, &[r#"{"level":"INFO","n":1}"#, r#"{"level":"ERROR","n":2}"#, r#"{"level":"ERROR","n":3}"#, "text"])
        .await;
    let all = client.filter_log_events().log_group_name(GROUP);
    let found = all.clone().filter_pattern(r#"{ $.level = "ERROR" && $.n > 2 }"#).send().await.unwrap();
    assert_eq!(found.events().len(), 1);
    let found = all.clone().start_time(1_001).end_time(1_002).send().await.unwrap();
    assert_eq!(found.events().len(), 2);
    let pages: Vec<_> = all.clone().limit(3).into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    let sizes: Vec<_> = pages.iter().map(|page: &FilterLogEventsOutput| page.events().len()).collect();
    assert_eq!(sizes, [3, 1]);
    let error = all.filter_pattern("{ $.a = }").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterException"));
    let got =
        client.get_log_events().log_group_name(GROUP).log_stream_name("s").start_from_head(true).limit(2).send().await;
    assert_eq!(got.unwrap().events().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn live_tail_starts_updates_and_filters() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let session = client.start_live_tail().log_group_identifiers(ARN).log_event_filter_pattern("wanted");
    let mut stream = session.customize().interceptor(NoHostPrefix).send().await.unwrap().response_stream;
    let Some(StartLiveTailResponseStream::SessionStart(start)) = stream.recv().await.unwrap() else {
        panic!("the first message is not sessionStart")
    };
    assert_eq!(start.log_group_identifiers(), [ARN]);
    write(&client, &["wanted 1", "other", "wanted 2"]).await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        if let Some(StartLiveTailResponseStream::SessionUpdate(update)) = stream.recv().await.unwrap() {
            assert!(!update.session_metadata().unwrap().sampled());
            seen.extend(update.session_results().iter().map(|line| line.message().unwrap().to_owned()));
        }
    }
    assert_eq!(seen, ["wanted 1", "wanted 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_five_hundred_lines_at_once_are_sampled() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    let session = client.start_live_tail().log_group_identifiers(ARN);
    let mut stream = session.customize().interceptor(NoHostPrefix).send().await.unwrap().response_stream;
    stream.recv().await.unwrap();
    write(&client, &["line"; 2_000]).await;
    loop {
        if let Some(StartLiveTailResponseStream::SessionUpdate(update)) = stream.recv().await.unwrap()
            && update.session_metadata().unwrap().sampled()
        {
            assert!(update.session_results().len() <= 500);
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_tail_refuses_what_aws_refuses() {
    let cloud = start().await;
    let client = Client::new(&sdk(&cloud));
    for (group, code) in [
        (format!("{ARN}:*"), "InvalidParameterException"),
        (GROUP.to_owned(), "InvalidParameterException"),
        (ARN.replace("shop", "none"), "ResourceNotFoundException"),
    ] {
        let call = client.start_live_tail().log_group_identifiers(group).customize().interceptor(NoHostPrefix).send();
        assert_eq!(call.await.unwrap_err().code(), Some(code));
    }
}
