//! The raw socket of one family.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use ha_common::Family;
use ha_common::wire::ipv6;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage,
    recvmmsg, sendmmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, Socket, Type};

use super::super::filter::{self, Rules};
use super::{Path, Received};

/// IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
const VRRP: i32 = 112;
/// Packets that one system call fetches.
const BATCH: usize = 32;
/// Room for the longest advert: 255 IPv4 addresses behind an IP header with options, or what an
/// Ethernet frame carries of IPv6. What is longer is cut, and fails the check of its length.
const LONGEST_PACKET: usize = 1500;
/// Octets that the kernel may hold for us: a burst while the thread is off the processor.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Octets of ours that the kernel may have on their way. It keeps some 200,000 for each neighbour that
/// does not answer, which must not stop adverts to those that do.
const SEND_BUFFER: usize = 16 << 20;
/// TC_PRIO_CONTROL: first in every queue of the host.
const PRIORITY_CONTROL: i32 = 7;

type Buffer = [u8; LONGEST_PACKET];

/// A raw socket for VRRP on all interfaces of a network namespace.
#[derive(Debug)]
pub(super) struct RawSocket {
    socket: Socket,
    family: Family,
    /// Rules of the classic filter; none where a program of the data path takes its place.
    rules: Option<Rules>,
    buffers: Vec<Buffer>,
}

