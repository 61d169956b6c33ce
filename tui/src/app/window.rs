//! What happened in the last seconds: counts per second, and durations.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

/// How many seconds a [`Window`] remembers.
pub(crate) const SECONDS: usize = 60;
/// How many durations are kept for the percentiles.
const DURATIONS: usize = 2_048;

/// What one second held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Second {
    /// What went well.
    pub(crate) ok: u32,
    /// What failed.
    pub(crate) failed: u32,
}

/// Counts of the last minute, by the second.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    buckets: [(i64, Second); SECONDS],
}

impl Default for Window {
    fn default() -> Self {
        Self { buckets: [(i64::MIN, Second::default()); SECONDS] }
    }
}

impl Window {
    /// Counts one.
    pub(crate) fn add(&mut self, now: Timestamp, ok: bool) {
        let second = now.as_second();
        let bucket = &mut self.buckets[second.rem_euclid(SECONDS as i64) as usize];
        if bucket.0 != second {
            *bucket = (second, Second::default());
        }
        if ok {
            bucket.1.ok += 1;
        } else {
            bucket.1.failed += 1;
        }
    }

    /// The second `ago` seconds before `now`.
    pub(crate) fn second(&self, now: Timestamp, ago: usize) -> Second {
        let second = now.as_second() - ago as i64;
        let (at, counts) = self.buckets[second.rem_euclid(SECONDS as i64) as usize];
        if at == second { counts } else { Second::default() }
    }

    /// The sum of the last `seconds` seconds, the running one included.
    pub(crate) fn sum(&self, now: Timestamp, seconds: usize) -> Second {
        (0..seconds.min(SECONDS))
            .map(|ago| self.second(now, ago))
            .fold(Second::default(), |sum, s| Second { ok: sum.ok + s.ok, failed: sum.failed + s.failed })
    }

    /// How many a second, over the last `seconds` seconds.
    pub(crate) fn rate(&self, now: Timestamp, seconds: usize) -> f64 {
        let sum = self.sum(now, seconds);
        f64::from(sum.ok + sum.failed) / seconds.clamp(1, SECONDS) as f64
    }
}

/// The durations of the last minute (at most 2,048 of them), with their percentiles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Durations {
    recent: VecDeque<(Timestamp, Duration)>,
    changed: bool,
    /// Half took no longer.
    pub(crate) p50: Option<Duration>,
    /// 95 of 100 took no longer.
    pub(crate) p95: Option<Duration>,
}

impl Durations {
    /// Takes one in. The percentiles follow at the next [`Durations::settle`].
    pub(crate) fn add(&mut self, now: Timestamp, duration: Duration) {
        if self.recent.len() == DURATIONS {
            self.recent.pop_front();
        }
        self.recent.push_back((now, duration));
        self.changed = true;
    }

    /// Forgets what is older than a minute and computes the percentiles anew if anything changed.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        let oldest = now.as_second() - SECONDS as i64;
        while self.recent.front().is_some_and(|(at, _)| at.as_second() < oldest) {
            self.recent.pop_front();
            self.changed = true;
        }
        if !self.changed {
            return;
        }
        self.changed = false;
        let mut sorted: Vec<_> = self.recent.iter().map(|(_, duration)| *duration).collect();
        sorted.sort_unstable();
        self.p50 = percentile(&sorted, 50);
        self.p95 = percentile(&sorted, 95);
    }
}

/// Some durations in three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// How many there are.
    pub(crate) count: usize,
    /// Half took no longer.
    pub(crate) p50: Duration,
    /// 95 of 100 took no longer.
    pub(crate) p95: Duration,
}

impl Sample {
    fn of(durations: impl Iterator<Item = Duration>) -> Option<Self> {
        let mut sorted: Vec<_> = durations.collect();
        sorted.sort_unstable();
        Some(Self { count: sorted.len(), p50: percentile(&sorted, 50)?, p95: percentile(&sorted, 95)? })
    }
}

impl Durations {
    /// The last minute as it is now.
    pub(crate) fn sample(&self, now: Timestamp) -> Option<Sample> {
        let oldest = now.as_second() - SECONDS as i64;
        Sample::of(self.recent.iter().filter(|(at, _)| at.as_second() >= oldest).map(|(_, duration)| *duration))
    }
}

/// The last 2,048 durations, however old.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spread {
    kept: VecDeque<Duration>,
    changed: bool,
    /// Their percentiles, as of the last [`Spread::settle`].
    pub(crate) sample: Option<Sample>,
}

impl Spread {
    /// Takes one in.
    pub(crate) fn add(&mut self, duration: Duration) {
        if self.kept.len() == DURATIONS {
            self.kept.pop_front();
        }
        self.kept.push_back(duration);
        self.changed = true;
    }

    /// Computes the percentiles anew if anything changed.
    pub(crate) fn settle(&mut self) {
        if std::mem::take(&mut self.changed) {
            self.sample = Sample::of(self.kept.iter().copied());
        }
    }
}

/// The nearest-rank percentile of sorted values.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::constant(1_700_000_000 + second, 0)
    }

    #[test]
    fn a_window_forgets_after_a_minute() {
        let mut window = Window::default();
        window.add(at(0), true);
        window.add(at(0), false);
        window.add(at(5), true);
        assert_eq!(window.sum(at(5), 10), Second { ok: 2, failed: 1 });
        assert_eq!(window.sum(at(12), 10), Second { ok: 1, failed: 0 });
        assert_eq!(window.sum(at(70), 60), Second::default());
        assert!((window.rate(at(5), 10) - 0.3).abs() < 1e-9);
    }

    #[test]
    fn percentiles_are_by_nearest_rank_and_expire() {
        let mut durations = Durations::default();
        for ms in 1..=100 {
            durations.add(at(0), Duration::from_millis(ms));
        }
        durations.settle(at(1));
        assert_eq!(durations.p50, Some(Duration::from_millis(50)));
        assert_eq!(durations.p95, Some(Duration::from_millis(95)));
        durations.settle(at(120));
        assert_eq!(durations.p95, None);
    }
}
