//! `UpdateStack`: what comes and goes while the rest runs on, and what is refused.

use aws_sdk_cloudformation::{
    Client,
    error::ProvideErrorMetadata,
    operation::update_stack::builders::UpdateStackFluentBuilder,
    types::{Capability, Parameter},
};
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, RuleState};
use eventflow_local::cloud::EmbeddedCloud;

use crate::client::{eventually, sdk, start_with};

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Audit: {Type: String, Default: "off", AllowedValues: ["on", "off"]}
  Retention: {Type: Number, Default: 7, MinValue: 1, MaxValue: 30}
  Archive: {Type: String, Default: "off"}
Conditions:
  WithAudit: !Equals [!Ref Audit, "on"]
  WithArchive: !Equals [!Ref Archive, "on"]
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties: {QueueName: orders}
  ToOrders:
    Type: AWS::Events::Rule
    Properties:
      Name: to-orders
      EventPattern: {source: [shop]}
      Targets: [{Id: orders, Arn: !GetAtt Orders.Arn}]
  Lines:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /shop/lines, RetentionInDays: !Ref Retention}
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Statement: []}}
  Archived:
    Type: AWS::DynamoDB::Table
    Condition: WithArchive
    Properties: {TableName: archive}
  Letters:
    Type: AWS::SQS::Queue
    Condition: WithAudit
    Properties: {QueueName: audit}
  ToAudit:
    Type: AWS::Events::Rule
    Condition: WithAudit
    Properties:
      Name: to-audit
      EventPattern: {source: [shop]}
      Targets:
        - {Id: audit, Arn: !GetAtt Letters.Arn}
        - {Id: log, Arn: !Sub "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AuditLines}"}
  Often:
    Type: AWS::Events::Rule
    Condition: WithAudit
    Properties:
      Name: often
      ScheduleExpression: rate(1 minute)
      Targets: [{Id: audit, Arn: !GetAtt Letters.Arn}]
  AuditLines:
    Type: AWS::Logs::LogGroup
    Condition: WithAudit
    Properties: {LogGroupName: /shop/audit}
  AuditPolicy:
    Type: AWS::Logs::ResourcePolicy
    Condition: WithAudit
    Properties:
      PolicyName: audit
      PolicyDocument: !Sub >-
        {"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:PutLogEvents", "Resource": "${AuditLines.Arn}"}]}
Outputs:
  Audit: {Value: !Ref Audit}
"#;

fn given(key: &str, value: &str) -> Parameter {
    Parameter::builder().parameter_key(key).parameter_value(value).build()
}

fn kept(key: &str) -> Parameter {
    Parameter::builder().parameter_key(key).use_previous_value(true).build()
}

/// An update with the previous template and everything acknowledged.
fn update(cloud: &EmbeddedCloud, parameters: &[Parameter]) -> UpdateStackFluentBuilder {
    Client::new(&sdk(cloud))
        .update_stack()
        .stack_name(cloud.stack_name())
        .use_previous_template(true)
        .set_parameters(Some(parameters.to_vec()))
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityAutoExpand)
}

async fn status(cloud: &EmbeddedCloud) -> aws_sdk_cloudformation::types::Stack {
    let answer = Client::new(&sdk(cloud)).describe_stacks().stack_name(cloud.stack_name()).send().await.unwrap();
    answer.stacks.unwrap().remove(0)
}

async fn updated(cloud: &EmbeddedCloud, parameters: &[Parameter]) {
    let answer = update(cloud, parameters).send().await.unwrap();
    assert_eq!(answer.stack_id(), status(cloud).await.stack_id());
    eventually("the update is complete", async || {
        (status(cloud).await.stack_status().unwrap().as_str() == "UPDATE_COMPLETE").then_some(())
    })
    .await;
}

