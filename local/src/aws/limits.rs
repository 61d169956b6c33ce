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
