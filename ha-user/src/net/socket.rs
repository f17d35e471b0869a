//! The one raw socket that adverts of every router leave by and arrive at.

use std::collections::BTreeMap;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrIn, recvmmsg,
    sendmmsg, setsockopt, sockopt,
};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockRef, Socket, Type};

use super::filter::{self, Rules};
use super::interface;

/// IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
const VRRP: i32 = 112;
/// Packets that one system call fetches.
const BATCH: usize = 32;
/// Room for the longest advert, 255 addresses behind an IP header with options. What is longer is
/// cut, and fails the check of its length.
const LONGEST_PACKET: usize = 1152;
/// Octets that the kernel may hold for us: a burst while the thread is off the processor.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Octets of ours that the kernel may have on their way. It keeps some 200,000 for each neighbour that
/// does not answer, which must not stop adverts to those that do.
const SEND_BUFFER: usize = 16 << 20;
/// TC_PRIO_CONTROL: first in every queue of the host.
const PRIORITY_CONTROL: i32 = 7;

/// A packet as it came in, from its IP header on.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Interface it came in by.
    pub ifindex: u32,
    /// The packet, from the IP header on.
    pub packet: &'a [u8],
}

/// The way by which packets leave together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// Interface.
    pub ifindex: u32,
    /// Source that the way is looked up with: that of the packets.
    pub source: Ipv4Addr,
    /// All destinations are multicast groups: no route is asked for. Otherwise none of them is.
    pub multicast: bool,
}

impl Path {
    const fn flags(self) -> MsgFlags {
        if self.multicast {
            MsgFlags::from_bits_retain(libc::MSG_DONTROUTE)
        } else {
            MsgFlags::empty()
        }
    }
}

/// A raw socket for VRRP on all interfaces of a network namespace.
///
/// It hears nothing before [`Self::listen_to`] names VRIDs.
#[derive(Debug)]
pub struct AdvertSocket {
    socket: Socket,
    /// Rules of the classic filter; none where a program of the data path takes its place.
    rules: Option<Rules>,
    memberships: BTreeMap<(u32, Ipv4Addr), UdpSocket>,
    buffers: Vec<[u8; LONGEST_PACKET]>,
}

