//! Waiting longer after each failure, and never at the same moment as the others.

use std::time::Duration;

/// A bounded number of attempts with full jitter between them.
///
/// Source of the method: <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
#[derive(Debug, Clone)]
pub struct Backoff {
    attempt: u32,
    attempts: u32,
    base: Duration,
    cap: Duration,
}

impl Backoff {
    /// `attempts` attempts in all; before retry `n` a random wait of up to `base * 2^n`, at most `cap`.
    pub fn new(attempts: u32, base: Duration, cap: Duration) -> Self {
        Self { attempt: 1, attempts, base, cap }
    }

    /// Waits before the next attempt. False, at once, when there are no attempts left.
    pub async fn wait(&mut self) -> bool {
        if self.attempt >= self.attempts {
            return false;
        }
        tokio::time::sleep(self.longest().mul_f64(fastrand::f64())).await;
        self.attempt += 1;
        true
    }

    /// How many attempts were begun.
    pub fn attempts_made(&self) -> u32 {
        self.attempt
    }

    fn longest(&self) -> Duration {
        self.base.saturating_mul(2_u32.saturating_pow(self.attempt - 1)).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_after_the_last_attempt_and_each_wait_is_bounded() {
        let mut backoff = Backoff::new(6, Duration::from_millis(10), Duration::from_millis(50));
        let bounds: Vec<u64> = [10, 20, 40, 50, 50].into();
        for bound in bounds {
            let start = tokio::time::Instant::now();
            assert!(backoff.wait().await);
            // The timer rounds up to whole milliseconds.
            assert!(start.elapsed() <= Duration::from_millis(bound + 1));
        }
        assert!(!backoff.wait().await);
        assert_eq!(backoff.attempts_made(), 6);
    }
}
