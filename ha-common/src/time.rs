//! Points in time of the one clock that the daemon and the XDP program read.

use core::ops::{Add, Sub};
use core::time::Duration;

/// A point in time: nanoseconds of `CLOCK_BOOTTIME`, which is what `bpf_ktime_get_boot_ns` reads.
///
/// Zero is "never": the clock has moved on by the time any process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(u64);

impl Nanos {
    /// Before everything that can happen.
    pub const NEVER: Self = Self(0);

    /// A point read from the clock or from a map.
    #[must_use]
    pub const fn new(since_boot: u64) -> Self {
        Self(since_boot)
    }

    /// Nanoseconds since boot.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Time passed since `earlier`; zero if `earlier` lies ahead.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The first multiple of `step` that is not before this.
    #[must_use]
    pub const fn next_multiple_of(self, step: Duration) -> Self {
        let step = step.as_nanos() as u64;
        match self.0.checked_next_multiple_of(step) {
            Some(nanos) => Self(nanos),
            None => self,
        }
    }
}

impl Add<Duration> for Nanos {
    type Output = Self;

    fn add(self, interval: Duration) -> Self {
        let nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

impl Sub<Duration> for Nanos {
    type Output = Self;

    fn sub(self, interval: Duration) -> Self {
        let nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_saturates_instead_of_wrapping() {
        assert_eq!(Nanos::new(5) - Duration::from_secs(1), Nanos::NEVER);
        assert_eq!(
            Nanos::new(5).saturating_since(Nanos::new(9)),
            Duration::ZERO
        );
        assert_eq!(Nanos::new(u64::MAX) + Duration::MAX, Nanos::new(u64::MAX));
    }
}
