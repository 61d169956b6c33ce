//! Keeps the SDK from putting a host prefix before an endpoint of one's own.
//!
//! StartLiveTail goes to `stream-logs.REGION.amazonaws.com` on AWS, and the SDK puts `stream-` before *every* host, so that
//! `127.0.0.1` becomes a name nobody knows. No setting turns that off.

use aws_sdk_cloudwatchlogs::config::{
    ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::{box_error::BoxError, client::endpoint::EndpointPrefix};

/// Takes the prefix away before the endpoint is resolved.
#[derive(Debug)]
struct NoHostPrefix;

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
        config.interceptor_state().unset::<EndpointPrefix>();
        Ok(())
    }
}

/// What to intercept the StartLiveTail call with: nothing on AWS itself.
pub(super) fn interceptor(custom_endpoint: bool) -> Option<impl Intercept + 'static> {
    custom_endpoint.then_some(NoHostPrefix)
}
