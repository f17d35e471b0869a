//! The record of one Virtual Router: what the daemon tells the program, and what the program has
//! seen.

use core::net::IpAddr;

use super::hearing::Hearing;
use super::ownership::{LeasePolicy, Ownership};
use super::word::Word;
use crate::id::Family;
use crate::time::Nanos;

/// How long the kernel may hold packets from an address that was taken off: it asks for the MAC of
/// their next hop three times, a second apart, and sends them all when it hears it.
const LINGER_NANOS: u64 = 5_000_000_000;

/// What the program needs to know of a router to judge an advert, packed into words that are
/// written and read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Election {
    /// Own Priority, as it goes into adverts.
    pub priority: u8,
    /// Lowest Priority that counts as a sign of life: 0 with preemption off or pending, else the
    /// own one. Priority 0 itself never counts.
    pub accept_min_priority: u8,
    /// VRRP version, 2 or 3.
    pub version: u8,
    /// Bits of [`flag`].
    pub flags: u8,
    /// The Primary IP Address of an IPv4 router; that of an IPv6 one is
    /// [`RouterRecord::primary_ipv6`]. It decides between equal priorities.
    pub primary_ip: [u8; 4],
}

/// Bits of [`Election::flags`].
pub mod flag {
    /// Version 2 adverts must carry the eight octets of `RouterRecord::auth`.
    pub const PLAIN_TEXT_AUTH: u8 = 1;
    /// Only peers in the map of peers may speak.
    pub const CHECK_SOURCE: u8 = 2;
    /// Version 3 checksums leave the pseudo-header out; received ones are not judged.
    pub const CHECKSUM_AS_V2: u8 = 4;
    /// Accept_Mode is off, and the router is no address owner: nothing that comes for the addresses
    /// is for this host.
    pub const NO_ACCEPT: u8 = 8;
    /// Valid adverts are counted, and nobody hears them.
    pub const IGNORE_ADVERTS: u8 = 16;
}

impl Election {
    const fn pack(self) -> u64 {
        let [a, b, c, d] = self.primary_ip;
        u64::from_le_bytes([
            self.priority,
            self.accept_min_priority,
            self.version,
            self.flags,
            a,
            b,
            c,
            d,
        ])
    }

    const fn unpack(word: u64) -> Self {
        let [priority, accept_min_priority, version, flags, a, b, c, d] = word.to_le_bytes();
        Self {
            priority,
            accept_min_priority,
            version,
            flags,
            primary_ip: [a, b, c, d],
        }
    }
}

/// The last valid advert of some other router: who, and with which priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// [`Self::tag`] of its source address; 0.0.0.0 before the first advert.
    pub source: [u8; 4],
    /// Priority in the advert.
    pub priority: u8,
}

impl Speaker {
    /// An address in the room of an IPv4 one, which stands for itself. The words of an IPv6 one are
    /// laid over each other: those of a link differ in their last, those of different networks in one
    /// before.
    #[must_use]
    #[inline(always)]
    pub fn tag(source: IpAddr) -> [u8; 4] {
        match source {
            IpAddr::V4(source) => source.octets(),
            IpAddr::V6(source) => {
                let octets = source.octets();
                let words = octets.as_chunks::<4>().0.iter();
                let folded = words.fold(0, |sum, word| sum ^ u32::from_ne_bytes(*word));
                folded.to_ne_bytes()
            }
        }
    }

    const fn pack(self) -> u64 {
        let [a, b, c, d] = self.source;
        u64::from_le_bytes([a, b, c, d, self.priority, 0, 0, 0])
    }

    const fn unpack(word: u64) -> Self {
        let [a, b, c, d, priority, ..] = word.to_le_bytes();
        Self {
            source: [a, b, c, d],
            priority,
        }
    }
}

