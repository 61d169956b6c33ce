//! The AWS clients of a function, made once per process, and cheaply: a cold start waits for this.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::environment::{self, EnvironmentError};

/// How long a connection may take. All three are far below the 30 s after which Lambda ends a function here, so that a
/// function reports what it waited for instead of just being cut off.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a call may take with all its retries.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);

/// The AWS clients that functions use.
#[derive(Debug, Clone)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// EventBridge.
    pub eventbridge: aws_sdk_eventbridge::Client,
}

impl Clients {
    /// Clients from what Lambda puts into a function's environment: Region, credentials, endpoints.
    ///
    /// `aws_config::load_from_env` would look at profiles, instance metadata and more, and load certificates whether or
    /// not they are needed. Lambda sets the variables, so only they are read; the HTTPS client is built only for HTTPS.
    ///
    /// # Errors
    /// When there is no Region.
    pub fn from_environment() -> Result<Self, EnvironmentError> {
        let region = region()?;
        let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
        Ok(Self::at(region, &credentials, endpoint("DYNAMODB"), endpoint("EVENTBRIDGE")))
    }

    /// Clients for the given endpoints; `None` is AWS's own.
    pub fn at(
        region: Region,
        credentials: &SharedCredentialsProvider,
        dynamodb_endpoint: Option<String>,
        eventbridge_endpoint: Option<String>,
    ) -> Self {
        // One for both services: certificates are loaded once.
        let http_client = http_client(&[&dynamodb_endpoint, &eventbridge_endpoint]);
        let shared = |endpoint| config(&region, credentials, &http_client, endpoint);
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&shared(dynamodb_endpoint)),
            eventbridge: aws_sdk_eventbridge::Client::new(&shared(eventbridge_endpoint)),
        }
    }
}

/// The configuration of one more client, for the few functions that call more than [`Clients`] has. `service` as in the
/// names of the endpoint variables: `LAMBDA`.
///
/// # Errors
/// When there is no Region.
pub fn sdk_config(service: &str) -> Result<SdkConfig, EnvironmentError> {
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    let endpoint = endpoint(service);
    Ok(config(&region()?, &credentials, &http_client(&[&endpoint]), endpoint))
}

fn region() -> Result<Region, EnvironmentError> {
    let region = environment::optional("AWS_REGION").map_or_else(|| environment::required("AWS_DEFAULT_REGION"), Ok)?;
    Ok(Region::new(region))
}

/// Source of the names: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn endpoint(service: &str) -> Option<String> {
    environment::optional(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| environment::optional("AWS_ENDPOINT_URL"))
}

/// A client for HTTPS serves HTTP as well; it is made only when one of the endpoints needs it.
fn http_client(endpoints: &[&Option<String>]) -> SharedHttpClient {
    let is_http = |endpoint: &&Option<String>| endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
    if endpoints.iter().all(is_http) {
        Builder::new().build_http()
    } else {
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    }
}

fn config(
    region: &Region,
    credentials: &SharedCredentialsProvider,
    http_client: &SharedHttpClient,
    endpoint: Option<String>,
) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region.clone())
        .credentials_provider(credentials.clone())
        .http_client(http_client.clone())
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts());
    config.set_endpoint_url(endpoint);
    config.build()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}
