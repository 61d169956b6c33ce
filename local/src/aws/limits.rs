//! Every number that AWS documents and the embedded cloud keeps to, each with its source. One module a service.

/// EventBridge.
pub mod events {
    use std::time::Duration;

    /// Entries of one PutEvents call.
    ///
    /// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
    pub const MAX_ENTRIES: usize = 10;
    /// Size of all entries of one PutEvents call together.
    ///
    /// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>, raised from 256 KB in January 2026.
    pub const MAX_ENTRIES_BYTES: usize = 1024 * 1024;
    /// What the time of an entry counts for in its size.
    ///
    /// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>
    pub const ENTRY_TIME_BYTES: usize = 14;
    /// Rules of a bus.
    ///
    /// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>
    pub const MAX_RULES: usize = 300;
    /// Targets of a rule. Source: the same page.
    pub const MAX_TARGETS: usize = 5;
    /// Length of an event pattern. Source: the same page.
    pub const MAX_PATTERN_CHARACTERS: usize = 2048;
    /// The first wait before a delivery is tried again, and the longest. AWS says only "exponential back-off and jitter" over
    /// up to 185 tries in 24 hours; these bounds fit both figures (inferred).
    pub const FIRST_RETRY_DELAY: Duration = Duration::from_secs(1);
    /// See [`FIRST_RETRY_DELAY`].
    pub const LONGEST_RETRY_DELAY: Duration = Duration::from_secs(10 * 60);
}

/// CloudWatch Logs.
///
/// Source of all: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html> and the API reference
/// of each operation.
pub mod logs {
    use std::time::Duration;

    /// Log events of one FilterLogEvents or GetLogEvents answer.
    pub const MAX_EVENTS_PER_ANSWER: usize = 10_000;
    /// Bytes of messages of one answer.
    pub const MAX_BYTES_PER_ANSWER: usize = 1024 * 1024;
    /// Log events of one PutLogEvents call.
    pub const MAX_EVENTS_PER_PUT: usize = 10_000;
    /// Bytes of one PutLogEvents call, each event counted with [`BYTES_PER_EVENT`] more.
    pub const MAX_BYTES_PER_PUT: usize = 1024 * 1024;
    /// See [`MAX_BYTES_PER_PUT`].
    pub const BYTES_PER_EVENT: usize = 26;
    /// Log groups of one Live Tail session.
    pub const MAX_LIVE_TAIL_GROUPS: usize = 10;
    /// Log events of one session update; further ones are left out and the update is marked as sampled.
    pub const MAX_LIVE_TAIL_EVENTS: usize = 500;
    /// The time from one session update to the next.
    pub const LIVE_TAIL_UPDATE: Duration = Duration::from_secs(1);
    /// How long a Live Tail session lasts.
    pub const LIVE_TAIL_SESSION: Duration = Duration::from_secs(3 * 60 * 60);
    /// Length of a filter pattern.
    pub const MAX_FILTER_PATTERN_CHARACTERS: usize = 1024;
}

/// SQS.
///
/// Source of all: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html> and the API
/// reference of SetQueueAttributes.
pub mod sqs {
    use std::time::Duration;

    /// Bytes of one message, attributes included (1 MiB since August 2025).
    pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
    /// Messages of one ReceiveMessage answer, and entries of one batch.
    pub const MAX_BATCH: usize = 10;
    /// The longest that ReceiveMessage waits.
    pub const MAX_WAIT: Duration = Duration::from_secs(20);
    /// For how long a received message is hidden, unless the queue or the call says otherwise.
    pub const DEFAULT_VISIBILITY_TIMEOUT: Duration = Duration::from_secs(30);
    /// The longest that a message can be hidden.
    pub const MAX_VISIBILITY_TIMEOUT: Duration = Duration::from_secs(12 * 60 * 60);
    /// For how long a message is kept, unless the queue says otherwise.
    pub const DEFAULT_RETENTION: Duration = Duration::from_secs(4 * 24 * 60 * 60);
}

/// API Gateway HTTP APIs.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
pub mod http_api {
    use std::time::Duration;

    /// Bytes of a request's body.
    pub const MAX_PAYLOAD_BYTES: usize = 10 * 1024 * 1024;
    /// How long an integration may take.
    pub const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);
}

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
