//! Layout of the BPF maps: the contract between the daemon and the XDP program.
//!
//! Addresses are octets in network order, times are nanoseconds of `CLOCK_BOOTTIME`. Sizes are
//! asserted at compile time; a change of any layout raises [`ABI_VERSION`].

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::time::Nanos;

/// Changes with every incompatible change of this file. It is part of the program's name, so a
/// daemon recognises what another build left attached.
pub const ABI_VERSION: u32 = 1;

/// Name of the XDP program in the kernel: `vipd` and [`ABI_VERSION`]. At most 15 characters.
pub const XDP_PROGRAM: &str = "vipd_xdp_v1";

/// Virtual Routers that one host can take part in.
pub const MAX_ROUTERS: u32 = 4096;
/// Virtual addresses that one host can carry.
pub const MAX_ADDRESSES: u32 = 65_536;
/// Unicast peers over all routers, where their addresses are checked.
pub const MAX_PEERS: u32 = 16_384;
/// Interfaces that the program can be attached to.
pub const MAX_INTERFACES: u32 = 1024;
/// Bytes of the ring of [`Notice`]s.
pub const NOTICE_RING_BYTES: u32 = 64 * 1024;

/// Names of the maps in the object.
pub mod map {
    /// `Array<AtomicU32>` of one: how many routers and addresses there are; 0 passes everything.
    pub const GATE: &str = "GATE";
    /// `HashMap<RouterKey, u32>`: which slot holds a router.
    pub const ROUTERS: &str = "ROUTERS";
    /// `Array<RouterRecord>`, mapped into the daemon: state of the router in each slot.
    pub const RECORDS: &str = "RECORDS";
    /// `HashMap<u32, InterfaceEntry>` by ifindex: the interfaces that the program is attached to.
    pub const INTERFACES: &str = "INTERFACES";
    /// `HashMap<[u8; 4], AddressEntry>`: the virtual addresses.
    pub const ADDRESSES: &str = "ADDRESSES";
    /// `HashMap<PeerKey, u8>`: senders that a router with a source list accepts.
    pub const PEERS: &str = "PEERS";
    /// `PerCpuArray<u64>` by [`crate::Reason::index`].
    pub const COUNTERS: &str = "COUNTERS";
    /// Ring buffer of [`super::Notice`].
    pub const NOTICES: &str = "NOTICES";
}

/// Address family of a router. IPv6 is reserved.
pub const FAMILY_IPV4: u8 = 4;

/// Adverts to 224.0.0.18.
pub const CAST_MULTICAST: u8 = 0;
/// Adverts to this host's own address.
pub const CAST_UNICAST: u8 = 1;

/// Which Virtual Router an advert belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct RouterKey {
    ifindex: u32,
    vrid: u8,
    family: u8,
    cast: u8,
    _pad: u8,
}

impl RouterKey {
    /// Key of an IPv4 router; `cast` is [`CAST_MULTICAST`] or [`CAST_UNICAST`].
    #[must_use]
    pub const fn ipv4(ifindex: u32, vrid: u8, cast: u8) -> Self {
        Self {
            ifindex,
            vrid,
            family: FAMILY_IPV4,
            cast,
            _pad: 0,
        }
    }

    /// Interface that the adverts arrive on.
    #[must_use]
    pub const fn ifindex(&self) -> u32 {
        self.ifindex
    }

    /// VRID as on the wire.
    #[must_use]
    pub const fn vrid(&self) -> u8 {
        self.vrid
    }
}

/// Value of [`map::INTERFACES`]: what the program must know of an interface to answer there.
/// Without an entry it takes every frame for ours and answers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct InterfaceEntry {
    mac: [u8; 6],
    _pad: [u8; 2],
}

impl InterfaceEntry {
    /// An interface with the hardware address `mac`.
    #[must_use]
    pub const fn new(mac: [u8; 6]) -> Self {
        Self { mac, _pad: [0; 2] }
    }

    /// The interface's own hardware address.
    #[must_use]
    pub const fn mac(&self) -> [u8; 6] {
        self.mac
    }
}

/// Value of [`map::ADDRESSES`]: the router that an address moves with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct AddressEntry {
    slot: u32,
    _reserved: u32,
}

impl AddressEntry {
    /// An address that moves with the router in `slot`.
    #[must_use]
    pub const fn new(slot: u32) -> Self {
        Self { slot, _reserved: 0 }
    }

    /// Slot of the router.
    #[must_use]
    pub const fn slot(&self) -> u32 {
        self.slot
    }
}

/// Key of [`map::PEERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct PeerKey {
    slot: u32,
    source: [u8; 4],
}

