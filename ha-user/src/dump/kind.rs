//! What can be asked for, and by which signal.

/// A dump that somebody can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Configuration and state.
    State,
    /// Counters.
    Stats,
    /// Counters, which begin anew afterwards.
    StatsThenClear,
    /// State and counters of instances, as JSON.
    Json,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::State, Self::Stats, Self::StatsThenClear, Self::Json];

    /// The signal that asks for it. Those of real time are counted from 34 on, as the C library
    /// does: exporters have them as numbers.
    #[must_use]
    pub const fn signal(self) -> i32 {
        match self {
            Self::State => libc::SIGUSR1,
            Self::Stats => libc::SIGUSR2,
            Self::StatsThenClear => 63,
            Self::Json => 36,
        }
    }
}

/// Number of the signal that `--signum` calls `name`; `None` if it knows no such name.
#[must_use]
pub fn signal_number(name: &str) -> Option<i32> {
    match name {
        "STOP" => Some(libc::SIGTERM),
        "RELOAD" => Some(libc::SIGHUP),
        "DATA" => Some(Kind::State.signal()),
        "STATS" => Some(Kind::Stats.signal()),
        "STATS_CLEAR" => Some(Kind::StatsThenClear.signal()),
        "JSON" => Some(Kind::Json.signal()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_the_numbers_that_exporters_know() {
        let numbers = ["RELOAD", "STOP", "DATA", "STATS", "STATS_CLEAR", "JSON"];
        let numbers = numbers.map(|name| signal_number(name).expect("a signal"));
        assert_eq!(numbers, [1, 15, 10, 12, 63, 36]);
        assert_eq!(signal_number("TDATA"), None);
        assert_eq!(signal_number("json"), None);
    }
}
