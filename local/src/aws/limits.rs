//! Every number that AWS documents and the embedded cloud keeps to, each with its source. One module a service.

/// AWS Lambda.
pub mod lambda {
    use std::time::Duration;

    /// Largest request and response of a synchronous invocation, in bytes.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
    pub const SYNCHRONOUS_PAYLOAD: usize = 6 * 1024 * 1024;
    /// Largest event of an asynchronous invocation, in bytes.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
    pub const ASYNCHRONOUS_PAYLOAD: usize = 1024 * 1024;
    /// Largest response that a runtime may send: the payload and room for its envelope. The figure that Lambda's own
    /// error message names.
    pub const RUNTIME_RESPONSE: usize = SYNCHRONOUS_PAYLOAD + 100;
    /// How long a function may take to start.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
    pub const INIT_TIMEOUT: Duration = Duration::from_secs(10);
    /// How much of an invocation's log `X-Amz-Log-Result` carries, in bytes.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
    pub const LOG_TAIL: usize = 4 * 1024;
    /// Concurrency of an account.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
    pub const ACCOUNT_CONCURRENCY: u32 = 1_000;
    /// Concurrency that reservations must leave to the account's other functions.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>
    pub const UNRESERVED_CONCURRENCY: u32 = 100;
    /// Waits before the first and the second retry of an asynchronous invocation that failed.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
    pub const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
    /// First wait of an asynchronous invocation that was throttled; each further wait doubles.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
    pub const THROTTLE_BACK_OFF_FIRST: Duration = Duration::from_secs(1);
    /// Longest wait of an asynchronous invocation that was throttled.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
    pub const THROTTLE_BACK_OFF_LONGEST: Duration = Duration::from_secs(300);
    /// Most retries that an event-invoke config may ask for.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>
    pub const MAXIMUM_RETRY_ATTEMPTS: u32 = 2;
    /// Shortest and longest maximum event age, in seconds.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>
    pub const MAXIMUM_EVENT_AGE_SECONDS: std::ops::RangeInclusive<u64> = 60..=21_600;
    /// Longest log line kept whole, in bytes: the size of a CloudWatch Logs event. A longer one is split.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
    pub const LOG_LINE: usize = 1024 * 1024;
    /// How long an idle environment is kept. Lambda documents no figure; five to ten minutes is what is commonly seen.
    pub const IDLE_ENVIRONMENT: Duration = Duration::from_secs(420);
}
