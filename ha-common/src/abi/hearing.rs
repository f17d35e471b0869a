//! What is heard of one Virtual Router: what the daemon need not hear again, how regularly the
//! router that it follows speaks, and what was refused.

use super::familiar::Familiar;
use super::rate::{Heard, sample_period};
use super::word::Word;
use crate::reason::Reason;
use crate::time::Nanos;

/// Adverts in a row that may be missing; a router that was silent for longer was away.
const MOST_MISSED: u64 = 16;
/// Jitter follows each arrival by one part in this many (RFC 3550 section 6.4.1).
const JITTER_GAIN: u64 = 16;

/// The third and fourth cache line of a [`super::RouterRecord`]. The first three words are the
/// daemon's, the others the program's.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Hearing {
    familiar_header: Word,
    familiar_source: Word,
    sated_until: Word,

    jitter: Word,
    missed: Word,
    heard: Word,
    sampled: Word,
    refused: [Word; Reason::REFUSALS],
}

const _: () = assert!(size_of::<Hearing>() == 128);

/// Words that the daemon writes.
impl Hearing {
    /// The advert that would tell the daemon nothing but what a stamp tells, if there is one.
    #[inline]
    pub fn familiar(&self) -> Option<Familiar> {
        Familiar::unpack(self.familiar_header.get(), self.familiar_source.get())
    }

    /// Whether that advert is one of `source`.
    #[inline]
    pub fn follows(&self, source: [u8; 4]) -> bool {
        let known = self.familiar();
        known.is_some_and(|known| u32::from_ne_bytes(known.source) == u32::from_ne_bytes(source))
    }

    /// Takes `familiar` for such an advert from now on. A reader that sees one word of it and one
    /// of its predecessor sees an advert that nobody sends.
    pub fn set_familiar(&self, familiar: Option<Familiar>) {
        let (header, source) = familiar.map_or((0, 0), Familiar::pack);
        self.familiar_header.set(header);
        self.familiar_source.set(source);
    }

    /// Until when adverts below the lowest Priority that is a sign of life tell the daemon nothing,
    /// for it has heard one; those of the router that it follows always do.
    #[inline]
    pub fn sated_until(&self) -> Nanos {
        Nanos::new(self.sated_until.get())
    }

    /// Sets until when such adverts tell nothing.
    pub fn set_sated_until(&self, at: Nanos) {
        self.sated_until.set(at.get());
    }
}

/// What the program finds out.
impl Hearing {
    /// Mean deviation of arrivals from the sender's interval, in nanoseconds (as RFC 3550 section
    /// 6.4.1 has it, with one interval between any two departures).
    pub fn jitter(&self) -> u64 {
        self.jitter.get()
    }

    /// Adverts of the present sender that did not arrive, judged by gaps.
    pub fn missed(&self) -> u64 {
        self.missed.get()
    }

    /// Adverts refused for `reason`; 0 if that is no reason to refuse one.
    pub fn refused(&self, reason: Reason) -> u64 {
        let counter = reason.refusal().and_then(|index| self.refused.get(index));
        counter.map_or(0, Word::get)
    }

    /// Notes that a sender which is to speak every `interval` nanoseconds spoke again after `gap`.
    /// One that comes before half an interval has passed was provoked, and tells nothing.
    #[inline]
    pub(super) fn arrived_after(&self, gap: u64, interval: u64) {
        if interval == 0 || gap * 2 < interval || gap > interval * MOST_MISSED {
            return;
        }
        let mut expected = interval;
        if gap * 2 > interval * 3 {
            let intervals = (gap + interval / 2) / interval;
            expected = interval * intervals;
            self.missed.set(self.missed.get() + intervals - 1);
        }
        let jitter = self.jitter.get();
        let grown = jitter + gap.abs_diff(expected) / JITTER_GAIN;
        self.jitter.set(grown - jitter / JITTER_GAIN);
    }

