//! Gratuitous ARP.

use std::net::Ipv4Addr;

use pnet::packet::arp::{ArpHardwareTypes, ArpOperations, MutableArpPacket};
use pnet::packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet::util::MacAddr;

const ETHERNET_HEADER: usize = MutableEthernetPacket::minimum_packet_size();
const FRAME: usize = ETHERNET_HEADER + MutableArpPacket::minimum_packet_size();

/// A request of `address` for itself, which every neighbour that knows the address takes to heart
/// (RFC 5944 section 4.6; keepalived sends the same): `mac` answers for it.
pub(super) fn gratuitous_arp(mac: [u8; 6], address: Ipv4Addr) -> [u8; FRAME] {
    let mac = MacAddr::from(mac);
    let mut frame = [0; FRAME];
    let (header, body) = frame.split_at_mut(ETHERNET_HEADER);
    if let Some(mut ethernet) = MutableEthernetPacket::new(header) {
        ethernet.set_destination(MacAddr::broadcast());
        ethernet.set_source(mac);
        ethernet.set_ethertype(EtherTypes::Arp);
    }
    if let Some(mut arp) = MutableArpPacket::new(body) {
        arp.set_hardware_type(ArpHardwareTypes::Ethernet);
        arp.set_protocol_type(EtherTypes::Ipv4);
        arp.set_hw_addr_len(6);
        arp.set_proto_addr_len(4);
        arp.set_operation(ArpOperations::Request);
        arp.set_sender_hw_addr(mac);
        arp.set_sender_proto_addr(address);
        arp.set_target_hw_addr(MacAddr::broadcast());
        arp.set_target_proto_addr(address);
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_is_what_neighbours_expect() {
        let frame = gratuitous_arp([2, 0, 0, 0, 0, 9], Ipv4Addr::new(192, 0, 2, 1));
        let expected = [
            &[0xff; 6][..],
            &[2, 0, 0, 0, 0, 9, 0x08, 0x06],
            &[0, 1, 8, 0, 6, 4, 0, 1],
            &[2, 0, 0, 0, 0, 9, 192, 0, 2, 1],
            &[0xff; 6],
            &[192, 0, 2, 1],
        ]
        .concat();
        assert_eq!(frame.as_slice(), expected);
    }
}
