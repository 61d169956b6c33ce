//! The SDK clients, made once.

use aws_config::{BehaviorVersion, Region, SdkConfig, profile::ProfileFileCredentialsProvider};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Where the AWS APIs are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoint {
    /// The URL of an AWS-compatible endpoint; AWS itself, or what the environment says, when there is none.
    pub url: Option<String>,
    /// The Region, when the command line names one.
    pub region: Option<String>,
    /// The profile of the shared configuration, when the command line names one.
    pub profile: Option<String>,
    /// The access key and its secret, when they are known and not to be looked for.
    pub access_key: Option<(String, String)>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No Region is set anywhere.
    #[error("no AWS Region is set: give --region, or set AWS_REGION")]
    NoRegion,
}

/// A client of every service that the dashboard talks to.
#[derive(Debug, Clone)]
pub struct Connection {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// EventBridge.
    pub events: aws_sdk_eventbridge::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// The Region that all of them use.
    pub region: String,
    /// Whether the endpoint is one of our own choosing and not AWS's.
    pub(super) custom_endpoint: bool,
}

impl Connection {
    /// Makes the clients; nothing is called yet.
    ///
    /// # Errors
    /// [`ConnectError::NoRegion`] when neither the command line nor the environment names a Region.
    pub async fn open(endpoint: &Endpoint) -> Result<Self, ConnectError> {
        let config = match (&endpoint.url, &endpoint.region, &endpoint.access_key) {
            (Some(url), Some(region), Some(key)) => known(url, region, key),
            _ => looked_for(endpoint).await,
        };
        let region = config.region().map(ToString::to_string).ok_or(ConnectError::NoRegion)?;
        let custom_endpoint = config.endpoint_url().is_some();
        Ok(Self {
            custom_endpoint,
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            events: aws_sdk_eventbridge::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            region,
        })
    }
}

/// The configuration of the embedded cloud: nothing is looked for, so it is there at once.
fn known(url: &str, region: &str, (id, secret): &(String, String)) -> SdkConfig {
    let credentials = Credentials::new(id, secret, None, None, "embedded cloud");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client(Some(url)))
        .build()
}

/// The configuration as every AWS tool finds it: environment, profiles, instance roles.
async fn looked_for(endpoint: &Endpoint) -> SdkConfig {
    let environment = std::env::var("AWS_ENDPOINT_URL").ok();
    let url = endpoint.url.clone().or(environment);
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client(url.as_deref()));
    if let Some(url) = url {
        loader = loader.endpoint_url(url);
    }
    if let Some(region) = &endpoint.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &endpoint.profile {
        // Named on the command line, a profile outweighs keys in the environment: nobody wants to break the wrong account.
        let credentials = ProfileFileCredentialsProvider::builder().profile_name(profile).build();
        loader = loader.profile_name(profile).credentials_provider(credentials);
    }
    loader.load().await
}

/// Plain HTTP needs no certificates, and reading them takes longer than everything else at the start.
fn http_client(url: Option<&str>) -> SharedHttpClient {
    match url {
        Some(url) if url.starts_with("http://") => Builder::new().build_http(),
        _ => Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https(),
    }
}
