//! What is in front of an advert, of either family.

use std::net::IpAddr;

use ha_common::abi::Speaker;
use ha_common::wire::{ethernet as wire, ipv4, ipv6};
use ha_tests::xdp::frame::LESSER_PEER_IP;
use ha_tests::xdp::ipv6::{LESSER_PEER, group_mac};
use pnet_packet::ip::IpNextHeaderProtocol;
use pnet_packet::ipv4::Ipv4Packet;
use pnet_packet::ipv6::Ipv6Packet;
use pnet_packet::util;

use super::{EVERY_WORD, PROTOCOL_VRRP};

/// What is in front of an advert.
pub(super) struct Carrier {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) hops: u8,
    pub(super) header_len: usize,
    /// Octets behind the header, as it says.
    pub(super) len: usize,
}

impl Carrier {
    pub(super) fn ipv4(packet: &Ipv4Packet<'_>) -> Self {
        let header_len = usize::from(packet.get_header_length()) * 4;
        Self {
            source: packet.get_source().into(),
            destination: packet.get_destination().into(),
            hops: packet.get_ttl(),
            header_len,
            len: usize::from(packet.get_total_length()) - header_len,
        }
    }

    pub(super) fn ipv6(packet: &Ipv6Packet<'_>) -> Self {
        Self {
            source: packet.get_source().into(),
            destination: packet.get_destination().into(),
            hops: packet.get_hop_limit(),
            header_len: Ipv6Packet::minimum_packet_size(),
            len: packet.get_payload_length().into(),
        }
    }

    /// It goes to a group of other routers: groups of IPv6 are told apart by what is in a record.
    pub(super) fn is_for_another_group(&self) -> bool {
        let ours = match self.destination {
            IpAddr::V4(_) => ipv4::VRRP_GROUP.into(),
            IpAddr::V6(_) => ipv6::VRRP_GROUP.into(),
        };
        self.destination.is_multicast() && Speaker::tag(self.destination) != Speaker::tag(ours)
    }

    /// Where its group is on Ethernet.
    pub(super) fn group_mac(&self) -> [u8; 6] {
        match self.destination {
            IpAddr::V4(_) => wire::VRRP_GROUP,
            IpAddr::V6(group) => group_mac(group.octets()),
        }
    }

    pub(super) fn is_from_peer(&self) -> bool {
        let peers = [IpAddr::from(LESSER_PEER_IP), LESSER_PEER.into()];
        peers.contains(&self.source)
    }
}

/// Whether an advert has the checksum of its version.
pub(super) fn is_intact(version: u8, packet: &Carrier, message: &[u8]) -> bool {
    let protocol = IpNextHeaderProtocol(PROTOCOL_VRRP);
    let sum = match (packet.source, packet.destination) {
        (IpAddr::V4(_), _) if version == 2 => util::checksum(message, EVERY_WORD),
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            util::ipv4_checksum(message, EVERY_WORD, &[], &source, &destination, protocol)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            util::ipv6_checksum(message, EVERY_WORD, &[], &source, &destination, protocol)
        }
        _ => unreachable!("a packet is of one family"),
    };
    sum == 0
}
