//! Layout of the BPF maps: the contract between the daemon and its programs in the kernel.
//!
//! Addresses are octets in network order, times are nanoseconds of `CLOCK_BOOTTIME`. Sizes are
//! asserted at compile time; a change of any layout raises [`ABI_VERSION`].

mod capture;
mod familiar;
mod gate;
mod hearing;
mod interface;
mod notice;
mod ownership;
mod rate;
mod record;
mod service;
mod word;

pub use capture::{
    CAPTURE_RATE, CAPTURE_RING_BYTES, CAPTURED_OCTETS, CaptureTally, Captured, ReasonSet, Sighting,
    Way,
};
pub use familiar::Familiar;
pub use gate::{BackupTraffic, Gate, Policy};
pub use hearing::Hearing;
pub use interface::InterfaceEntry;
pub use notice::{Notice, NoticeKind};
pub use ownership::{LeasePolicy, Ownership};
pub use rate::{Allowance, Flood};
pub use record::{Election, RouterRecord, Speaker, flag};
pub use service::{ServiceKey, ServicePolicy, ServiceRecord, ServiceState, Transport};

use core::net::IpAddr;
use core::ops::RangeInclusive;

use crate::id::Family;
use crate::wire::ipv6::{halves, is_link_local};

/// Changes with every incompatible change of this module. It is part of the programs' names, so a
/// daemon recognises what another build left attached.
pub const ABI_VERSION: u32 = 4;

/// Names of the programs in the kernel: a prefix that all versions share, and [`ABI_VERSION`]. At
/// most 15 characters.
pub mod program {
    /// Judges what comes in, at the XDP hook.
    pub const XDP: &str = "vipd_xdp_v4";
    /// Judges what comes in, at the tc hook.
    pub const INGRESS: &str = "vipd_in_v4";
    /// Judges what goes out, at the tc hook.
    pub const EGRESS: &str = "vipd_out_v4";
    /// Decides which adverts wake the daemon, on its socket.
    pub const SOCKET: &str = "vipd_hear_v4";
}

/// Virtual Routers that one host can take part in.
pub const MAX_ROUTERS: u32 = 4096;
/// Virtual addresses of each family that one host can carry.
pub const MAX_ADDRESSES: u32 = 65_536;
/// Unicast peers over all routers, where their addresses are checked.
pub const MAX_PEERS: u32 = 16_384;
/// Services that one host can gate.
pub const MAX_SERVICES: u32 = 16_384;
/// "Port unreachable" messages that all interfaces send in about a second (2^30 ns), at most.
pub const UNREACHABLE_RATE: u64 = 1000;
/// Slots for interfaces that the programs are attached to.
pub const INTERFACE_SLOTS: u32 = 4096;
/// Bytes of the ring of [`Notice`]s.
pub const NOTICE_RING_BYTES: u32 = 64 * 1024;

/// Names of the maps in the object.
pub mod map {
    /// `Array<Gate>` of one, mapped into the daemon: how many routers, addresses and services there
    /// are, whether the daemon lives, and what the operator chose.
    pub const GATE: &str = "GATE";
    /// `HashMap<RouterKey, u32>`: which slot holds a router.
    pub const ROUTERS: &str = "ROUTERS";
    /// `Array<RouterRecord>`, mapped into the daemon: state of the router in each slot.
    pub const RECORDS: &str = "RECORDS";
    /// `Array<InterfaceEntry>` by [`super::InterfaceEntry::slot`]: the interfaces that the
    /// programs are attached to.
    pub const INTERFACES: &str = "INTERFACES";
    /// `HashMap<[u8; 4], AddressEntry>`: the virtual addresses of IPv4.
    pub const ADDRESSES: &str = "ADDRESSES";
    /// `HashMap<Ipv6Key, AddressEntry>`: those of IPv6.
    pub const ADDRESSES_IPV6: &str = "ADDRESSES_IPV6";
    /// `HashMap<PeerKey, PeerEntry>`: senders that a router with a source list accepts.
    pub const PEERS: &str = "PEERS";
    /// `HashMap<ServiceKey, u32>`: which slot holds a service.
    pub const SERVICES: &str = "SERVICES";
    /// `Array<ServiceRecord>`, mapped into the daemon: state of the service in each slot.
    pub const SERVICE_STATES: &str = "SERVICE_STATES";
    /// `Array<Allowance>` of one: how many senders were told that a port is unreachable.
    pub const UNREACHABLES: &str = "UNREACHABLES";
    /// `PerCpuArray<u64>` by [`crate::Reason::index`].
    pub const COUNTERS: &str = "COUNTERS";
    /// `Array<Flood>` by the lower bits of an ifindex: how many adverts there are that nobody needs.
    /// Two interfaces that share a value share a limit.
    pub const FLOODS: &str = "FLOODS";
    /// Ring buffer of [`super::Notice`].
    pub const NOTICES: &str = "NOTICES";
    /// Ring buffer of [`super::Captured`] packets.
    pub const CAPTURES: &str = "CAPTURES";
    /// `PerCpuArray<CaptureTally>` of one.
    pub const CAPTURE_TALLY: &str = "CAPTURE_TALLY";
}

