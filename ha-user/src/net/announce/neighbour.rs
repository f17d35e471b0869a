//! Unsolicited Neighbor Advertisements (RFC 4861 section 7.2.6).

use std::net::Ipv6Addr;

use pnet::packet::Packet as _;
use pnet::packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet::packet::icmpv6::ndp::{
    MutableNeighborAdvertPacket, NdpOption, NdpOptionTypes, NeighborAdvertFlags,
};
use pnet::packet::icmpv6::{Icmpv6Packet, Icmpv6Types, checksum};
use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::ipv6::MutableIpv6Packet;
use pnet::util::MacAddr;

const ETHERNET_HEADER: usize = MutableEthernetPacket::minimum_packet_size();
const IPV6_HEADER: usize = MutableIpv6Packet::minimum_packet_size();
/// With a hardware address: eight octets.
const ADVERTISEMENT: usize = MutableNeighborAdvertPacket::minimum_packet_size() + 8;
const FRAME: usize = ETHERNET_HEADER + IPV6_HEADER + ADVERTISEMENT;

/// All nodes of a link, and where they are on Ethernet (RFC 2464 section 7).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: MacAddr = MacAddr(0x33, 0x33, 0, 0, 0, 1);
/// Proof that no router has forwarded it (RFC 4861 section 7.1.2).
const HOP_LIMIT: u8 = 255;

/// Tells all neighbours that `mac` answers for `address`, whatever they believed before. Who does not
/// say that it is a router, though it was one, is no router any more to them.
pub(super) fn unsolicited_advertisement(
    mac: [u8; 6],
    address: Ipv6Addr,
    is_router: bool,
) -> [u8; FRAME] {
    let mut frame = [0; FRAME];
    let (header, packet) = frame.split_at_mut(ETHERNET_HEADER);
    if let Some(mut ethernet) = MutableEthernetPacket::new(header) {
        ethernet.set_destination(ALL_NODES_MAC);
        ethernet.set_source(MacAddr::from(mac));
        ethernet.set_ethertype(EtherTypes::Ipv6);
    }
    let (header, message) = packet.split_at_mut(IPV6_HEADER);
    if let Some(mut ip) = MutableIpv6Packet::new(header) {
        ip.set_version(6);
        ip.set_payload_length(ADVERTISEMENT as u16);
        ip.set_next_header(IpNextHeaderProtocols::Icmpv6);
        ip.set_hop_limit(HOP_LIMIT);
        ip.set_source(address);
        ip.set_destination(ALL_NODES);
    }
    let sum = write(message, mac, address, is_router);
    if let Some(mut advertisement) = MutableNeighborAdvertPacket::new(message) {
        advertisement.set_checksum(sum);
    }
    frame
}

/// Writes the message and returns its checksum.
fn write(message: &mut [u8], mac: [u8; 6], address: Ipv6Addr, is_router: bool) -> u16 {
    let Some(mut advertisement) = MutableNeighborAdvertPacket::new(message) else {
        return 0;
    };
    let router = match is_router {
        true => NeighborAdvertFlags::Router,
        false => 0,
    };
    advertisement.set_icmpv6_type(Icmpv6Types::NeighborAdvert);
    advertisement.set_flags(NeighborAdvertFlags::Override | router);
    advertisement.set_target_addr(address);
    advertisement.set_options(&[NdpOption {
        option_type: NdpOptionTypes::TargetLLAddr,
        length: 1,
        data: mac.to_vec(),
    }]);
    let message = Icmpv6Packet::new(advertisement.packet());
    message.map_or(0, |message| checksum(&message, &address, &ALL_NODES))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [0x0a, 0x51, 0x77, 0x3b, 0x0f, 0x0c];
    const ADDRESS: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x66);

    #[test]
    fn the_frame_is_that_of_keepalived() {
        let expected = [
            &[0x33, 0x33, 0, 0, 0, 1][..],
            &MAC,
            &[0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255],
            &ADDRESS.octets(),
            &ALL_NODES.octets(),
            &[136, 0, 0x69, 0xc9, 0x20, 0, 0, 0],
            &ADDRESS.octets(),
            &[2, 1],
            &MAC,
        ]
        .concat();
        let frame = unsolicited_advertisement(MAC, ADDRESS, false);
        assert_eq!(frame.as_slice(), expected);
    }

    #[test]
    fn a_router_says_that_it_is_one() {
        let frame = unsolicited_advertisement(MAC, ADDRESS, true);
        assert_eq!(frame[ETHERNET_HEADER + IPV6_HEADER + 4], 0xa0);
    }
}
