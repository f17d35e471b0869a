//! How late the advert thread wakes up: what the host does to it.

use std::time::Duration;

/// Bounds of the buckets: each is twice the one before, up to a little more than a second.
const BOUNDS: usize = 18;
const FIRST_BOUND: Duration = Duration::from_micros(10);

/// A histogram of late wake-ups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lateness {
    /// Wake-ups that were late by up to the bound, and by more than the one before; the last ones
    /// have no bound.
    counts: [u64; BOUNDS + 1],
    latest: Duration,
}

impl Lateness {
    /// Takes note of a wake-up that was `late`.
    pub(super) fn note(&mut self, late: Duration) {
        let bucket = bounds().position(|bound| late <= bound).unwrap_or(BOUNDS);
        self.counts[bucket] += 1;
        self.latest = self.latest.max(late);
    }

    /// The latest of all.
    pub(super) fn latest(&self) -> Duration {
        self.latest
    }

    /// How late no more than `percent` of the wake-ups were, to the precision of the buckets.
    pub(super) fn percentile(&self, percent: u64) -> Duration {
        let total: u64 = self.counts.iter().sum();
        let rank = (total * percent).div_ceil(100);
        let mut below = 0;
        let bound = self.buckets().find_map(|(bound, count)| {
            below += count;
            (below >= rank).then_some(bound)
        });
        bound.unwrap_or(self.latest).min(self.latest)
    }

    /// Bounds and how many lie below each but not below the one before. Beyond the last bound
    /// there may be more.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        bounds().zip(self.counts)
    }

    /// Wake-ups beyond the last bound.
    pub(super) fn beyond(&self) -> u64 {
        self.counts[BOUNDS]
    }
}

fn bounds() -> impl Iterator<Item = Duration> {
    (0..BOUNDS).map(|exponent| FIRST_BOUND * (1 << exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_bounds_and_the_latest_is_exact() {
        let mut lateness = Lateness::default();
        assert_eq!(lateness.percentile(99), Duration::ZERO);
        for _ in 0..98 {
            lateness.note(Duration::from_micros(7));
        }
        lateness.note(Duration::from_micros(30));
        lateness.note(Duration::from_millis(3));
        assert_eq!(lateness.percentile(50), Duration::from_micros(10));
        assert_eq!(lateness.percentile(99), Duration::from_micros(40));
        assert_eq!(lateness.percentile(100), Duration::from_millis(3));
        assert_eq!(lateness.latest(), Duration::from_millis(3));
    }

    #[test]
    fn nothing_is_too_late_to_be_counted() {
        let mut lateness = Lateness::default();
        lateness.note(Duration::from_secs(3600));
        assert_eq!(lateness.beyond(), 1);
        assert_eq!(lateness.percentile(50), Duration::from_secs(3600));
        let (last, _) = lateness.buckets().last().expect("buckets");
        assert!((Duration::from_secs(1)..Duration::from_secs(2)).contains(&last));
    }
}