/// Each resource with its status and the time of it.
async fn resources(cloud: &EmbeddedCloud) -> Vec<(String, String, String)> {
    let call = Client::new(&sdk(cloud)).list_stack_resources().stack_name(cloud.stack_name()).send();
    let shown = |one: &aws_sdk_cloudformation::types::StackResourceSummary| {
        let at = one.last_updated_timestamp().unwrap().to_string();
        (one.logical_resource_id().unwrap().into(), one.resource_status().unwrap().as_str().into(), at)
    };
    call.await.unwrap().stack_resource_summaries().iter().map(shown).collect()
}

async fn publish(cloud: &EmbeddedCloud) {
    let entry = PutEventsRequestEntry::builder().source("shop").detail_type("Sold").detail("{}").build();
    let answer = aws_sdk_eventbridge::Client::new(&sdk(cloud)).put_events().entries(entry).send().await.unwrap();
    assert_eq!(answer.failed_entry_count(), 0);
}

async fn messages(cloud: &EmbeddedCloud, queue: &str) -> Option<String> {
    let url = format!("{}/000000000000/{queue}", cloud.endpoint_url());
    let count = aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages;
    let call =
        aws_sdk_sqs::Client::new(&sdk(cloud)).get_queue_attributes().queue_url(url).attribute_names(count.clone());
    call.send().await.ok()?.attributes?.remove(&count)
}

