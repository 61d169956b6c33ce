//! What becomes of an asynchronous event after an attempt. Pure: time and chance come in as numbers.

use std::time::Duration;

use crate::{
    aws::limits::lambda::{RETRY_DELAYS, THROTTLE_BACK_OFF_FIRST, THROTTLE_BACK_OFF_LONGEST},
    stack::AsyncInvokeConfig,
};

/// How an attempt to run the function went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The function answered.
    Succeeded,
    /// The function answered an error, timed out, crashed or did not start.
    FunctionFailed,
    /// The function had no free concurrency: it was not run.
    Throttled,
    /// The function's reserved concurrency is zero: it was not run and will not be.
    ZeroConcurrency,
}

/// How far an event has come, the attempt just made included. Times are AWS's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// How often the function ran on it.
    pub invocations: u32,
    /// How often in a row it was throttled.
    pub throttles: u32,
    /// How long ago it was queued.
    pub age: Duration,
}

/// Why an event was given up: `condition` of the record that the on-failure destination gets.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The function failed on the last attempt allowed.
    RetriesExhausted,
    /// The event is, or would be by its next attempt, older than its maximum age.
    EventAgeExceeded,
    /// The function's reserved concurrency is zero.
    ZeroReservedConcurrency,
}

impl Condition {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
            Self::ZeroReservedConcurrency => "ZeroReservedConcurrency",
        }
    }
}

/// What to do with the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is done.
    Done,
    /// Try again after this much of AWS's time.
    Retry(Duration),
    /// Give it up.
    Discard(Condition),
}

/// Decides what becomes of an event. `jitter` is a number from 0 up to 1 that spreads the back-off of throttled events.
///
/// A failed event is given up as soon as its next attempt would come too late. A throttled one gets an attempt for as
/// long as it is young enough, the last at the end of its time.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
pub fn decide(attempt: Attempt, progress: Progress, config: &AsyncInvokeConfig, jitter: f64) -> Decision {
    match attempt {
        Attempt::Succeeded => Decision::Done,
        Attempt::ZeroConcurrency => Decision::Discard(Condition::ZeroReservedConcurrency),
        Attempt::FunctionFailed if progress.invocations > config.maximum_retry_attempts => {
            Decision::Discard(Condition::RetriesExhausted)
        }
        Attempt::FunctionFailed => {
            let retry = usize::try_from(progress.invocations.saturating_sub(1)).unwrap_or(usize::MAX);
            let after = RETRY_DELAYS[retry.min(RETRY_DELAYS.len() - 1)];
            if progress.age + after >= config.maximum_event_age {
                Decision::Discard(Condition::EventAgeExceeded)
            } else {
                Decision::Retry(after)
            }
        }
        Attempt::Throttled => match config.maximum_event_age.checked_sub(progress.age) {
            Some(left) if !left.is_zero() => Decision::Retry(back_off(progress.throttles, jitter).min(left)),
            _ => Decision::Discard(Condition::EventAgeExceeded),
        },
    }
}

/// The wait after the `throttles`-th throttling in a row: doubling from the first to the longest, less up to half of it.
fn back_off(throttles: u32, jitter: f64) -> Duration {
    let doublings = throttles.saturating_sub(1).min(16);
    let full = (THROTTLE_BACK_OFF_FIRST * (1 << doublings)).min(THROTTLE_BACK_OFF_LONGEST);
    full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0).max(THROTTLE_BACK_OFF_FIRST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Condition::*, Decision::*, *};

    fn config(retries: u32, age: u64) -> AsyncInvokeConfig {
        AsyncInvokeConfig {
            maximum_retry_attempts: retries,
            maximum_event_age: Duration::from_secs(age),
            ..AsyncInvokeConfig::default()
        }
    }

    fn progress(invocations: u32, throttles: u32, age: u64) -> Progress {
        Progress { invocations, throttles, age: Duration::from_secs(age) }
    }

    #[test]
    fn what_lambda_documents() {
        let seconds = |n| Retry(Duration::from_secs(n));
        let table = [
            ("success", Attempt::Succeeded, progress(1, 0, 5), config(2, 21_600), Done),
            ("first retry", Attempt::FunctionFailed, progress(1, 0, 1), config(2, 21_600), seconds(60)),
            ("second retry", Attempt::FunctionFailed, progress(2, 0, 62), config(2, 21_600), seconds(120)),
            (
                "third failure",
                Attempt::FunctionFailed,
                progress(3, 0, 190),
                config(2, 21_600),
                Discard(RetriesExhausted),
            ),
            ("no retries", Attempt::FunctionFailed, progress(1, 0, 0), config(0, 60), Discard(RetriesExhausted)),
            ("look-ahead", Attempt::FunctionFailed, progress(1, 0, 0), config(2, 60), Discard(EventAgeExceeded)),
            (
                "second would be late",
                Attempt::FunctionFailed,
                progress(2, 0, 61),
                config(2, 180),
                Discard(EventAgeExceeded),
            ),
            ("throttled", Attempt::Throttled, progress(0, 1, 0), config(2, 60), seconds(1)),
            ("throttled again", Attempt::Throttled, progress(0, 4, 9), config(2, 21_600), seconds(8)),
            ("longest", Attempt::Throttled, progress(0, 40, 900), config(2, 21_600), seconds(300)),
            ("one last try", Attempt::Throttled, progress(0, 9, 50), config(2, 60), seconds(10)),
            ("throttled to the end", Attempt::Throttled, progress(0, 9, 60), config(2, 60), Discard(EventAgeExceeded)),
            ("zero", Attempt::ZeroConcurrency, progress(0, 0, 0), config(2, 60), Discard(ZeroReservedConcurrency)),
        ];
        for (name, attempt, progress, config, expected) in table {
            assert_eq!(decide(attempt, progress, &config, 0.0), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_throttled_event_waits_within_the_documented_bounds(throttles in 1u32..1_000, jitter in 0.0f64..1.0) {
            let wait = back_off(throttles, jitter);
            prop_assert!(wait >= THROTTLE_BACK_OFF_FIRST && wait <= THROTTLE_BACK_OFF_LONGEST, "{wait:?}");
        }

        #[test]
        fn a_throttled_event_is_never_dropped_before_its_time(age in 0u64..60, throttles in 1u32..100) {
            let decision = decide(Attempt::Throttled, progress(0, throttles, age), &config(2, 60), 0.5);
            prop_assert!(matches!(decision, Retry(_)), "{decision:?}");
        }
    }
}
