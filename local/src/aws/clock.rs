//! Scaled time.

use std::time::Duration;

use tokio::time::Instant;

/// AWS's time on this machine. Waits that AWS counts in minutes (retries, back-off, event age, schedules) pass
/// `scale` times as fast. Timestamps and function time-outs are never scaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    scale: f64,
}

impl Clock {
    /// A clock that runs waits `scale` times as fast as AWS does. 1.0 is AWS's own pace.
    ///
    /// # Panics
    /// When `scale` is not a positive, finite number; the command line checks it first.
    pub fn scaled(scale: f64) -> Self {
        assert!(scale.is_finite() && scale > 0.0, "time scale must be a positive number, got {scale}");
        Self { scale }
    }

    /// How many times as fast waits pass as they do on AWS.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// How long a wait that AWS documents as `aws` takes here.
    pub fn real(&self, aws: Duration) -> Duration {
        aws.div_f64(self.scale)
    }

    /// How much of AWS's time has passed since `start`.
    pub fn elapsed_since(&self, start: Instant) -> Duration {
        start.elapsed().mul_f64(self.scale)
    }

    /// Waits as long as AWS's `aws` takes here.
    pub async fn sleep(&self, aws: Duration) {
        tokio::time::sleep(self.real(aws)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_passes_in_a_second_at_sixty_times() {
        let clock = Clock::scaled(60.0);
        let start = Instant::now();
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        assert_eq!(clock.elapsed_since(start), Duration::from_secs(60));
    }
}
