//! Packets with their verdicts, for whoever wants to see them: `vipctl capture`.

use super::rate::sample_period;
use crate::reason::Reason;
use crate::time::Nanos;

/// Octets of a packet that are shown: the longest frame of an Ethernet with two VLAN tags.
pub const CAPTURED_OCTETS: usize = 1522;
/// Bytes of the ring of [`Captured`] packets.
pub const CAPTURE_RING_BYTES: u32 = 1024 * 1024;
/// Packets that one processor shows in about a second (2^30 ns), however many there are.
pub const CAPTURE_RATE: u64 = 20_000;

/// Octets in front of a packet in the ring.
const HEADER_LEN: usize = 24;

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Way {
    /// It came in.
    In = 1,
    /// It was about to leave.
    Out = 2,
}

/// A packet as it stands in the ring, behind what is known of it. Of the octets only those are
/// there that the packet has.
#[derive(Debug)]
#[repr(C)]
pub struct Captured {
    at: u64,
    ifindex: u32,
    reason: u32,
    way: u32,
    length: u32,
    octets: [u8; CAPTURED_OCTETS],
}

const _: () = assert!(core::mem::offset_of!(Captured, octets) == HEADER_LEN);

/// What is known of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// When it was judged.
    pub at: Nanos,
    /// Interface.
    pub ifindex: u32,
    /// What was found.
    pub reason: Reason,
    /// Which way it went.
    pub way: Way,
    /// Its length, in octets, all of which need not be shown.
    pub length: u32,
}

impl Captured {
    /// Sets what is known of the packet.
    #[inline(always)]
    pub fn describe(&mut self, sighting: Sighting) {
        self.at = sighting.at.get();
        self.ifindex = sighting.ifindex;
        self.reason = sighting.reason.index();
        self.way = sighting.way as u32;
        self.length = sighting.length;
    }

    /// Room for the packet.
    #[inline(always)]
    pub const fn octets_mut(&mut self) -> &mut [u8; CAPTURED_OCTETS] {
        &mut self.octets
    }

    /// How much of this belongs in the ring when `octets` of the packet are shown.
    #[must_use]
    #[inline(always)]
    pub const fn len_with(octets: usize) -> usize {
        HEADER_LEN + octets
    }

    /// Reads what stands in the ring; `None` if it is not of this ABI.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<(Sighting, &[u8])> {
        let (at, rest) = bytes.split_first_chunk()?;
        let (ifindex, rest) = rest.split_first_chunk()?;
        let (reason, rest) = rest.split_first_chunk()?;
        let (way, rest) = rest.split_first_chunk()?;
        let (length, octets) = rest.split_first_chunk()?;
        let sighting = Sighting {
            at: Nanos::new(u64::from_ne_bytes(*at)),
            ifindex: u32::from_ne_bytes(*ifindex),
            reason: *Reason::ALL.get(u32::from_ne_bytes(*reason) as usize)?,
            way: match u32::from_ne_bytes(*way) {
                1 => Way::In,
                2 => Way::Out,
                _ => return None,
            },
            length: u32::from_ne_bytes(*length),
        };
        Some((sighting, octets))
    }
}

/// What one processor has shown: value of [`super::map::CAPTURE_TALLY`]. Written by the program
/// only.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct CaptureTally {
    period: u64,
    shown: u64,
    left_out: u64,
}

impl CaptureTally {
    /// Whether one more packet may be shown at `now`; counts it if not.
    #[inline(always)]
    pub const fn admit(&mut self, now: Nanos) -> bool {
        let period = sample_period(now);
        if self.period != period {
            self.period = period;
            self.shown = 0;
        }
        self.shown += 1;
        if self.shown > CAPTURE_RATE {
            self.leave_out();
            return false;
        }
        true
    }

    /// Counts a packet that is not shown, for there were too many, or no room in the ring.
    #[inline(always)]
    pub const fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// Packets that were not shown, since the program was loaded.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }
}

/// The reasons that somebody wants to see, as a word of the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReasonSet(u64);

const _: () = assert!(Reason::COUNT <= u64::BITS);

impl ReasonSet {
    /// Those of `reasons`.
    #[must_use]
    pub fn of(reasons: impl IntoIterator<Item = Reason>) -> Self {
        let bits = reasons.into_iter().map(|reason| 1 << reason.index());
        Self(bits.fold(0, |all, bit: u64| all | bit))
    }

    /// Whether `reason` is one of them.
    #[must_use]
    #[inline(always)]
    pub const fn contains(self, reason: Reason) -> bool {
        self.0 >> reason.index() & 1 != 0
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    pub(super) const fn from_word(word: u64) -> Self {
        Self(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_this_abi_is_refused() {
        assert_eq!(Captured::read(&[0; HEADER_LEN - 1]), None);
        assert_eq!(Captured::read(&[0xff; HEADER_LEN]), None);
        assert_eq!(Captured::read(&[0; HEADER_LEN]), None, "no way");
    }

    #[test]
    fn a_flood_is_shown_in_part_and_counted() {
        let mut tally = CaptureTally::default();
        let now = Nanos::new(5 << 30);
        let shown = (0..CAPTURE_RATE + 10).filter(|_| tally.admit(now)).count();
        assert_eq!((shown as u64, tally.left_out()), (CAPTURE_RATE, 10));
        assert!(tally.admit(Nanos::new(6 << 30)));
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let set = ReasonSet::of([Reason::Idle, Reason::OutVipNotOwned]);
        let again = ReasonSet::from_word(set.word());
        for reason in Reason::ALL {
            let expected = matches!(reason, Reason::Idle | Reason::OutVipNotOwned);
            assert_eq!(again.contains(*reason), expected);
        }
    }
}