impl PeerKey {
    /// `source` may speak to the router in `slot`.
    #[must_use]
    pub const fn new(slot: u32, source: [u8; 4]) -> Self {
        Self { slot, source }
    }
}

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
    /// Primary IPv4 address, which decides between equal priorities.
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
    /// Source address; 0.0.0.0 before the first advert.
    pub source: [u8; 4],
    /// Priority in the advert.
    pub priority: u8,
}

impl Speaker {
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
/// The first cache line is written by the daemon only, the second by the program only. Every word
/// is read and written whole; no decision needs two words of one moment, with one exception that
/// is ordered by construction: the daemon writes `owned_since` before `owned_until`.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct RouterRecord {
    owned_until: AtomicU64,
    owned_since: AtomicU64,
    last_sent: AtomicU64,
    interval: AtomicU64,
    election: AtomicU64,
    auth: AtomicU64,
    installed: AtomicU32,
    _pad: AtomicU32,
    _reserved: AtomicU64,

    last_advert: AtomicU64,
    last_lower: AtomicU64,
    fenced_at: AtomicU64,
    speaker: AtomicU64,
    lower_speaker: AtomicU64,
    adverts: AtomicU64,
    _spare: [AtomicU64; 2],
}

const _: () = assert!(size_of::<RouterKey>() == 8);
const _: () = assert!(size_of::<InterfaceEntry>() == 8);
const _: () = assert!(size_of::<AddressEntry>() == 8);
const _: () = assert!(size_of::<PeerKey>() == 8);
const _: () = assert!(size_of::<RouterRecord>() == 128 && align_of::<RouterRecord>() == 64);
const _: () = assert!(size_of::<Notice>() == 24);

/// Words that the daemon writes.
impl RouterRecord {
    /// End of the lease: we own the addresses before this moment, unless fenced.
    pub fn owned_until(&self) -> Nanos {
        Nanos::new(self.owned_until.load(Relaxed))
    }

    /// Moves the end of the lease. [`Nanos::NEVER`] ends it.
    pub fn set_owned_until(&self, at: Nanos) {
        self.owned_until.store(at.get(), Relaxed);
    }

    /// When the present ownership began: fences from before do not count.
    pub fn owned_since(&self) -> Nanos {
        Nanos::new(self.owned_since.load(Relaxed))
    }

    /// Starts an ownership. Written before [`Self::set_owned_until`].
    pub fn set_owned_since(&self, at: Nanos) {
        self.owned_since.store(at.get(), Relaxed);
    }

    /// When our last advert was handed to the kernel.
    pub fn last_sent(&self) -> Nanos {
        Nanos::new(self.last_sent.load(Relaxed))
    }

    /// Notes an advert that is about to be sent.
    pub fn set_last_sent(&self, at: Nanos) {
        self.last_sent.store(at.get(), Relaxed);
    }

    /// Own Advertisement_Interval in nanoseconds.
    pub fn interval(&self) -> u64 {
        self.interval.load(Relaxed)
    }

    /// Sets the own Advertisement_Interval, in nanoseconds.
    pub fn set_interval(&self, nanos: u64) {
        self.interval.store(nanos, Relaxed);
    }

    /// Who we are in the election.
    pub fn election(&self) -> Election {
        Election::unpack(self.election.load(Relaxed))
    }

    /// Changes who we are in the election.
    pub fn set_election(&self, election: Election) {
        self.election.store(election.pack(), Relaxed);
    }

    /// Authentication data of a version 2 advert, as on the wire.
    pub fn auth(&self) -> [u8; 8] {
        self.auth.load(Relaxed).to_ne_bytes()
    }

    /// Sets the authentication data of version 2 adverts.
    pub fn set_auth(&self, data: [u8; 8]) {
        self.auth.store(u64::from_ne_bytes(data), Relaxed);
    }

    /// Whether the daemon has put the addresses on an interface.
    pub fn installed(&self) -> bool {
        self.installed.load(Relaxed) != 0
    }

    /// Notes that the addresses are, or are about to be, on an interface (`true`), or gone.
    pub fn set_installed(&self, installed: bool) {
        self.installed.store(u32::from(installed), Relaxed);
    }
}

/// Words that the program writes.
impl RouterRecord {
    /// Last advert that counts as a sign of life of an Active router.
    pub fn last_advert(&self) -> Nanos {
        Nanos::new(self.last_advert.load(Relaxed))
    }

    /// Last valid advert below `accept_min_priority`.
    pub fn last_lower(&self) -> Nanos {
        Nanos::new(self.last_lower.load(Relaxed))
    }

    /// Last time an advert ended our ownership.
    pub fn fenced_at(&self) -> Nanos {
        Nanos::new(self.fenced_at.load(Relaxed))
    }