impl AdvertSocket {
    /// Opens the socket in the network namespace of the calling thread.
    ///
    /// # Errors
    /// The process lacks `CAP_NET_RAW`.
    pub fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(VRRP)))?;
        let rules = Rules::new();
        socket.attach_filter(&filter::program(&rules))?;
        socket.set_nonblocking(true)?;
        socket.set_header_included_v4(true)?;
        socket.set_multicast_loop_v4(false)?;
        setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        // All want CAP_NET_ADMIN; without it the defaults serve an unloaded host.
        let _ = setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER);
        let _ = setsockopt(&socket, sockopt::SndBufForce, &SEND_BUFFER);
        let _ = setsockopt(&socket, sockopt::Priority, &PRIORITY_CONTROL);
        Ok(Self {
            socket,
            rules: Some(rules),
            memberships: BTreeMap::new(),
            buffers: vec![[0; LONGEST_PACKET]; BATCH],
        })
    }

    /// Has `program`, a BPF program for sockets, tell which packets are heard from now on. Rules are
    /// of no consequence then.
    ///
    /// # Errors
    /// It is no such program; the former rules hold.
    pub fn filter_by(&mut self, program: impl AsFd) -> io::Result<()> {
        filter::attach(&self.socket, program.as_fd())?;
        self.rules = None;
        Ok(())
    }

    /// Hears adverts as `rules` say from now on. The same rules again cost nothing.
    ///
    /// # Errors
    /// The kernel has no memory for the filter; the former rules hold.
    pub fn listen_to(&mut self, rules: Rules) -> io::Result<()> {
        if self.rules.as_ref().is_some_and(|known| *known != rules) {
            self.socket.attach_filter(&filter::program(&rules))?;
            self.rules = Some(rules);
        }
        Ok(())
    }

    /// Joins `group` on `ifindex`; again is harmless. The calling thread is in the network
    /// namespace of the socket.
    ///
    /// Each membership is held by a socket of its own: one socket may hold no more than
    /// `net.ipv4.igmp_max_memberships` (20), and a raw socket hears the groups of all of them.
    ///
    /// # Errors
    /// There is no such interface, or it cannot multicast.
    pub fn join(&mut self, ifindex: u32, group: Ipv4Addr) -> io::Result<()> {
        if self.memberships.contains_key(&(ifindex, group)) {
            return Ok(());
        }
        let holder = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        SockRef::from(&holder)
            .join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(ifindex))?;
        self.memberships.insert((ifindex, group), holder);
        Ok(())
    }

    /// Leaves `group` on `ifindex`.
    pub fn leave(&mut self, ifindex: u32, group: Ipv4Addr) {
        self.memberships.remove(&(ifindex, group));
    }

    /// Sends `packets`, whole IPv4 packets with their destinations, by `path`, in one system call
    /// unless one of them is refused. Returns what became of each, in their order.
    ///
    /// # Errors
    /// Of each packet: `ENETDOWN` where the interface is down or has no carrier, for which the
    /// kernel itself would report success; `EAGAIN` where its queue is full; others as
    /// `sendmsg(2)`. The packet has not left then.
    pub fn send_all(&self, path: Path, packets: &[(Ipv4Addr, &[u8])]) -> Vec<io::Result<()>> {
        // Asked once for all of them, so that it costs nothing for each. A cable that is pulled in
        // the same moment could as well have been pulled a moment later.
        let refusal = match interface::is_running(&self.socket, path.ifindex) {
            Ok(true) => None,
            Ok(false) => Some(Errno::ENETDOWN),
            Err(error) => Some(Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))),
        };
        let mut outcomes = Vec::with_capacity(packets.len());
        while let Some(left) = packets
            .get(outcomes.len()..)
            .filter(|left| !left.is_empty())
        {
            match refusal.map_or_else(|| self.send_some(path, left), Err) {
                Ok(sent) => outcomes.extend((0..sent).map(|_| Ok(()))),
                Err(error) => outcomes.push(Err(error.into())),
            }
        }
        outcomes
    }

    /// Sends the first of `packets`, at least one, and returns how many the kernel took.
    fn send_some(&self, path: Path, packets: &[(Ipv4Addr, &[u8])]) -> nix::Result<usize> {
        let info = libc::in_pktinfo {
            ipi_ifindex: path.ifindex.cast_signed(),
            ipi_spec_dst: in_addr(path.source),
            ipi_addr: in_addr(Ipv4Addr::UNSPECIFIED),
        };
        let space = nix::cmsg_space!(libc::in_pktinfo);
        let mut headers = MultiHeaders::<SockaddrIn>::preallocate(packets.len(), Some(space));
        let slices: Vec<_> = packets
            .iter()
            .map(|(_, packet)| [IoSlice::new(packet)])
            .collect();
        let destinations: Vec<_> = packets
            .iter()
            .map(|(to, _)| Some(SockaddrIn::from(SocketAddrV4::new(*to, 0))))
            .collect();
        let sent = sendmmsg(
            self.socket.as_raw_fd(),
            &mut headers,
            &slices,
            &destinations,
            [ControlMessage::Ipv4PacketInfo(&info)],
            path.flags(),
        )?;
        Ok(sent.count())
    }

    /// Hands up to `budget` waiting packets to `sink` and returns how many there were; fewer than
    /// `budget` means that none is left.
    ///
    /// # Errors
    /// As `recvmmsg(2)`. An empty queue is no error.
    pub fn receive(
        &mut self,
        budget: usize,
        mut sink: impl FnMut(Received<'_>),
    ) -> io::Result<usize> {
        let mut total = 0;
        while total < budget {
            let wanted = BATCH.min(budget - total);
            let count = self.receive_batch(wanted, &mut sink)?;
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
        let space = nix::cmsg_space!(libc::in_pktinfo);
        let mut headers = MultiHeaders::<SockaddrIn>::preallocate(wanted, Some(space));
        let mut slices: Vec<_> = self.buffers[..wanted]
            .iter_mut()
            .map(|buffer| [IoSliceMut::new(buffer)])
            .collect();
        let flags = MsgFlags::MSG_DONTWAIT;
        let fd = self.socket.as_raw_fd();
        let messages = match recvmmsg(fd, &mut headers, slices.iter_mut(), flags, None) {
            Ok(messages) => messages,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let mut count = 0;
        for message in messages {
            count += 1;
            if let (Some(ifindex), Some(packet)) = (arrival(&message), message.iovs().next()) {
                sink(Received { ifindex, packet });
            }
        }
        Ok(count)
    }
}

impl AsFd for AdvertSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Interface that a packet came in by.
fn arrival<S>(message: &RecvMsg<'_, '_, S>) -> Option<u32> {
    let mut control = message.cmsgs().ok()?;
    control.find_map(|message| match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => u32::try_from(info.ipi_ifindex).ok(),
        _ => None,
    })
}

fn in_addr(address: Ipv4Addr) -> libc::in_addr {
    libc::in_addr {
        s_addr: u32::from_ne_bytes(address.octets()),
    }
}
