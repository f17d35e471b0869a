//! Announcements on one interface.
#![expect(
    unsafe_code,
    reason = "a packet socket's address, which socket2 has no type for"
)]

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::os::fd::AsRawFd as _;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use socket2::{Domain, SockAddr, SockAddrStorage, Socket, Type};

use super::super::interface;
use super::Announcement;
use super::arp::gratuitous_arp;
use super::neighbour::unsolicited_advertisement;

/// Sends announcements on one interface.
#[derive(Debug)]
pub(super) struct Line {
    socket: Socket,
    /// The host forwards what comes in here: to neighbours it is a router.
    is_router: bool,
}

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
        Ok(Self {
            is_router: interface::forwards_ipv6(&socket, ifindex),
            socket,
        })
    }

    /// Sends `announcements`, which are for this interface, in one system call, and returns how
    /// many have left.
    ///
    /// # Errors
    /// None has left: `ENETDOWN` where the interface is down, `ENXIO` where it is gone, `EAGAIN`
    /// where its queue is full, others as `sendmmsg(2)`.
    pub(super) fn send(&self, announcements: &[Announcement]) -> io::Result<usize> {
        let frames: Vec<_> = announcements.iter().map(|one| self.frame(one)).collect();
        let slices: Vec<_> = frames.iter().map(|frame| [IoSlice::new(frame)]).collect();
        let mut headers = MultiHeaders::<SockaddrIn>::preallocate(slices.len(), None);
        // The socket is bound to where they go.
        let nowhere_else = vec![None; slices.len()];
        let sent = sendmmsg(
            self.socket.as_raw_fd(),
            &mut headers,
            &slices,
            &nowhere_else,
            [],
            MsgFlags::empty(),
        )?;
        Ok(sent.count())
    }

    fn frame(&self, announcement: &Announcement) -> Vec<u8> {
        let mac = announcement.mac;
        match announcement.address {
            IpAddr::V4(address) => gratuitous_arp(mac, address).to_vec(),
            IpAddr::V6(address) => unsolicited_advertisement(mac, address, self.is_router).to_vec(),
        }
    }
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
