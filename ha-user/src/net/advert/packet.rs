//! What carries an advert: a packet of either family, from its IP header on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::BytesMut;
use ha_common::Family;
use ha_common::abi::{CAST_MULTICAST, CAST_UNICAST};
use ha_common::wire::checksum::PseudoHeader;
use ha_common::wire::{ParseError, ipv4, ipv6, vrrp};

/// The group that adverts of `family` are sent to unless the operator names another (RFC 9568 sections 5.1.1.2 and 5.1.2.2).
#[must_use]
pub const fn group(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::from_octets(ipv4::VRRP_GROUP)),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::from_octets(ipv6::VRRP_GROUP)),
    }
}

/// Identification of a packet that the kernel is to number (`raw(7)`).
const UNNUMBERED: u16 = 0;

/// What is known of a packet by its header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    /// TTL, or hop limit.
    pub(super) hops: u8,
    /// What follows the header.
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// # Errors
    /// It is no packet of either family.
    pub(super) fn parse(octets: &'a [u8]) -> Result<Self, ParseError> {
        match octets.first().map(|first| first >> 4) {
            Some(6) => {
                let packet = ipv6::Packet::new_checked(octets)?;
                let header = packet.header();
                Ok(Self {
                    source: header.source().into(),
                    destination: header.destination().into(),
                    hops: header.hop_limit(),
                    payload: packet.payload(),
                })
            }
            _ => {
                let packet = ipv4::Packet::new_checked(octets)?;
                let header = packet.header();
                Ok(Self {
                    source: header.source().into(),
                    destination: header.destination().into(),
                    hops: header.ttl(),
                    payload: packet.payload(),
                })
            }
        }
    }

    pub(super) fn family(&self) -> Family {
        self.source.into()
    }

    /// Whom it is sent to, as the data path's keys have it.
    pub(super) fn cast(&self) -> u8 {
        if self.destination.is_multicast() {
            CAST_MULTICAST
        } else {
            CAST_UNICAST
        }
    }

    /// Whether no router has forwarded it (RFC 9568 sections 5.1.1.3 and 5.1.2.3).
    pub(super) fn is_of_this_link(&self) -> bool {
        self.hops == vrrp::HOPS
    }
}

/// Makes `packet` the header of an advert of `len` octets, and zeros for the advert, which are
/// returned. Both addresses are of one family. `hops` says for how many routers it is good.
pub(super) fn begin(
    packet: &mut BytesMut,
    source: IpAddr,
    destination: IpAddr,
    hops: Option<u8>,
    len: usize,
) -> &mut [u8] {
    packet.clear();
    let header = match (source, destination) {
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            packet.resize(ipv6::HEADER_LEN + len, 0);
            let header = ipv6::Repr::vrrp(source.octets(), destination.octets(), len);
            let hop_limit = hops.unwrap_or(header.hop_limit);
            ipv6::Repr {
                hop_limit,
                ..header
            }
            .emit(packet);
            ipv6::HEADER_LEN
        }
        _ => {
            packet.resize(ipv4::HEADER_LEN + len, 0);
            let [source, destination] = [source, destination].map(octets);
            let header = ipv4::Repr::vrrp(source, destination, UNNUMBERED, len);
            let ttl = hops.unwrap_or(header.ttl);
            ipv4::Repr { ttl, ..header }.emit(packet);
            ipv4::HEADER_LEN
        }
    };
    &mut packet[header..]
}

/// The pseudo-header between two addresses.
pub(super) fn pseudo_header(source: IpAddr, destination: IpAddr) -> PseudoHeader {
    match (source, destination) {
        (IpAddr::V6(source), IpAddr::V6(destination)) => PseudoHeader::Ipv6 {
            source: source.octets(),
            destination: destination.octets(),
        },
        _ => PseudoHeader::Included {
            source: octets(source),
            destination: octets(destination),
        },
    }
}

/// Of an IPv4 address; a configuration with addresses of both families for one router is not taken.
const fn octets(address: IpAddr) -> [u8; 4] {
    match address {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED.octets(),
    }
}