impl RawSocket {
    /// Opens the socket in the network namespace of the calling thread. It hears nothing yet.
    ///
    /// # Errors
    /// The process lacks `CAP_NET_RAW`, or the host does not have the family.
    pub(super) fn open(family: Family) -> io::Result<Self> {
        let domain = match family {
            Family::Ipv4 => Domain::IPV4,
            Family::Ipv6 => Domain::IPV6,
        };
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(VRRP)))?;
        let rules = Rules::new();
        socket.attach_filter(&filter::program(family, &rules))?;
        socket.set_nonblocking(true)?;
        match family {
            Family::Ipv4 => {
                socket.set_header_included_v4(true)?;
                socket.set_multicast_loop_v4(false)?;
                setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
            }
            Family::Ipv6 => {
                socket.set_header_included_v6(true)?;
                socket.set_multicast_loop_v6(false)?;
                setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
                setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
            }
        }
        // All want CAP_NET_ADMIN; without it the defaults serve an unloaded host.
        let _ = setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER);
        let _ = setsockopt(&socket, sockopt::SndBufForce, &SEND_BUFFER);
        let _ = setsockopt(&socket, sockopt::Priority, &PRIORITY_CONTROL);
        Ok(Self {
            socket,
            family,
            rules: Some(rules),
            buffers: vec![[0; LONGEST_PACKET]; BATCH],
        })
    }

    pub(super) fn filter_by(&mut self, program: impl AsFd) -> io::Result<()> {
        filter::attach(&self.socket, program.as_fd())?;
        self.rules = None;
        Ok(())
    }

    pub(super) fn listen_to(&mut self, rules: Rules) -> io::Result<()> {
        if self.rules.as_ref().is_some_and(|known| *known != rules) {
            self.socket
                .attach_filter(&filter::program(self.family, &rules))?;
            self.rules = Some(rules);
        }
        Ok(())
    }

    /// Sends the first of `packets`, at least one, and returns how many the kernel took.
    pub(super) fn send_some(&self, path: Path, packets: &[(IpAddr, &[u8])]) -> nix::Result<usize> {
        let slices: Vec<_> = packets
            .iter()
            .map(|(_, packet)| [IoSlice::new(packet)])
            .collect();
        let destinations: Vec<_> = packets
            .iter()
            .map(|(to, _)| Some(SockaddrStorage::from(destination(*to, path.ifindex))))
            .collect();
        let send = |control: ControlMessage<'_>, flags| {
            let space = nix::cmsg_space!(libc::in6_pktinfo);
            let mut headers = MultiHeaders::preallocate(packets.len(), Some(space));
            let fd = self.socket.as_raw_fd();
            let sent = sendmmsg(fd, &mut headers, &slices, &destinations, [control], flags)?;
            Ok(sent.count())
        };
        match path.source {
            IpAddr::V4(source) => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: path.ifindex.cast_signed(),
                    ipi_spec_dst: in_addr(source),
                    ipi_addr: in_addr(Ipv4Addr::UNSPECIFIED),
                };
                let flags = match path.multicast {
                    true => MsgFlags::from_bits_retain(libc::MSG_DONTROUTE),
                    false => MsgFlags::empty(),
                };
                send(ControlMessage::Ipv4PacketInfo(&info), flags)
            }
            // The source is in the packets; the kernel takes it for its own only while the interface
            // has it, which for a farewell is too late to ask.
            IpAddr::V6(_) => {
                let info = libc::in6_pktinfo {
                    ipi6_ifindex: path.ifindex,
                    ipi6_addr: libc::in6_addr { s6_addr: [0; 16] },
                };
                send(ControlMessage::Ipv6PacketInfo(&info), MsgFlags::empty())
            }
        }
    }

    /// Hands up to `budget` waiting packets to `sink` and returns how many there were; fewer than
    /// `budget` means that none is left.
    ///
    /// # Errors
    /// As `recvmmsg(2)`. An empty queue is no error.
    pub(super) fn receive(
        &mut self,
        budget: usize,
        sink: &mut impl FnMut(Received<'_>),
    ) -> io::Result<usize> {
        let mut total = 0;
        while total < budget {
            let wanted = BATCH.min(budget - total);
            let count = self.receive_batch(wanted, sink)?;
            total += count;
            if count < wanted {
                break;
            }
        }
        Ok(total)
    }

    fn receive_batch(
        &mut self,
        wanted: usize,
        sink: &mut impl FnMut(Received<'_>),
    ) -> io::Result<usize> {
        let space = nix::cmsg_space!(libc::in6_pktinfo, libc::c_int);
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(wanted, Some(space));
        // The kernel keeps the header of an IPv6 packet to itself: room for what stands in for it.
        let front = match self.family {
            Family::Ipv4 => 0,
            Family::Ipv6 => ipv6::HEADER_LEN,
        };
        let mut fronts = Vec::with_capacity(wanted);
        let mut slices = Vec::with_capacity(wanted);
        for buffer in &mut self.buffers[..wanted] {
            let (header, packet) = buffer.split_at_mut(front);
            fronts.push(header);
            slices.push([IoSliceMut::new(packet)]);
        }
        let flags = MsgFlags::MSG_DONTWAIT;
        let fd = self.socket.as_raw_fd();
        let messages = match recvmmsg(fd, &mut headers, slices.iter_mut(), flags, None) {
            Ok(messages) => messages,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let mut arrived = Vec::with_capacity(wanted);
        for (message, header) in messages.zip(fronts) {
            let len = front + message.bytes;
            let ifindex = match self.family {
                Family::Ipv4 => ipv4_arrival(&message),
                Family::Ipv6 => restore_header(&message, header),
            };
            arrived.push((ifindex, len));
        }
        for ((ifindex, len), buffer) in arrived.iter().zip(&self.buffers) {
            let packet = &buffer[..(*len).min(LONGEST_PACKET)];
            if let Some(ifindex) = *ifindex {
                sink(Received { ifindex, packet });
            }
        }
        Ok(arrived.len())
    }
}

impl AsFd for RawSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Interface that an IPv4 packet came in by.
fn ipv4_arrival<S>(message: &RecvMsg<'_, '_, S>) -> Option<u32> {
    let mut control = message.cmsgs().ok()?;
    control.find_map(|message| match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => u32::try_from(info.ipi_ifindex).ok(),
        _ => None,
    })
}

/// Writes what the kernel tells of an IPv6 packet's header into `header`. Returns the interface that
/// the packet came in by.
fn restore_header(message: &RecvMsg<'_, '_, SockaddrStorage>, header: &mut [u8]) -> Option<u32> {
    let (mut arrival, mut hop_limit) = (None, None);
    for control in message.cmsgs().ok()? {
        match control {
            ControlMessageOwned::Ipv6PacketInfo(info) => arrival = Some(info),
            ControlMessageOwned::Ipv6HopLimit(limit) => hop_limit = u8::try_from(limit).ok(),
            _ => {}
        }
    }
    let arrival = arrival?;
    let source = message.address.as_ref()?.as_sockaddr_in6()?.ip();
    let destination = arrival.ipi6_addr.s6_addr;
    ipv6::Repr {
        hop_limit: hop_limit?,
        ..ipv6::Repr::vrrp(source.octets(), destination, message.bytes)
    }
    .emit(header);
    Some(arrival.ipi6_ifindex)
}

/// An address on a link is one of `ifindex`.
fn destination(address: IpAddr, ifindex: u32) -> SocketAddr {
    match address {
        IpAddr::V4(address) => SocketAddrV4::new(address, 0).into(),
        IpAddr::V6(address) if address.is_multicast() || address.is_unicast_link_local() => {
            SocketAddrV6::new(address, 0, 0, ifindex).into()
        }
        IpAddr::V6(address) => SocketAddrV6::new(address, 0, 0, 0).into(),
    }
}

fn in_addr(address: Ipv4Addr) -> libc::in_addr {
    libc::in_addr {
        s_addr: u32::from_ne_bytes(address.octets()),
    }
}
