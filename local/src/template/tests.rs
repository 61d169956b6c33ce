//! The repository's own template, and what is refused.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::{TemplateError, TemplateOptions, load};
use crate::stack::{LogFormat, Stack, Trigger};

const TEMPLATE: &str = include_str!("../../../template.yaml");

fn options(parameters: &[(&str, &str)]) -> TemplateOptions {
    TemplateOptions {
        stack_name: "shop".into(),
        region: "eu-west-1".into(),
        account: "111122223333".into(),
        parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        endpoint_url: "http://127.0.0.1:4566".into(),
        api_url: "http://127.0.0.1:4567".into(),
    }
}

fn own(parameters: &[(&str, &str)]) -> Stack {
    load(TEMPLATE, &options(parameters)).unwrap()
}

fn refused(template: &str) -> TemplateError {
    load(template, &options(&[])).unwrap_err()
}

#[test]
fn the_template_gives_the_functions_under_their_names() {
    let stack = own(&[]);
    let names: Vec<_> = stack.functions.iter().map(|function| function.name.as_str()).collect();
    let expected =
        ["createOrder", "getOrder", "republishStuckOrders", "processPayment", "reserveInventory", "sendNotification"];
    assert_eq!(names, expected);
    for function in &stack.functions {
        assert_eq!((function.memory_mb, function.timeout.as_secs()), (256, 30), "{}", function.name);
        assert_eq!((function.log_format, function.handler.as_str()), (LogFormat::Json, "bootstrap"));
        assert_eq!(function.log_group, format!("/aws/lambda/{}", function.name));
        assert!(!function.environment.contains_key("FAULTS_TABLE"), "off by default");
    }
    let payment = &stack.functions[3];
    assert_eq!(payment.binary, "process-payment");
    assert_eq!(payment.environment["ORDERS_TABLE"], "eventflow-order-system-orders-dev");
    assert_eq!(payment.async_invoke.maximum_retry_attempts, 2);
    assert_eq!(payment.async_invoke.on_failure.as_ref().unwrap().resource, "processPayment-dead-letters-dev");
}

#[test]
fn a_service_under_a_condition_comes_and_goes_with_all_that_is_its_own() {
    let (without, with) = (own(&[]), own(&[("FraudDetection", "on")]));
    assert!(!format!("{without:?}").contains("etectFraud"), "off by default");
    let added: Vec<_> = with.resources.iter().filter(|resource| !without.resources.contains(resource)).collect();
    assert!(added.iter().all(|resource| resource.logical_id.starts_with("DetectFraud")), "{added:?}");
    assert_eq!(with.resources.len(), without.resources.len() + added.len(), "nothing else goes or changes");
    let function = with.functions.last().unwrap();
    assert_eq!((function.name.as_str(), function.binary.as_str()), ("detectFraud", "fraud-detection"));
    assert_eq!(function.async_invoke.on_failure.as_ref().unwrap().resource, "detectFraud-dead-letters-dev");
}

#[test]
fn no_permission_of_the_template_has_a_wildcard_resource() {
    for function in own(&[("FaultInjection", "on"), ("FraudDetection", "on")]).functions {
        assert!(function.policy.len() >= 2, "{}", function.name);
        for statement in function.policy {
            assert!(statement.resources.iter().all(|resource| resource.starts_with("arn:aws:")), "{statement:?}");
            assert!(statement.actions.iter().all(|action| !action.contains('*')), "{statement:?}");
        }
    }
}

#[test]
fn every_subscription_is_a_rule_of_its_own_with_a_queue_behind_it() {
    let stack = own(&[]);
    let subscriptions: Vec<_> = stack
        .rules
        .iter()
        .filter(|rule| rule.targets[0].arn.service == "lambda" && matches!(rule.trigger, Trigger::EventPattern(_)))
        .collect();
    assert_eq!(subscriptions.len(), 7);
    for rule in subscriptions {
        let target = &rule.targets[0];
        let function = target.arn.resource.strip_prefix("function:").unwrap();
        assert_eq!(target.dead_letter.as_ref().unwrap().resource, format!("{function}-dead-letters-dev"));
    }
    let schedule = stack.rules.iter().find(|rule| matches!(rule.trigger, Trigger::Schedule(_))).unwrap();
    assert_eq!(schedule.trigger, Trigger::Schedule("rate(1 minute)".into()));
    assert_eq!(stack.log_policies.len(), 1);
}

