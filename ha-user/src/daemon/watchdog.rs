//! An advert thread that runs by itself must not vouch for a main loop that hangs.

use std::time::Duration;

use ha_common::Nanos;

/// Silence of the main loop that is a fault.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// How often the main loop shows that it lives.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(1);

/// Longest time between two looks that counts as silence: if this thread itself did not run for
/// longer (a frozen process), it cannot tell that the main loop would not have.
const GLANCE: Duration = Duration::from_millis(1500);

/// Watches the main loop's heartbeat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watchdog {
    looked_at: Nanos,
    silence: Duration,
}

impl Watchdog {
    /// A watchdog that has just heard the main loop.
    #[must_use]
    pub(super) fn new(now: Nanos) -> Self {
        Self {
            looked_at: now,
            silence: Duration::ZERO,
        }
    }

    /// Whether the silence is a fault.
    #[must_use]
    pub(super) fn is_silent(&self) -> bool {
        self.silence > LIMIT
    }

    /// The main loop has shown that it lives; `true` if that ends a fault.
    pub(super) fn heard(&mut self, now: Nanos) -> bool {
        let was_silent = self.is_silent();
        *self = Self::new(now);
        was_silent
    }

    /// Lets time pass; `true` if the silence has just become a fault.
    pub(super) fn check(&mut self, now: Nanos) -> bool {
        let was_silent = self.is_silent();
        self.silence += now.saturating_since(self.looked_at).min(GLANCE);
        self.looked_at = now;
        !was_silent && self.is_silent()
    }

    /// When to look again.
    #[must_use]
    pub(super) fn next_deadline(&self) -> Option<Nanos> {
        (!self.is_silent()).then(|| self.looked_at + HEARTBEAT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Nanos = Nanos::new(1_000_000_000_000);

    #[test]
    fn silence_becomes_a_fault_once_and_a_heartbeat_ends_it() {
        let mut watchdog = Watchdog::new(START);
        let faults: Vec<u64> = (1..=10)
            .filter(|second| watchdog.check(START + Duration::from_secs(*second)))
            .collect();
        assert_eq!(faults, [6]);
        assert!(watchdog.heard(START + Duration::from_secs(11)));
        assert!(!watchdog.is_silent());
    }

    #[test]
    fn a_thaw_is_not_taken_for_the_main_loops_silence() {
        let mut watchdog = Watchdog::new(START);
        assert!(!watchdog.check(START + Duration::from_secs(3600)));
    }
}
