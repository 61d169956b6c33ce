//! From a matched event to one target: tried again as the target's retry policy says, and in the end to its dead-letter queue.
//!
//! Sources: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::Bus;
use crate::{
    aws::{Arn, Delivery, DeliveryError, limits::events as limits},
    stack::{Target, TargetRetryPolicy},
};

/// Delivers to one target. The first try is made here and now; those after a failure that may pass go on by themselves.
pub(super) async fn deliver(bus: &Arc<Bus>, rule: Arn, target: Target, event: Arc<str>) {
    let job = Job { bus: Arc::clone(bus), rule, target, event, started: Instant::now() };
    match job.attempt().await {
        Ok(()) => {}
        Err(error) => match job.next(&error, 0) {
            Next::Discard { condition } => job.discard(&error, condition, 0).await,
            Next::Retry { after } => {
                tokio::spawn(job.keep_trying(after));
            }
        },
    }
}

struct Job {
    bus: Arc<Bus>,
    rule: Arn,
    target: Target,
    event: Arc<str>,
    started: Instant,
}

#[derive(Debug, PartialEq)]
enum Next {
    Retry { after: Duration },
    Discard { condition: Option<&'static str> },
}

/// What follows from a failure after so many retries, at that age of the event (AWS's time).
fn decide(policy: TargetRetryPolicy, retryable: bool, retries: u32, age: Duration) -> Next {
    if !retryable {
        return Next::Discard { condition: None };
    }
    if retries >= policy.maximum_retry_attempts {
        return Next::Discard { condition: Some("MaximumRetryAttempts") };
    }
    let after = limits::FIRST_RETRY_DELAY.saturating_mul(1 << retries.min(16)).min(limits::LONGEST_RETRY_DELAY);
    if age + after > policy.maximum_event_age {
        return Next::Discard { condition: Some("MaximumEventAgeInSeconds") };
    }
    Next::Retry { after }
}

impl Job {
    async fn attempt(&self) -> Result<(), DeliveryError> {
        let payload = self.target.input.clone().unwrap_or_else(|| self.event.to_string());
        let delivery = Delivery { target: self.target.arn.clone(), payload, attributes: BTreeMap::new() };
        self.bus.deliver.deliver(delivery).await
    }

    fn next(&self, error: &DeliveryError, retries: u32) -> Next {
        let age = self.bus.settings.clock.elapsed_since(self.started);
        decide(self.target.retry, error.retryable, retries, age)
    }

    async fn keep_trying(self, mut after: Duration) {
        for retries in 1.. {
            // Up to a quarter less, so that many events that failed together do not come back together.
            let jittered = after.mul_f64(1.0 - 0.25 * fraction());
            tokio::select! {
                () = self.bus.settings.stop.cancelled() => return,
                () = self.bus.settings.clock.sleep(jittered) => {}
            }
            let Err(error) = self.attempt().await else { return };
            match self.next(&error, retries) {
                Next::Retry { after: longer } => after = longer,
                Next::Discard { condition } => return self.discard(&error, condition, retries).await,
            }
        }
    }

    async fn discard(&self, error: &DeliveryError, condition: Option<&str>, retries: u32) {
        let Some(queue) = self.target.dead_letter.clone() else {
            tracing::warn!(rule = %self.rule, target = %self.target.arn, %error, "event dropped: no dead-letter queue");
            return;
        };
        let mut attributes = BTreeMap::from([
            ("RULE_ARN".to_owned(), self.rule.to_string()),
            ("TARGET_ARN".to_owned(), self.target.arn.to_string()),
            ("ERROR_CODE".to_owned(), error.code.clone()),
            ("ERROR_MESSAGE".to_owned(), error.message.clone()),
        ]);
        if let Some(condition) = condition {
            attributes.insert("EXHAUSTED_RETRY_CONDITION".into(), condition.into());
            attributes.insert("RETRY_ATTEMPTS".into(), retries.to_string());
        }
        let letter = Delivery { target: queue, payload: self.event.to_string(), attributes };
        if let Err(error) = self.bus.deliver.deliver(letter).await {
            tracing::error!(rule = %self.rule, %error, "event dropped: its dead-letter queue took it not");
        }
    }
}

/// A number from 0 to 1, from a random UUID.
fn fraction() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_u128() as u16) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_decides_how_often_and_how_long() {
        let policy = TargetRetryPolicy { maximum_retry_attempts: 2, maximum_event_age: Duration::from_secs(60) };
        let second = Duration::from_secs(1);
        assert_eq!(decide(policy, false, 0, second), Next::Discard { condition: None });
        assert_eq!(decide(policy, true, 0, second), Next::Retry { after: second });
        assert_eq!(decide(policy, true, 1, second), Next::Retry { after: 2 * second });
        assert_eq!(decide(policy, true, 2, second), Next::Discard { condition: Some("MaximumRetryAttempts") });
        let old = Next::Discard { condition: Some("MaximumEventAgeInSeconds") };
        assert_eq!(decide(policy, true, 1, 59 * second), old);
        let patient = TargetRetryPolicy::default();
        assert_eq!(decide(patient, true, 100, second), Next::Retry { after: limits::LONGEST_RETRY_DELAY });
    }
}
