//! Frames of IPv6 for the program, octet by octet.

use std::time::Duration;

use ha_common::wire::checksum::PseudoHeader;
use ha_common::wire::vrrp::{Addresses, Version};
use ha_common::wire::{ethernet, ipv6, vrrp};
use ha_common::{Priority, Vrid};
use pnet_packet::icmpv6::{self, Icmpv6Packet};
use pnet_packet::ip::IpNextHeaderProtocol;
use pnet_packet::ipv6::MutableIpv6Packet;
use pnet_packet::util;

use super::frame::{CLIENT_MAC, OWN_MAC, PEER_MAC, ethernet};
use super::{INTERVAL, PRIORITY, VRID};

/// The virtual address.
pub const VIRTUAL: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
/// A virtual address of the link.
pub const LINK_LOCAL: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
/// A virtual address of another link.
pub const ELSEWHERE: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0];
/// The director's own address of the link.
pub const OWN: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10];
/// The other director, which wins a tie.
pub const PEER: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11];
/// A director that loses a tie.
pub const LESSER_PEER: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
/// A director of another network, which loses a tie though it ends as one does that wins it.
pub const DISTANT_PEER: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11];
/// Another director, whose words are ours in another order.
pub const TWIN: [u8; 16] = [0, 0, 0, 0x10, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// A client.
pub const CLIENT: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0];
/// An address that nobody here has to do with.
pub const FOREIGN: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0xf, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
/// No address.
pub const UNSPECIFIED: [u8; 16] = [0; 16];
/// Everyone on the link.
pub const ALL_NODES: [u8; 16] = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// Next header of ICMPv6.
pub const ICMPV6: u8 = 58;
/// Next header of VRRP.
pub const VRRP: u8 = 112;
/// Type of a Router Advertisement.
pub const ROUTER_ADVERTISEMENT: u8 = 134;
/// Type of a Neighbor Solicitation.
pub const SOLICITATION: u8 = 135;
/// Type of a Neighbor Advertisement.
pub const ADVERTISEMENT: u8 = 136;

/// Where a group of IPv6 is on Ethernet (RFC 2464 section 7).
#[must_use]
pub fn group_mac(group: [u8; 16]) -> [u8; 6] {
    let [.., a, b, c, d] = group;
    [0x33, 0x33, a, b, c, d]
}

/// The group in which the owner of `address` listens (RFC 4291 section 2.7.1).
#[must_use]
pub fn solicited_node(address: [u8; 16]) -> [u8; 16] {
    let [.., a, b, c] = address;
    [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c]
}

/// A packet.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Source address.
    pub source: [u8; 16],
    /// Destination address.
    pub destination: [u8; 16],
    /// Next header.
    pub next_header: u8,
    /// Hop limit.
    pub hop_limit: u8,
    /// What follows the header.
    pub payload: Vec<u8>,
}

impl Packet {
    /// From a client to `destination`.
    #[must_use]
    pub fn to(destination: [u8; 16], next_header: u8) -> Self {
        Self {
            source: CLIENT,
            destination,
            next_header,
            hop_limit: 64,
            payload: vec![8; 64],
        }
    }

    /// Its octets.
    ///
    /// # Panics
    /// Never: there is room.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        let mut octets = vec![0; 40];
        let mut header = MutableIpv6Packet::new(&mut octets).expect("room for a header");
        header.set_version(6);
        header.set_payload_length(u16::try_from(self.payload.len()).unwrap_or(u16::MAX));
        header.set_next_header(IpNextHeaderProtocol(self.next_header));
        header.set_hop_limit(self.hop_limit);
        header.set_source(self.source.into());
        header.set_destination(self.destination.into());
        octets.extend_from_slice(&self.payload);
        octets
    }

    /// It in a frame from a client to `mac`.
    #[must_use]
    pub fn frame(&self, mac: [u8; 6]) -> Vec<u8> {
        ethernet(mac, CLIENT_MAC, ethernet::TYPE_IPV6, &self.octets())
    }

    /// It in a frame that leaves this host.
    #[must_use]
    pub fn leaving(&self) -> Vec<u8> {
        ethernet(CLIENT_MAC, OWN_MAC, ethernet::TYPE_IPV6, &self.octets())
    }
}

/// A message about a neighbour, which can be wrong in many ways.
#[derive(Clone, Debug)]
pub struct Message {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// Flags, and what is reserved.
    pub flags: [u8; 4],
    /// The address that it is about.
    pub target: [u8; 16],
    /// Options, octet by octet.
    pub options: Vec<u8>,
    /// Source address.
    pub source: [u8; 16],
    /// Destination address.
    pub destination: [u8; 16],
    /// Hop limit.
    pub hop_limit: u8,
}