/// State of one Virtual Router, shared between the daemon and the program.
///
/// The first cache line is written by the daemon only, the second by the program only; [`Hearing`]
/// is behind them, and in the last line again words of the daemon. Every word is read and written
/// whole; no decision needs two words of one moment, with two exceptions: the daemon writes
/// `owned_since` before `owned_until`, and the halves of an address only when that changes.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct RouterRecord {
    owned_until: Word,
    owned_since: Word,
    last_sent: Word,
    interval: Word,
    election: Word,
    auth: Word,
    installed_until: Word,
    group: Word,

    last_advert: Word,
    last_lower: Word,
    fenced_at: Word,
    speaker: Word,
    lower_speaker: Word,
    adverts: Word,
    conflict_at: Word,
    last_resignation: Word,

    hearing: Hearing,

    primary_ipv6: [Word; 2],
}

const _: () = assert!(size_of::<RouterRecord>() == 320 && align_of::<RouterRecord>() == 64);

/// Words that the daemon writes.
impl RouterRecord {
    /// End of the lease: we own the addresses before this moment, unless fenced.
    pub fn owned_until(&self) -> Nanos {
        Nanos::new(self.owned_until.get())
    }

    /// Moves the end of the lease. [`Nanos::NEVER`] ends it.
    pub fn set_owned_until(&self, at: Nanos) {
        self.owned_until.set(at.get());
    }

    /// When the present ownership began: fences from before do not count.
    pub fn owned_since(&self) -> Nanos {
        Nanos::new(self.owned_since.get())
    }

    /// Starts an ownership. Written before [`Self::set_owned_until`].
    pub fn set_owned_since(&self, at: Nanos) {
        self.owned_since.set(at.get());
    }

    /// When our last advert was handed to the kernel.
    pub fn last_sent(&self) -> Nanos {
        Nanos::new(self.last_sent.get())
    }

    /// Notes an advert that is about to be sent.
    pub fn set_last_sent(&self, at: Nanos) {
        self.last_sent.set(at.get());
    }

    /// Own Advertisement_Interval in nanoseconds.
    pub fn interval(&self) -> u64 {
        self.interval.get()
    }

    /// Sets the own Advertisement_Interval, in nanoseconds.
    pub fn set_interval(&self, nanos: u64) {
        self.interval.set(nanos);
    }

    /// Who we are in the election.
    pub fn election(&self) -> Election {
        Election::unpack(self.election.get())
    }

    /// Changes who we are in the election.
    pub fn set_election(&self, election: Election) {
        self.election.set(election.pack());
    }

    /// Authentication data of a version 2 advert, as on the wire.
    pub fn auth(&self) -> [u8; 8] {
        self.auth.get().to_ne_bytes()
    }

    /// Sets the authentication data of version 2 adverts.
    pub fn set_auth(&self, data: [u8; 8]) {
        self.auth.set(u64::from_ne_bytes(data));
    }

    /// What [`Speaker::tag`] makes of the group that adverts of `family` go to, and are heard from.
    #[expect(clippy::cast_possible_truncation, reason = "each is half a word")]
    #[inline(always)]
    pub fn group(&self, family: Family) -> [u8; 4] {
        let word = self.group.get();
        let half = match family {
            Family::Ipv4 => word,
            Family::Ipv6 => word >> 32,
        };
        (half as u32).to_ne_bytes()
    }

    /// Sets the group of its family.
    pub fn set_group(&self, group: IpAddr) {
        let tag = u64::from(u32::from_ne_bytes(Speaker::tag(group)));
        let (other, tag) = match group {
            IpAddr::V4(_) => (!0 << 32, tag),
            IpAddr::V6(_) => (!0 >> 32, tag << 32),
        };
        self.group.set(self.group.get() & other | tag);
    }

    /// The Primary IP Address of an IPv6 router.
    #[inline]
    pub fn primary_ipv6(&self) -> [u8; 16] {
        let [high, low] = &self.primary_ipv6;
        (u128::from(high.get()) << 64 | u128::from(low.get())).to_be_bytes()
    }

    /// Sets the Primary IP Address of an IPv6 router.
    #[expect(clippy::cast_possible_truncation, reason = "one half after the other")]
    pub fn set_primary_ipv6(&self, address: [u8; 16]) {
        let number = u128::from_be_bytes(address);
        let [high, low] = &self.primary_ipv6;
        high.set((number >> 64) as u64);
        low.set(number as u64);
    }