    /// Sender of the last sign of life.
    pub fn speaker(&self) -> Speaker {
        Speaker::unpack(self.speaker.load(Relaxed))
    }

    /// Sender of the last lower advert.
    pub fn lower_speaker(&self) -> Speaker {
        Speaker::unpack(self.lower_speaker.load(Relaxed))
    }

    /// Valid adverts seen.
    pub fn adverts(&self) -> u64 {
        self.adverts.load(Relaxed)
    }

    /// Stamps a sign of life.
    pub fn stamp_advert(&self, at: Nanos, speaker: Speaker) {
        self.speaker.store(speaker.pack(), Relaxed);
        self.last_advert.store(at.get(), Relaxed);
    }

    /// Stamps a valid advert of too low a priority.
    pub fn stamp_lower(&self, at: Nanos, speaker: Speaker) {
        self.lower_speaker.store(speaker.pack(), Relaxed);
        self.last_lower.store(at.get(), Relaxed);
    }

    /// Ends our ownership.
    pub fn fence(&self, at: Nanos) {
        self.fenced_at.store(at.get(), Relaxed);
    }

    /// Counts a valid advert. Losing a count to a race is harmless.
    pub fn count_advert(&self) {
        self.adverts
            .store(self.adverts.load(Relaxed).wrapping_add(1), Relaxed);
    }
}

impl RouterRecord {
    /// Whether we own the addresses at `now`: the lease holds and nothing has fenced us since the
    /// takeover.
    pub fn owned(&self, now: Nanos) -> bool {
        now < self.owned_until() && self.fenced_at() < self.owned_since()
    }

    /// Forgets everything, for a slot that gets a new router.
    pub fn reset(&self) {
        let words = [
            &self.owned_until,
            &self.owned_since,
            &self.last_sent,
            &self.interval,
            &self.election,
            &self.auth,
            &self.last_advert,
            &self.last_lower,
            &self.fenced_at,
            &self.speaker,
            &self.lower_speaker,
            &self.adverts,
        ];
        for word in words {
            word.store(0, Relaxed);
        }
        self.set_installed(false);
    }
}

/// What a [`Notice`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// An advert ended the ownership of the router in `slot`.
    Fenced,
    /// Someone else announced an address that the router in `slot` owns.
    Conflict,
}

/// An event that the program tells the daemon through the ring buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Notice {
    at: u64,
    slot: u32,
    kind: u32,
    address: [u8; 4],
    _pad: u32,
}

impl Notice {
    /// `address` is the sender of the advert, or the address announced.
    #[must_use]
    pub const fn new(kind: NoticeKind, slot: u32, at: Nanos, address: [u8; 4]) -> Self {
        let kind = match kind {
            NoticeKind::Fenced => 1,
            NoticeKind::Conflict => 2,
        };
        Self {
            at: at.get(),
            slot,
            kind,
            address,
            _pad: 0,
        }
    }

    /// Reads a notice as it stands in the ring; `None` if it is not one of this ABI.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
        let notice = Self {
            at: u64::from_ne_bytes(bytes.get(0..8)?.try_into().ok()?),
            slot: u32::from_ne_bytes(word(8)?),
            kind: u32::from_ne_bytes(word(12)?),
            address: word(16)?,
            _pad: 0,
        };
        notice.kind().map(|_| notice)
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> Option<NoticeKind> {
        match self.kind {
            1 => Some(NoticeKind::Fenced),
            2 => Some(NoticeKind::Conflict),
            _ => None,
        }
    }

    /// Which router.
    #[must_use]
    pub const fn slot(&self) -> u32 {
        self.slot
    }

    /// When the packet was seen.
    #[must_use]
    pub const fn at(&self) -> Nanos {
        Nanos::new(self.at)
    }

    /// Sender of the advert, or the address announced.
    #[must_use]
    pub const fn address(&self) -> [u8; 4] {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_by_time_and_by_fence() {
        let record = RouterRecord::default();
        assert!(!record.owned(Nanos::new(1)));
        record.set_owned_since(Nanos::new(10));
        record.set_owned_until(Nanos::new(20));
        assert!(record.owned(Nanos::new(19)));
        assert!(!record.owned(Nanos::new(20)));
        record.fence(Nanos::new(15));
        assert!(!record.owned(Nanos::new(16)));
        record.set_owned_since(Nanos::new(16));
        assert!(
            record.owned(Nanos::new(17)),
            "a takeover starts a new ownership"
        );
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

    #[test]
    fn a_notice_of_unknown_kind_is_refused() {
        assert_eq!(Notice::from_bytes(&[0xff; 24]), None);
        assert_eq!(Notice::from_bytes(&[0; 7]), None);
    }
}
