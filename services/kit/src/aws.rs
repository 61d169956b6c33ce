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
        let region =
            environment::optional("AWS_REGION").map_or_else(|| environment::required("AWS_DEFAULT_REGION"), Ok)?;
        let endpoint = |service: &str| {
            // Source of the names: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
            environment::optional(&format!("AWS_ENDPOINT_URL_{service}"))
                .or_else(|| environment::optional("AWS_ENDPOINT_URL"))
        };
        let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
        Ok(Self::at(Region::new(region), &credentials, endpoint("DYNAMODB"), endpoint("EVENTBRIDGE")))
    }

    /// Clients for the given endpoints; `None` is AWS's own.
    pub fn at(
        region: Region,
        credentials: &SharedCredentialsProvider,
        dynamodb_endpoint: Option<String>,
        eventbridge_endpoint: Option<String>,
    ) -> Self {
        let is_http = |endpoint: &Option<String>| endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
        let plain = is_http(&dynamodb_endpoint) && is_http(&eventbridge_endpoint);
        // A client for HTTPS serves HTTP as well. One for both services: certificates are loaded once.
        let http_client = if plain {
            Builder::new().build_http()
        } else {
            Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
        };
        let shared = |endpoint: Option<String>| {
            let mut config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region.clone())
                .credentials_provider(credentials.clone())
                .http_client(http_client.clone())
                .retry_config(RetryConfig::standard())
                .timeout_config(timeouts());
            config.set_endpoint_url(endpoint);
            config.build()
        };
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&shared(dynamodb_endpoint)),
            eventbridge: aws_sdk_eventbridge::Client::new(&shared(eventbridge_endpoint)),
        }
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}
