//! How many packets of a kind there are in a time, and how many are too many.
//!
//! Counts belong to periods of about a second; what is counted twice or not at all when two
//! processors meet is too little to matter.

use super::word::Word;
use crate::time::Nanos;

/// A period is 2^30 ns: 1.07 s, and the number of a moment's period needs no division.
const PERIOD_SHIFT: u32 = 30;
/// Adverts of one router in a period that are never too many, whatever its interval.
const FEW: u64 = 8;
/// A router may send this many times as many adverts as its interval has it.
const GENEROUS: u64 = 3;

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "4 billion seconds last")]
const fn period(now: Nanos) -> u32 {
    (now.get() >> PERIOD_SHIFT) as u32
}

/// Valid adverts for one router in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    period: u32,
    /// Those of the router that the daemon follows.
    followed: u16,
    /// Those of all others.
    others: u16,
}

impl Heard {
    pub(super) const fn pack(self) -> u64 {
        (self.period as u64) << 32 | (self.followed as u64) << 16 | self.others as u64
    }

    #[expect(clippy::cast_possible_truncation, reason = "parts of a word")]
    pub(super) const fn unpack(word: u64) -> Self {
        Self {
            period: (word >> 32) as u32,
            followed: (word >> 16) as u16,
            others: word as u16,
        }
    }

    /// Counts one more advert of a router that is to send one every `interval` nanoseconds;
    /// returns the count after it, and whether that is too many.
    #[must_use]
    #[inline]
    pub(super) fn count(self, now: Nanos, followed: bool, interval: u64) -> (Self, bool) {
        let period = period(now);
        let mut heard = if self.period == period {
            self
        } else {
            Self {
                period,
                ..Self::default()
            }
        };
        let count = if followed {
            heard.followed = heard.followed.saturating_add(1);
            heard.followed
        } else {
            heard.others = heard.others.saturating_add(1);
            heard.others
        };
        let count = u64::from(count);
        let excess = count > FEW && count * interval > GENEROUS << PERIOD_SHIFT;
        (heard, excess)
    }
}

/// Adverts that nobody needs on one interface: value of [`super::map::FLOODS`]. Written by the
/// program only.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Flood {
    /// Period in the upper half, count in the lower.
    count: Word,
    /// The last period that had too many.
    over: Word,
}

const _: () = assert!(size_of::<Flood>() == 16);

impl Flood {
    /// Notes one more such advert, and returns whether there are more than `limit` of them a
    /// second now: in this period, or in the one before, so that a flood that lasts is one from the
    /// first advert of each period on.
    #[inline]
    pub fn note(&self, now: Nanos, limit: u64) -> bool {
        let period = u64::from(period(now));
        let before = self.count.get();
        let same = before >> 32 == period;
        let count = if same { (before & 0xffff_ffff) + 1 } else { 1 };
        self.count.set(period << 32 | count & 0xffff_ffff);
        if count > limit {
            self.over.set(period);
            return true;
        }
        let over = self.over.get();
        over != 0 && over + 1 >= period
    }
}

/// What may happen so many times in a period: value of [`super::map::UNREACHABLES`]. Written by the
/// program only.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Allowance(
    /// Period in the upper half, count in the lower.
    Word,
);

const _: () = assert!(size_of::<Allowance>() == 8);

impl Allowance {
    /// Whether it may happen once more at `now`, of `most` times; counts it if so.
    #[inline]
    pub fn take(&self, now: Nanos, most: u64) -> bool {
        let period = u64::from(period(now)) << 32;
        let before = self.0.get();
        let used = if before >> 32 << 32 == period {
            before & 0xffff_ffff
        } else {
            0
        };
        if used >= most {
            return false;
        }
        self.0.set(period | (used + 1));
        true
    }
}

/// The period that a sample was let through in, for [`super::RouterRecord::sample`].
#[inline]
pub(super) const fn sample_period(now: Nanos) -> u64 {
    period(now) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1 << PERIOD_SHIFT;

    #[test]
    fn a_router_at_its_own_rate_is_never_too_much() {
        for (interval, rate) in [(10_000_000, 108), (1_000_000_000, 2), (40_000_000_000, 8)] {
            let mut heard = Heard::default();
            let mut too_many = false;
            for number in 0..rate * 10 {
                let now = Nanos::new(SECOND + number * SECOND / rate);
                (heard, too_many) = heard.count(now, true, interval);
                heard = Heard::unpack(heard.pack());
                assert!(!too_many, "{interval} ns, advert {number}");
            }
            for _ in 0..rate * 5 + FEW {
                (heard, too_many) = heard.count(Nanos::new(20 * SECOND), true, interval);
            }
            assert!(too_many, "{interval} ns");
            let other = heard.count(Nanos::new(20 * SECOND), false, interval);
            assert!(!other.1, "others have an account of their own");
        }
    }

    #[test]
    fn an_allowance_is_anew_in_each_period() {
        let allowance = Allowance::default();
        for period in [7, 8] {
            let now = Nanos::new(period * SECOND);
            let taken = (0..20).filter(|_| allowance.take(now, 5)).count();
            assert_eq!(taken, 5);
        }
    }

    #[test]
    fn a_flood_lasts_from_one_period_into_the_next() {
        let flood = Flood::default();
        let note = |period: u64| flood.note(Nanos::new(period * SECOND), 10);
        assert!((0..10).all(|_| !note(7)));
        assert!((0..5).all(|_| note(7)), "the eleventh is too much");
        assert!(note(8), "the period after has not had ten yet");
        assert!(!note(9), "it is over after a period with few");
    }
}
