//! How often a probe is run, and how many results it takes to believe in a change.

use std::time::Duration;

use ha_common::Nanos;

/// Shortest time between two runs: none at all would never let anything else happen.
const SHORTEST: Duration = Duration::from_millis(1);

/// How a probe is run and judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Time before the first run: those of many probes differ, so that they do not come at once.
    pub warmup: Duration,
    /// Time from one run to the next.
    pub interval: Duration,
    /// Time from a failure that is not believed yet to the next run, where that is not `interval`.
    pub retry: Option<Duration>,
    /// Successes in a row that make it good again.
    pub rise: u32,
    /// Failures in a row that make it bad.
    pub fall: u32,
    /// What it counts as before its first result; `None` for neither.
    pub assumed: Option<bool>,
}

impl Rhythm {
    /// When the run after that which was due at `due` begins, seen at `now`: a run that took longer than
    /// `interval` leaves runs out and keeps the beat.
    pub(super) fn next(&self, due: Nanos, now: Nanos) -> Nanos {
        let interval = self.interval.max(SHORTEST);
        let late = now.saturating_since(due);
        let left_out = late.as_nanos() / interval.as_nanos();
        let left_out = u32::try_from(left_out).unwrap_or(u32::MAX);
        due + interval.saturating_mul(left_out.saturating_add(1))
    }

    /// When the run after a failure at `now` begins, that which failed having been due at `due`.
    pub(super) fn again(&self, due: Nanos, now: Nanos) -> Nanos {
        self.retry
            .map_or_else(|| self.next(due, now), |pause| now + pause.max(SHORTEST))
    }
}