    /// Whether the daemon has put the addresses on an interface.
    pub fn installed(&self) -> bool {
        self.installed_until.get() == u64::MAX
    }

    /// Whether the kernel may still hold packets from the addresses at `now`: they are on an
    /// interface, or were a moment ago.
    #[inline]
    pub fn lingers(&self, now: Nanos) -> bool {
        now.get().saturating_sub(self.installed_until.get()) < LINGER_NANOS
    }

    /// Notes that the addresses are, or are about to be, on an interface.
    pub fn set_installed(&self) {
        self.installed_until.set(u64::MAX);
    }

    /// Notes that the addresses were taken off at `at`, or never were there: [`Nanos::NEVER`].
    pub fn set_taken_off(&self, at: Nanos) {
        self.installed_until.set(at.get());
    }
}

/// Words that the program writes.
impl RouterRecord {
    /// Last advert that counts as a sign of life of an Active router.
    pub fn last_advert(&self) -> Nanos {
        Nanos::new(self.last_advert.get())
    }

    /// Last valid advert below `accept_min_priority`.
    pub fn last_lower(&self) -> Nanos {
        Nanos::new(self.last_lower.get())
    }

    /// Last time an advert ended our ownership.
    pub fn fenced_at(&self) -> Nanos {
        Nanos::new(self.fenced_at.get())
    }

    /// Last time that the sender of the last sign of life said farewell, or spoke with too low a
    /// priority.
    pub fn last_resignation(&self) -> Nanos {
        Nanos::new(self.last_resignation.get())
    }

    /// Sender of the last sign of life.
    pub fn speaker(&self) -> Speaker {
        Speaker::unpack(self.speaker.get())
    }

    /// Sender of the last lower advert.
    pub fn lower_speaker(&self) -> Speaker {
        Speaker::unpack(self.lower_speaker.get())
    }

    /// Last time a [`super::NoticeKind::Conflict`] went out for this router.
    pub fn conflict_at(&self) -> Nanos {
        Nanos::new(self.conflict_at.get())
    }

    /// Notes that a [`super::NoticeKind::Conflict`] goes out.
    pub fn set_conflict_at(&self, at: Nanos) {
        self.conflict_at.set(at.get());
    }

    /// Valid adverts seen.
    pub fn adverts(&self) -> u64 {
        self.adverts.get()
    }

    /// Stamps a sign of life, of a router that speaks every `interval` nanoseconds.
    pub fn stamp_advert(&self, at: Nanos, speaker: Speaker, interval: u64) {
        if self.speaker().source == speaker.source {
            let gap = at.get().saturating_sub(self.last_advert.get());
            self.hearing.arrived_after(gap, interval);
        } else {
            self.hearing.begin_anew();
        }
        self.speaker.set(speaker.pack());
        self.last_advert.set(at.get());
    }

    /// Stamps a valid advert of too low a priority.
    pub fn stamp_lower(&self, at: Nanos, speaker: Speaker) {
        self.lower_speaker.set(speaker.pack());
        self.last_lower.set(at.get());
        self.stamp_resignation(at, speaker.source);
    }

    /// Stamps that `source` says farewell, or falls below us, unless the last sign of life is
    /// someone else's.
    #[inline]
    pub fn stamp_resignation(&self, at: Nanos, source: [u8; 4]) {
        if u32::from_ne_bytes(self.speaker().source) == u32::from_ne_bytes(source) {
            self.last_resignation.set(at.get());
        }
    }

    /// Ends our ownership.
    pub fn fence(&self, at: Nanos) {
        self.fenced_at.set(at.get());
    }

    /// Counts a valid advert. Losing a count to a race is harmless.
    pub fn count_advert(&self) {
        self.adverts.set(self.adverts.get().wrapping_add(1));
    }
}

impl RouterRecord {
    /// What is heard of the router.
    #[inline]
    pub const fn hearing(&self) -> &Hearing {
        &self.hearing
    }