impl Message {
    /// Our advertisement of `target`, to all.
    #[must_use]
    pub fn advertisement(target: [u8; 16]) -> Self {
        Self {
            kind: ADVERTISEMENT,
            code: 0,
            flags: [0x20, 0, 0, 0],
            target,
            options: [&[2, 1][..], &OWN_MAC].concat(),
            source: target,
            destination: ALL_NODES,
            hop_limit: 255,
        }
    }

    /// A client's question for `target`.
    #[must_use]
    pub fn solicitation(target: [u8; 16]) -> Self {
        Self {
            kind: SOLICITATION,
            flags: [0; 4],
            options: [&[1, 1][..], &CLIENT_MAC].concat(),
            source: CLIENT,
            destination: solicited_node(target),
            ..Self::advertisement(target)
        }
    }

    /// It in its packet.
    ///
    /// # Panics
    /// Never: it is a message.
    #[must_use]
    pub fn packet(&self) -> Packet {
        let mut payload = vec![self.kind, self.code, 0, 0];
        payload.extend(self.flags);
        payload.extend(self.target);
        payload.extend(&self.options);
        let message = Icmpv6Packet::new(&payload).expect("a message");
        let (source, destination) = (self.source.into(), self.destination.into());
        let sum = icmpv6::checksum(&message, &source, &destination);
        payload[2..4].copy_from_slice(&sum.to_be_bytes());
        Packet {
            source: self.source,
            destination: self.destination,
            next_header: ICMPV6,
            hop_limit: self.hop_limit,
            payload,
        }
    }

    /// It in a frame from a client to the group that it is for.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        self.packet().frame(group_mac(self.destination))
    }
}

/// An advert of another director, which can be wrong in many ways.
#[derive(Clone, Debug)]
pub struct Advert {
    /// Version, and what only that version carries.
    pub version: Version,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Advertisement_Interval.
    pub interval: Duration,
    /// Source address.
    pub source: [u8; 16],
    /// Destination address.
    pub destination: [u8; 16],
    /// Destination of the frame.
    pub mac: [u8; 6],
    /// Hop limit.
    pub hop_limit: u8,
    /// Whether the checksum has a pseudo-header.
    pub pseudo_header: bool,
    /// The addresses.
    pub addresses: Vec<[u8; 16]>,
}

impl Default for Advert {
    fn default() -> Self {
        Self {
            version: Version::V3,
            vrid: VRID,
            priority: PRIORITY,
            interval: INTERVAL,
            source: LESSER_PEER,
            destination: ipv6::VRRP_GROUP,
            mac: ethernet::VRRP_GROUP_IPV6,
            hop_limit: vrrp::HOPS,
            pseudo_header: true,
            addresses: vec![LINK_LOCAL, VIRTUAL],
        }
    }
}

impl Advert {
    /// One to the director alone, which a router has forwarded.
    #[must_use]
    pub fn unicast() -> Self {
        Self {
            destination: OWN,
            mac: OWN_MAC,
            hop_limit: 63,
            ..Self::default()
        }
    }

    /// It in its frame.
    ///
    /// # Panics
    /// With VRID 0.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        self.frame_with(|_| ())
    }

    /// It in its frame, changed before it gets its checksum.
    ///
    /// # Panics
    /// With VRID 0.
    #[must_use]
    pub fn frame_with(&self, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let advert = vrrp::Repr {
            version: self.version,
            vrid: Vrid::new(self.vrid).expect("a VRID that exists"),
            priority: Priority::new(self.priority),
            interval: self.interval,
            addresses: Addresses::Ipv6(&self.addresses),
        };
        let mut payload = vec![0; advert.buffer_len()];
        advert.emit(&mut payload, PseudoHeader::Omitted);
        change(&mut payload);
        let packet = Packet {
            source: self.source,
            destination: self.destination,
            next_header: VRRP,
            hop_limit: self.hop_limit,
            payload: self.summed(payload),
        };
        ethernet(self.mac, PEER_MAC, ethernet::TYPE_IPV6, &packet.octets())
    }

    fn summed(&self, mut advert: Vec<u8>) -> Vec<u8> {
        let sum = if self.pseudo_header {
            let (source, destination) = (self.source.into(), self.destination.into());
            let protocol = IpNextHeaderProtocol(VRRP);
            util::ipv6_checksum(&advert, 3, &[], &source, &destination, protocol)
        } else {
            util::checksum(&advert, 3)
        };
        advert[6..8].copy_from_slice(&sum.to_be_bytes());
        advert
    }
}
