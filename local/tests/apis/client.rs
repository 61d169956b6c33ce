//! A cloud without functions, and clients for it.

use std::{future::Future, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef, dyn_dispatch_hint},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use eventflow_local::cloud::{CloudOptions, EmbeddedCloud};

const TEMPLATE: &str = r#"
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: letters}
  Log:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /aws/events/shop}
  Closed:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /aws/events/closed}
  Policy:
    Type: AWS::Logs::ResourcePolicy
    Properties:
      PolicyName: events
      PolicyDocument: !Sub >-
        {"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:PutLogEvents", "Resource": "${Log.Arn}"}]}
  ToLog:
    Type: AWS::Events::Rule
    Properties:
      Name: to-log
      EventPattern: {source: [{prefix: shop.}]}
      Targets:
        - {Id: log, Arn: !Sub "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Log}"}
  ToNowhere:
    Type: AWS::Events::Rule
    Properties:
      Name: to-nowhere
      EventPattern: {source: [lost.shop]}
      Targets:
        - Id: gone
          Arn: !Sub "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:gone"
          DeadLetterConfig: {Arn: !GetAtt Queue.Arn}
        - Id: closed
          Arn: !Sub "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Closed}"
          DeadLetterConfig: {Arn: !GetAtt Queue.Arn}
Outputs:
  Table: {Value: !Ref Orders}
"#;

/// Starts the cloud of these tests.
pub(crate) async fn start() -> EmbeddedCloud {
    start_with(TEMPLATE).await
}

/// Starts a cloud with another template.
pub(crate) async fn start_with(template: &str) -> EmbeddedCloud {
    let none: [&str; 0] = [];
    EmbeddedCloud::start(CloudOptions::new(template, none).unwrap()).await.unwrap()
}

/// The configuration for SDK clients.
pub(crate) fn sdk(cloud: &EmbeddedCloud) -> SdkConfig {
    let (id, secret) = cloud.access_key();
    with_key(cloud, id, secret)
}

/// The same with other credentials.
pub(crate) fn with_key(cloud: &EmbeddedCloud, id: &str, secret: &str) -> SdkConfig {
    let credentials = Credentials::new(id, secret, None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(cloud.region().to_owned()))
        .endpoint_url(cloud.endpoint_url())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// Asks again until the answer is there.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asking).await.unwrap_or_else(|_| panic!("{what}: it never came true"))
}

/// Keeps the SDK from putting `streaming-` before the host.
#[derive(Debug)]
pub(crate) struct NoHostPrefix;

#[dyn_dispatch_hint]
impl Intercept for NoHostPrefix {
    fn name(&self) -> &'static str {
        "NoHostPrefix"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().unset::<aws_smithy_runtime_api::client::endpoint::EndpointPrefix>();
        Ok(())
    }
}