/// How many of the messages in a queue are of published events.
async fn sold(cloud: &EmbeddedCloud, queue: &str) -> usize {
    let url = format!("{}/000000000000/{queue}", cloud.endpoint_url());
    let call = aws_sdk_sqs::Client::new(&sdk(cloud)).receive_message().queue_url(url).max_number_of_messages(10);
    let received = call.send().await.unwrap();
    received.messages().iter().filter(|message| message.body().unwrap().contains("Sold")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_works_and_what_was_there_is_not_touched() {
    let cloud = start_with(TEMPLATE).await;
    let before = resources(&cloud).await;
    publish(&cloud).await;
    let events = aws_sdk_eventbridge::Client::new(&sdk(&cloud));
    events.disable_rule().name("to-orders").send().await.unwrap();

    updated(&cloud, &[given("Audit", "on"), kept("Retention"), kept("Archive")]).await;
    let stack = status(&cloud).await;
    assert!(stack.last_updated_time() >= stack.creation_time() && stack.last_updated_time().is_some());
    assert_eq!(stack.outputs()[0].output_value(), Some("on"));
    assert_eq!(cloud.stack().parameters["Audit"], "on");
    let after = resources(&cloud).await;
    assert!(before.iter().all(|one| after.contains(one)), "unchanged: {before:?} in {after:?}");
    let added: Vec<&str> = after.iter().filter(|one| !before.contains(one)).map(|one| one.0.as_str()).collect();
    assert_eq!(added, ["Letters", "ToAudit", "Often", "AuditLines", "AuditPolicy"]);
    assert!(after.iter().all(|(_, status, _)| status == "CREATE_COMPLETE"), "{after:?}");

    publish(&cloud).await;
    assert_eq!(messages(&cloud, "orders").await.as_deref(), Some("1"), "the queue is as full, the rule as disabled");
    eventually("event and schedule arrive", async || {
        let count = messages(&cloud, "audit").await.unwrap();
        (count.parse::<u32>().unwrap() >= 2).then_some(())
    })
    .await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk(&cloud));
    let lines = logs.filter_log_events().log_group_name("/shop/audit").send().await.unwrap();
    assert_eq!(lines.events().len(), 1, "the new log policy lets the new rule write to the new group");
    cloud.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_away_is_gone_and_can_come_again() {
    let cloud = start_with(TEMPLATE).await;
    let before = resources(&cloud).await;
    let events = aws_sdk_eventbridge::Client::new(&sdk(&cloud));
    for _ in 0..2 {
        updated(&cloud, &[given("Audit", "on")]).await;
        publish(&cloud).await;
        assert_eq!(sold(&cloud, "audit").await, 1, "a new queue each time");
        updated(&cloud, &[given("Audit", "off")]).await;
        assert_eq!(resources(&cloud).await, before);
        assert_eq!(messages(&cloud, "audit").await, None);
        let rules = events.list_rules().send().await.unwrap();
        assert_eq!(rules.rules().iter().map(|rule| rule.name().unwrap()).collect::<Vec<_>>(), ["to-orders"]);
        assert_eq!(rules.rules()[0].state(), Some(&RuleState::Enabled));
    }
    let client = Client::new(&sdk(&cloud));
    let history = client.describe_stack_events().stack_name(cloud.stack_name()).send().await.unwrap();
    let told: Vec<_> = history.stack_events().iter().take(2).collect();
    assert_eq!(told[0].resource_status().unwrap().as_str(), "UPDATE_COMPLETE");
    assert_eq!(told[0].logical_resource_id(), Some(cloud.stack_name()));
    assert_eq!(told[1].resource_status().unwrap().as_str(), "DELETE_COMPLETE");
    cloud.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_of_its_own_can_be_given() {
    let cloud = start_with(TEMPLATE).await;
    let more = TEMPLATE.replace("Outputs:", "  More: {Type: AWS::SQS::Queue, Properties: {QueueName: more}}\nOutputs:");
    let call = update(&cloud, &[]).use_previous_template(false).template_body(more);
    call.send().await.unwrap();
    eventually("the queue of the new template", async || messages(&cloud, "more").await).await;
    cloud.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_refused_as_cloudformation_does_and_changes_nothing() {
    let cloud = start_with(TEMPLATE).await;
    let before = (resources(&cloud).await, status(&cloud).await);
    let both = Parameter::builder().parameter_key("Audit").parameter_value("on").use_previous_value(true).build();
    let on = given("Audit", "on");
    let table: [(&[Parameter], &str); 9] = [
        (&[kept("Audit"), kept("Retention"), kept("Archive")], "No updates are to be performed."),
        (&[given("Nonsense", "1")], "Parameters: [Nonsense] do not exist in the template"),
        (
            &[kept("Nonsense")],
            "Invalid input for parameter key Nonsense. Cannot specify usePreviousValue as true for a",
        ),
        (&[both], "Invalid input for parameter key Audit. Cannot specify usePreviousValue as true and non empty value"),
        (&[given("Audit", "maybe")], "Parameter 'Audit' must be one of AllowedValues"),
        (&[given("Retention", "31")], "Parameter 'Retention' must be a number not greater than 30"),
        (&[given("Retention", "many")], "Parameter 'Retention' must be a number"),
        (
            &[on.clone(), given("Retention", "9")],
            "The embedded cloud cannot change Lines (RetentionInDays) while it runs.",
        ),
        (&[on.clone(), given("Archive", "on")], "The embedded cloud cannot change Archived (a table) while it runs."),
    ];
    for (parameters, expected) in table {
        let error = update(&cloud, parameters).send().await.unwrap_err();
        assert_eq!(error.code(), Some("ValidationError"), "{expected}");
        assert!(error.message().unwrap().starts_with(expected), "{:?}, not {expected}", error.message());
    }
    let unacknowledged = Client::new(&sdk(&cloud)).update_stack().stack_name(cloud.stack_name());
    let error = unacknowledged.use_previous_template(true).parameters(on.clone()).send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_insufficient_capabilities_exception(), "{error:?}");
    assert_eq!(error.message(), Some("Requires capabilities : [CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND]"));

    let sqs = aws_sdk_sqs::Client::new(&sdk(&cloud));
    sqs.create_queue().queue_name("audit").send().await.unwrap();
    let error = update(&cloud, &[on]).send().await.unwrap_err();
    assert_eq!(error.message(), Some("Letters cannot be created: audit already exists"));
    assert_eq!((resources(&cloud).await, status(&cloud).await), before);
    cloud.shutdown().await;
}
