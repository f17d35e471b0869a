//! Tells neighbours who answers for an address: gratuitous ARP.
#![expect(
    unsafe_code,
    reason = "a packet socket's address, which socket2 has no type for"
)]

use std::io;
use std::net::Ipv4Addr;

use pnet::packet::arp::{ArpHardwareTypes, ArpOperations, MutableArpPacket};
use pnet::packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet::util::MacAddr;
use socket2::{Domain, SockAddr, SockAddrStorage, Socket, Type};

const ETHERNET_HEADER: usize = MutableEthernetPacket::minimum_packet_size();
const FRAME: usize = ETHERNET_HEADER + MutableArpPacket::minimum_packet_size();

/// Sends announcements on any interface of a network namespace.
#[derive(Debug)]
pub struct Announcer(Socket);

impl Announcer {
    /// Opens the socket in the network namespace of the calling thread.
    ///
    /// # Errors
    /// The process lacks `CAP_NET_RAW`.
    pub fn open() -> io::Result<Self> {
        // Without a protocol it sends only.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// Announces by `ifindex` that `mac` answers for `address`.
    ///
    /// # Errors
    /// `ENETDOWN` where the interface is down, `EAGAIN` where its queue is full, others as
    /// `sendto(2)`.
    pub fn announce(&self, ifindex: u32, mac: [u8; 6], address: Ipv4Addr) -> io::Result<()> {
        let frame = gratuitous_arp(mac.into(), address);
        self.0.send_to(&frame, &link_address(ifindex))?;
        Ok(())
    }
}

/// A request of `address` for itself, which every neighbour that knows the address takes to heart
/// (RFC 5944 section 4.6; keepalived sends the same).
fn gratuitous_arp(mac: MacAddr, address: Ipv4Addr) -> [u8; FRAME] {
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

fn link_address(ifindex: u32) -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: `sockaddr_ll` is a socket address of this platform and fits the storage.
    let link = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    link.sll_family = libc::AF_PACKET as u16;
    link.sll_protocol = (libc::ETH_P_ARP as u16).to_be();
    link.sll_ifindex = ifindex.cast_signed();
    link.sll_halen = 6;
    link.sll_addr[..6].fill(0xff);
    // SAFETY: family and length belong together.
    unsafe { SockAddr::new(storage, size_of::<libc::sockaddr_ll>() as libc::socklen_t) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_is_what_neighbours_expect() {
        let mac = MacAddr::new(2, 0, 0, 0, 0, 9);
        let frame = gratuitous_arp(mac, Ipv4Addr::new(192, 0, 2, 1));
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