    /// What this record says of ownership.
    #[inline]
    pub fn ownership(&self) -> Ownership {
        Ownership {
            until: self.owned_until(),
            since: self.owned_since(),
            fenced_at: self.fenced_at(),
        }
    }

    /// Whether we own the addresses at `now`.
    #[inline]
    pub fn owned(&self, now: Nanos, lease: LeasePolicy) -> bool {
        self.ownership().holds(now, lease)
    }

    /// Forgets everything, for a slot that gets a new router.
    pub fn reset(&self) {
        self.renew();
        self.installed_until.set(0);
    }

    /// Forgets everything but whether the addresses are on an interface, for a router that begins
    /// anew.
    pub fn renew(&self) {
        let words = [
            &self.owned_until,
            &self.owned_since,
            &self.last_sent,
            &self.interval,
            &self.election,
            &self.auth,
            &self.group,
            &self.last_advert,
            &self.last_lower,
            &self.fenced_at,
            &self.speaker,
            &self.lower_speaker,
            &self.adverts,
            &self.conflict_at,
            &self.last_resignation,
        ];
        for word in words.into_iter().chain(&self.primary_ipv6) {
            word.set(0);
        }
        self.hearing.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_takeover_starts_a_new_ownership() {
        let record = RouterRecord::default();
        let owned = |at| record.owned(Nanos::new(at), LeasePolicy::Strict);
        assert!(!owned(1));
        record.set_owned_since(Nanos::new(10));
        record.set_owned_until(Nanos::new(20));
        assert!(owned(19));
        record.fence(Nanos::new(15));
        assert!(!owned(16));
        record.set_owned_since(Nanos::new(16));
        assert!(owned(17));
    }

    #[test]
    fn only_who_gave_the_last_sign_of_life_resigns() {
        let record = RouterRecord::default();
        let speaker = |last, priority| Speaker {
            source: [192, 0, 2, last],
            priority,
        };
        record.stamp_advert(Nanos::new(10), speaker(7, 150), 1);
        record.stamp_lower(Nanos::new(20), speaker(8, 50));
        record.stamp_resignation(Nanos::new(21), speaker(8, 0).source);
        assert_eq!(record.last_resignation(), Nanos::NEVER);
        record.stamp_lower(Nanos::new(30), speaker(7, 50));
        assert_eq!(record.last_resignation(), Nanos::new(30));
        record.stamp_resignation(Nanos::new(40), speaker(7, 0).source);
        assert_eq!(record.last_resignation(), Nanos::new(40));
    }

    #[test]
    fn an_address_survives_its_halves() {
        let record = RouterRecord::default();
        let address = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        record.set_primary_ipv6(address);
        assert_eq!(record.primary_ipv6(), address);
        record.reset();
        assert_eq!(record.primary_ipv6(), [0; 16]);
    }

    #[test]
    fn what_was_installed_lingers() {
        let record = RouterRecord::default();
        let (now, later) = (Nanos::new(1 << 40), Nanos::new(2 << 40));
        assert!(!record.installed() && !record.lingers(now));
        record.set_installed();
        assert!(record.installed() && record.lingers(now) && record.lingers(later));
        record.set_taken_off(now);
        assert!(!record.installed() && record.lingers(now) && !record.lingers(later));
    }

    #[test]
    fn who_begins_anew_knows_what_is_on_an_interface() {
        let record = RouterRecord::default();
        record.set_installed();
        record.set_owned_since(Nanos::new(10));
        record.set_owned_until(Nanos::new(20));
        record.renew();
        assert!(record.installed() && !record.owned(Nanos::new(15), LeasePolicy::Strict));
        record.reset();
        assert!(!record.installed());
    }

    #[test]
    fn packed_words_keep_every_field() {
        let election = Election {
            priority: 100,
            accept_min_priority: 90,
            version: 3,
            flags: flag::CHECK_SOURCE,
            primary_ip: [192, 0, 2, 7],
        };
        assert_eq!(Election::unpack(election.pack()), election);
        let speaker = Speaker {
            source: [192, 0, 2, 9],
            priority: 255,
        };
        assert_eq!(Speaker::unpack(speaker.pack()), speaker);
    }
}
