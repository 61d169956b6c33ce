//! How a service is, in one word and one glyph: colour is never the only sign.

/// The health of a function, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Nothing to do in the last minute.
    Idle,
    /// It does what it is asked.
    Healthy,
    /// Some of it goes wrong, or something in it is slowed down or refused.
    Degraded,
    /// Limited to few invocations at a time, so that events wait.
    Throttled,
    /// Its rules are disabled: it hears nothing.
    Disconnected,
    /// No invocation is allowed: events go to its dead-letter queue at once.
    Halted,
    /// Most of what it is asked goes wrong.
    Failing,
}

impl Health {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Throttled => "throttled",
            Self::Disconnected => "disconnected",
            Self::Halted => "halted",
            Self::Failing => "failing",
        }
    }

    /// The glyph, one column wide.
    pub fn glyph(self, ascii: bool) -> &'static str {
        let (unicode, plain) = match self {
            Self::Idle => ("○", "o"),
            Self::Healthy => ("●", "*"),
            Self::Degraded => ("▲", "!"),
            Self::Throttled => ("◑", "~"),
            Self::Disconnected => ("◌", "/"),
            Self::Halted => ("■", "#"),
            Self::Failing => ("✖", "x"),
        };
        if ascii { plain } else { unicode }
    }

    /// Whether a person should look at it.
    pub fn is_bad(self) -> bool {
        self >= Self::Degraded
    }
}