    /// Forgets how regularly somebody spoke: it is another one now.
    #[inline]
    pub(super) fn begin_anew(&self) {
        self.jitter.set(0);
        self.missed.set(0);
    }

    /// Counts an advert that was refused for `reason`. Losing a count to a race is harmless.
    #[inline]
    pub fn refuse(&self, reason: Reason) {
        if let Some(counter) = reason.refusal().and_then(|index| self.refused.get(index)) {
            counter.set(counter.get().wrapping_add(1));
        }
    }

    /// Counts a valid advert of a router that is to send one every `interval` nanoseconds - the one
    /// that the daemon follows, or any other one - and returns whether that is too many.
    #[inline]
    pub fn is_excessive(&self, now: Nanos, followed: bool, interval: u64) -> bool {
        let (heard, excess) = Heard::unpack(self.heard.get()).count(now, followed, interval);
        self.heard.set(heard.pack());
        excess
    }

    /// Whether nothing was asked for at `now` yet: true once in about a second.
    #[inline]
    pub fn sample(&self, now: Nanos) -> bool {
        let period = sample_period(now);
        let first = self.sampled.get() != period;
        self.sampled.set(period);
        first
    }

    pub(super) fn reset(&self) {
        let words = [
            &self.familiar_source,
            &self.familiar_header,
            &self.sated_until,
            &self.jitter,
            &self.missed,
            &self.heard,
            &self.sampled,
        ];
        for word in words.into_iter().chain(&self.refused) {
            word.set(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_familiar_advert_survives_its_words() {
        let hearing = Hearing::default();
        assert_eq!(hearing.familiar(), None);
        let familiar = Familiar {
            source: [0; 4],
            header: [0x31, 51, 100, 1, 0, 100, 0xab, 0xcd],
        };
        hearing.set_familiar(Some(familiar));
        assert_eq!(hearing.familiar(), Some(familiar));
        assert!(hearing.follows(familiar.source) && !hearing.follows([192, 0, 2, 1]));
        hearing.reset();
        assert_eq!(hearing.familiar(), None);
    }

    #[test]
    fn gaps_tell_of_jitter_and_loss() {
        let hearing = Hearing::default();
        for _ in 0..10 {
            hearing.arrived_after(1_000, 1_000);
        }
        assert_eq!((hearing.jitter(), hearing.missed()), (0, 0));
        hearing.arrived_after(10, 1_000);
        assert_eq!((hearing.jitter(), hearing.missed()), (0, 0), "provoked");
        hearing.arrived_after(3_160, 1_000);
        assert_eq!((hearing.jitter(), hearing.missed()), (10, 2));
        hearing.arrived_after(3_600_000, 1_000);
        assert_eq!((hearing.jitter(), hearing.missed()), (10, 2), "was away");
        for _ in 0..1_000 {
            hearing.arrived_after(1_320, 1_000);
        }
        assert!((300..=320).contains(&hearing.jitter()));
        hearing.begin_anew();
        assert_eq!((hearing.jitter(), hearing.missed()), (0, 0));
    }

    #[test]
    fn every_refusal_has_a_counter_of_its_own() {
        let hearing = Hearing::default();
        for (count, reason) in Reason::ALL.iter().enumerate() {
            (0..count).for_each(|_| hearing.refuse(*reason));
        }
        for (count, reason) in Reason::ALL.iter().enumerate() {
            let expected = reason.refusal().map_or(0, |_| count as u64);
            assert_eq!(hearing.refused(*reason), expected, "{}", reason.name());
        }
    }

    #[test]
    fn one_sample_a_period() {
        let hearing = Hearing::default();
        let samples = |from: u64| {
            (0..1_000)
                .filter(|n| hearing.sample(Nanos::new(from + n)))
                .count()
        };
        assert_eq!(samples(5 << 30), 1);
        assert_eq!(samples(6 << 30), 1);
    }
}