/// Address family of a router.
pub const FAMILY_IPV4: u8 = 4;
/// Address family of a router.
pub const FAMILY_IPV6: u8 = 6;

/// Adverts to the group of the router, [`RouterRecord::group`].
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

    /// Key of a router of `family`.
    #[must_use]
    #[inline(always)]
    pub const fn new(family: Family, ifindex: u32, vrid: u8, cast: u8) -> Self {
        let ipv4 = Self::ipv4(ifindex, vrid, cast);
        match family {
            Family::Ipv4 => ipv4,
            Family::Ipv6 => Self {
                family: FAMILY_IPV6,
                ..ipv4
            },
        }
    }

    /// What the adverts are carried by.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self.family {
            FAMILY_IPV6 => Family::Ipv6,
            _ => Family::Ipv4,
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

/// Key of [`map::ADDRESSES_IPV6`]. Of an address of a link there may be one on each interface, of any
/// other one there is one on a host. Words, for octets one by one the verifier does not see put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct Ipv6Key {
    address: [u64; 2],
    scope: u32,
    _pad: u32,
}

impl Ipv6Key {
    /// Key of `address` on the interface `ifindex`.
    #[must_use]
    #[inline(always)]
    pub const fn new(address: [u8; 16], ifindex: u32) -> Self {
        let scope = if is_link_local(address) { ifindex } else { 0 };
        Self {
            address: words(address),
            scope,
            _pad: 0,
        }
    }

    /// The address.
    #[must_use]
    pub const fn address(&self) -> [u8; 16] {
        octets(self.address)
    }

    /// The interface that it is on; 0 for one that means the same on all of them.
    #[must_use]
    pub const fn scope(&self) -> u32 {
        self.scope
    }
}

/// Value of [`map::ADDRESSES`] and [`map::ADDRESSES_IPV6`]: the router that an address moves with.
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
    source: [u64; 2],
    slot: u32,
    _pad: u32,
}

impl PeerKey {
    /// `source` may speak to the router in `slot`.
    #[must_use]
    #[inline(always)]
    pub const fn new(slot: u32, source: IpAddr) -> Self {
        Self {
            source: words(mapped(source)),
            slot,
            _pad: 0,
        }
    }

    /// Slot of the router.
    #[must_use]
    pub const fn slot(&self) -> u32 {
        self.slot
    }

    /// Who may speak to it.
    #[must_use]
    pub fn source(&self) -> IpAddr {
        IpAddr::from(octets(self.source)).to_canonical()
    }
}

/// Octets as two words that have them in memory.
#[inline(always)]
const fn words(octets: [u8; 16]) -> [u64; 2] {
    let (high, low) = halves(octets);
    [high.to_be(), low.to_be()]
}

/// What [`words`] was made of.
const fn octets([high, low]: [u64; 2]) -> [u8; 16] {
    let number = (u64::from_be(high) as u128) << 64 | u64::from_be(low) as u128;
    number.to_be_bytes()
}

/// An address in the room of an IPv6 one (RFC 4291 section 2.5.5.2).
#[inline(always)]
const fn mapped(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// Value of [`map::PEERS`]: the TTL that adverts of a peer arrive with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PeerEntry {
    min_ttl: u8,
    max_ttl: u8,
}

impl PeerEntry {
    /// A peer whose adverts arrive with a TTL of `ttl`.
    #[must_use]
    pub const fn new(ttl: &RangeInclusive<u8>) -> Self {
        Self {
            min_ttl: *ttl.start(),
            max_ttl: *ttl.end(),
        }
    }

    /// Whether an advert may have arrived with `ttl`.
    #[must_use]
    #[inline(always)]
    pub const fn admits(&self, ttl: u8) -> bool {
        self.min_ttl <= ttl && ttl <= self.max_ttl
    }
}

const _: () = assert!(size_of::<RouterKey>() == 8);
const _: () = assert!(size_of::<Ipv6Key>() == 24);
const _: () = assert!(size_of::<AddressEntry>() == 8);
const _: () = assert!(size_of::<PeerKey>() == 24);
const _: () = assert!(size_of::<PeerEntry>() == 2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_link_has_a_key_on_each() {
        let address = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        let key = Ipv6Key::new(address, 7);
        assert_eq!((key.address(), key.scope()), (address, 7));
        assert_ne!(key, Ipv6Key::new(address, 8));
        let other = [0x20; 16];
        assert_eq!(Ipv6Key::new(other, 7), Ipv6Key::new(other, 8));
    }

    #[test]
    fn a_peer_survives_its_key() {
        for source in ["192.0.2.9", "fe80::1:2"] {
            let source: IpAddr = source.parse().expect("an address");
            let key = PeerKey::new(7, source);
            assert_eq!((key.slot(), key.source()), (7, source));
        }
    }
}
