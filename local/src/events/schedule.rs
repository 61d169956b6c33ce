//! Rules that fire by time.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, Unit};
use serde_json::json;

use super::{Bus, delivery};
use crate::aws::ServiceError;

/// The time between two firings of a `rate` expression.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>
///
/// # Errors
/// `ValidationException`, for `cron` expressions too: they are not served here.
pub(super) fn period(expression: &str) -> Result<Duration, ServiceError> {
    let invalid = || ServiceError::validation("Parameter ScheduleExpression is not valid.");
    if expression.starts_with("cron(") {
        return Err(ServiceError::validation(format!(
            "The embedded cloud runs rate expressions only, not {expression}: write rate(...), or use a deployed stack."
        )));
    }
    let rate = expression.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')')).ok_or_else(invalid)?;
    let (count, unit) = rate.split_once(' ').ok_or_else(invalid)?;
    let count: u32 = count.parse().map_err(|_| invalid())?;
    let minutes = match (unit, count) {
        ("minute", 1) | ("minutes", 2..) => 1,
        ("hour", 1) | ("hours", 2..) => 60,
        ("day", 1) | ("days", 2..) => 24 * 60,
        _ => return Err(invalid()),
    };
    Ok(Duration::from_secs(60 * minutes * u64::from(count)))
}

/// Fires the rule every `period` of AWS's time until it is replaced or deleted or the cloud stops.
pub(super) fn run(bus: &Arc<Bus>, name: String, period: Duration, generation: Arc<()>) {
    let bus = Arc::clone(bus);
    tokio::spawn(async move {
        let mut timer = tokio::time::interval(bus.settings.clock.real(period));
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        timer.tick().await;
        loop {
            tokio::select! {
                () = bus.settings.stop.cancelled() => return,
                _ = timer.tick() => {}
            }
            let rule = bus.read().get(&name).filter(|rule| Arc::ptr_eq(&rule.generation, &generation)).cloned();
            let Some(rule) = rule else { return };
            if !rule.enabled {
                continue;
            }
            let event: Arc<str> = scheduled_event(&bus, &rule.arn.to_string()).to_string().into();
            for target in rule.targets {
                delivery::deliver(&bus, rule.arn.clone(), target, Arc::clone(&event)).await;
            }
        }
    });
}

/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>
fn scheduled_event(bus: &Bus, rule_arn: &str) -> serde_json::Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": bus.settings.account,
        "time": seconds(Timestamp::now()),
        "region": bus.settings.region,
        "resources": [rule_arn],
        "detail": {},
    })
}

/// A time as the envelope writes it: whole seconds, UTC.
pub(super) fn seconds(time: Timestamp) -> String {
    let whole = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc);
    time.round(whole).unwrap_or(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_as_aws_writes_them() {
        assert_eq!(period("rate(1 minute)"), Ok(Duration::from_secs(60)));
        assert_eq!(period("rate(5 minutes)"), Ok(Duration::from_secs(300)));
        assert_eq!(period("rate(2 days)"), Ok(Duration::from_secs(2 * 86_400)));
        for wrong in
            ["rate(1 minutes)", "rate(0 minutes)", "rate(5 minute)", "rate(5)", "every minute", "cron(0 12 * * ? *)"]
        {
            assert!(period(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_cut_to_the_second() {
        let time: Timestamp = "2026-11-23T10:00:00.999Z".parse().expect("a time");
        assert_eq!(seconds(time), "2026-11-23T10:00:00Z");
    }
}
