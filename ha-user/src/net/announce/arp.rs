//! Gratuitous ARP on one interface.
#![expect(
    unsafe_code,
    reason = "a packet socket's address, which socket2 has no type for"
)]

use std::io::{self, IoSlice};
use std::os::fd::AsRawFd as _;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use pnet::packet::arp::{ArpHardwareTypes, ArpOperations, MutableArpPacket};
use pnet::packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet::util::MacAddr;
use socket2::{Domain, SockAddr, SockAddrStorage, Socket, Type};

use super::Announcement;

const ETHERNET_HEADER: usize = MutableEthernetPacket::minimum_packet_size();
const FRAME: usize = ETHERNET_HEADER + MutableArpPacket::minimum_packet_size();

/// Sends announcements on one interface.
#[derive(Debug)]
pub(super) struct Line(Socket);

impl Line {
    /// Opens a socket for `ifindex` of the calling thread's network namespace.
    ///
    /// # Errors
    /// There is no such interface, or the process lacks `CAP_NET_RAW`.
    pub(super) fn open(ifindex: u32) -> io::Result<Self> {
        // Without a protocol it sends only.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
        socket.bind(&link_address(ifindex))?;
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// Sends `announcements`, which are for this interface, in one system call, and returns how
    /// many have left.
    ///
    /// # Errors
    /// None has left: `ENETDOWN` where the interface is down, `ENXIO` where it is gone, `EAGAIN`
    /// where its queue is full, others as `sendmmsg(2)`.
    pub(super) fn send(&self, announcements: &[Announcement]) -> io::Result<usize> {
        let frames: Vec<_> = announcements.iter().map(gratuitous_arp).collect();
        let slices: Vec<_> = frames.iter().map(|frame| [IoSlice::new(frame)]).collect();
        let mut headers = MultiHeaders::<SockaddrIn>::preallocate(slices.len(), None);
        // The socket is bound to where they go.
        let nowhere_else = vec![None; slices.len()];
        let sent = sendmmsg(
            self.0.as_raw_fd(),
            &mut headers,
            &slices,
            &nowhere_else,
            [],
            MsgFlags::empty(),
        )?;
        Ok(sent.count())
    }
}

/// A request of `address` for itself, which every neighbour that knows the address takes to heart
/// (RFC 5944 section 4.6; keepalived sends the same).
fn gratuitous_arp(announcement: &Announcement) -> [u8; FRAME] {
    let (mac, address) = (MacAddr::from(announcement.mac), announcement.address);
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
    link.sll_ifindex = ifindex.cast_signed();
    // SAFETY: family and length belong together.
    unsafe { SockAddr::new(storage, size_of::<libc::sockaddr_ll>() as libc::socklen_t) }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn frame_is_what_neighbours_expect() {
        let frame = gratuitous_arp(&Announcement {
            ifindex: 1,
            mac: [2, 0, 0, 0, 0, 9],
            address: Ipv4Addr::new(192, 0, 2, 1),
        });
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