#[test]
fn the_api_has_its_routes_and_the_output_names_the_local_address() {
    let stack = own(&[]);
    let api = stack.api.unwrap();
    let routes: Vec<_> = api.routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(routes, ["POST /orders", "GET /orders/{orderId}"]);
    assert_eq!(api.cors.unwrap().allow_origins, ["*"]);
    let url = stack.outputs.iter().find(|output| output.key == "ApiUrl").unwrap();
    assert_eq!(url.value, "http://127.0.0.1:4567");
}

#[test]
fn parameters_change_names_and_turn_faults_on() {
    let stack = own(&[("Stage", "prod"), ("FaultInjection", "on")]);
    assert_eq!(stack.functions[0].name, "createOrder-prod");
    assert_eq!(stack.functions[0].environment["FAULTS_TABLE"], "eventflow-order-system-faults-prod");
    assert_eq!(stack.tables.iter().filter(|table| table.ttl_attribute.is_some()).count(), 1);
    let listed: BTreeMap<_, _> =
        stack.resources.iter().map(|resource| (resource.logical_id.as_str(), resource.kind.as_str())).collect();
    assert_eq!(listed["CreateOrder"], "AWS::Lambda::Function");
    assert_eq!(listed["ProcessPaymentOrderCreated"], "AWS::Events::Rule");
    assert_eq!(listed["Api"], "AWS::ApiGatewayV2::Api");
}

#[test]
fn wrong_parameters_are_refused() {
    let refused = |name, value| load(TEMPLATE, &options(&[(name, value)])).unwrap_err().to_string();
    assert!(refused("Nonsense", "1").contains("there is no parameter Nonsense; the template has Stage"));
    assert!(refused("FaultInjection", "maybe").contains("must be one of on, off"));
    assert!(refused("PaymentApprovalRate", "2").contains("beyond MaxValue 1"));
}

#[test]
fn what_cannot_be_run_is_refused_by_resource_property_and_line() {
    let error = refused("Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      Name: x\n");
    assert_eq!((error.resource.as_str(), error.property.as_str()), ("Topic", "Type"));
    assert!(error.to_string().contains("does not run AWS::SNS::Topic"), "{error}");

    let error = refused("Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      FifoQueue: true\n");
    assert_eq!((error.line, error.resource.as_str(), error.property.as_str()), (5, "Q", "FifoQueue"));

    let error = refused(
        "Resources:\n  R:\n    Type: AWS::Events::Rule\n    Properties:\n      EventPattern:\n        source: x\n",
    );
    assert!(error.to_string().contains("\"source\" must be an object or an array"), "{error}");

    let error =
        refused("Resources:\n  G:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName: !Ref Nothing\n");
    assert!(error.to_string().contains("there is no parameter or resource Nothing"), "{error}");
}

#[test]
fn functions_of_the_language_are_resolved() {
    let template = r#"
Mappings: {Size: {small: {days: 3}}}
Conditions:
  Yes: !Equals [a, a]
  Both: !And [!Condition Yes, !Not [!Equals [a, b]]]
Resources:
  G:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Join ["/", ["", aws, !Select [1, !Split [",", "x,y"]], !Sub ["${A}-${!B}", {A: !If [Both, in, out]}]]]
      RetentionInDays: !FindInMap [Size, small, days]
"#;
    let stack = load(template, &options(&[])).unwrap();
    assert_eq!(stack.log_groups[0].name, "/aws/y/in-${B}");
    assert_eq!(stack.log_groups[0].retention_days, Some(3));
}
