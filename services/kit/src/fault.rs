//! Faults that are injected on purpose: what a row of the faults table means.

use std::{fmt, str::FromStr, time::Duration};

use jiff::Timestamp;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultMode {
    /// `decline`: the payment is declined.
    Decline,
    /// `outOfStock`: the stock is reported missing.
    OutOfStock,
    /// `error`: the invocation fails.
    Error,
    /// `crash`: the process aborts before the handler.
    Crash,
    /// `latency`: the handler starts late.
    Latency,
    /// `timeout`: the invocation runs past its deadline.
    Timeout,
    /// `publish`: the process aborts between the write and the publication.
    Publish,
}

impl FaultMode {
    /// All modes.
    pub const ALL: [Self; 7] =
        [Self::Decline, Self::OutOfStock, Self::Error, Self::Crash, Self::Latency, Self::Timeout, Self::Publish];

    /// The mode as the faults table names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decline => "decline",
            Self::OutOfStock => "outOfStock",
            Self::Error => "error",
            Self::Crash => "crash",
            Self::Latency => "latency",
            Self::Timeout => "timeout",
            Self::Publish => "publish",
        }
    }
}

impl fmt::Display for FaultMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for FaultMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|mode| mode.as_str() == text);
        known.ok_or_else(|| format!("'{text}' is not a fault mode; one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// A row of the faults table: key `functionName` and `mode`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub mode: FaultMode,
    /// In which share of the invocations, 0 to 1.
    pub rate: f64,
    /// By how much `latency` delays.
    pub latency: Duration,
    /// When it heals itself; never, when there is none.
    pub expires_at: Option<Timestamp>,
}

impl Fault {
    fn strikes(&self, now: Timestamp, roll: f64) -> bool {
        // DynamoDB deletes expired rows hours late, so the function minds the expiry itself.
        self.expires_at.is_none_or(|expiry| now < expiry) && roll < self.rate
    }
}

/// The faults that strike one invocation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    modes: Vec<FaultMode>,
    latency: Duration,
}

impl Faults {
    /// Decides which of the faults strike. `roll` gives a number from 0 to 1, 1 excluded, for each.
    pub fn roll(faults: &[Fault], now: Timestamp, mut roll: impl FnMut() -> f64) -> Self {
        let struck: Vec<&Fault> = faults.iter().filter(|fault| fault.strikes(now, roll())).collect();
        let latency = struck.iter().filter(|fault| fault.mode == FaultMode::Latency).map(|fault| fault.latency).sum();
        Self { modes: struck.iter().map(|fault| fault.mode).collect(), latency }
    }

    /// The given faults, for certain.
    pub fn certain(modes: &[FaultMode]) -> Self {
        Self { modes: modes.to_vec(), latency: Duration::ZERO }
    }

    /// Whether a fault of this mode strikes.
    pub fn has(&self, mode: FaultMode) -> bool {
        self.modes.contains(&mode)
    }

    /// By how much the handler is delayed.
    pub fn latency(&self) -> Duration {
        self.latency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(mode: FaultMode, rate: f64) -> Fault {
        Fault { mode, rate, latency: Duration::from_millis(20), expires_at: None }
    }

    #[test]
    fn every_mode_is_read_back_from_its_name() {
        for mode in FaultMode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        assert!("explode".parse::<FaultMode>().is_err_and(|text| text.contains("outOfStock")));
    }

    #[test]
    fn the_rate_is_the_share_of_invocations() {
        let now = Timestamp::UNIX_EPOCH;
        let one = [fault(FaultMode::Error, 0.3)];
        let struck = (0..10).filter(|n| Faults::roll(&one, now, || f64::from(*n) / 10.0).has(FaultMode::Error)).count();
        assert_eq!(struck, 3);
        assert!(!Faults::roll(&[fault(FaultMode::Error, 0.0)], now, || 0.0).has(FaultMode::Error));
        assert!(Faults::roll(&[fault(FaultMode::Error, 1.0)], now, || 0.999_999).has(FaultMode::Error));
    }

    #[test]
    fn a_fault_heals_at_its_expiry() {
        let expiry = Timestamp::UNIX_EPOCH + Duration::from_secs(100);
        let one = [Fault { expires_at: Some(expiry), ..fault(FaultMode::Crash, 1.0) }];
        assert!(Faults::roll(&one, expiry - Duration::from_millis(1), || 0.0).has(FaultMode::Crash));
        assert!(!Faults::roll(&one, expiry, || 0.0).has(FaultMode::Crash));
    }

    #[test]
    fn only_a_struck_latency_delays() {
        let both = [fault(FaultMode::Latency, 0.5), fault(FaultMode::Decline, 1.0)];
        assert_eq!(Faults::roll(&both, Timestamp::UNIX_EPOCH, || 0.4).latency(), Duration::from_millis(20));
        assert_eq!(Faults::roll(&both, Timestamp::UNIX_EPOCH, || 0.6).latency(), Duration::ZERO);
    }
}
