//! The raw sockets, one for each family, that adverts of every router leave by and arrive at.

mod raw;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use ha_common::Family;
use nix::errno::Errno;
use socket2::{InterfaceIndexOrAddress, SockRef};

use self::raw::RawSocket;
use super::filter::Rules;
use super::interface;

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
    pub source: IpAddr,
    /// All destinations are multicast groups: no route is asked for. Otherwise none of them is.
    pub multicast: bool,
}

/// Raw sockets for VRRP on all interfaces of a network namespace.
///
/// They hear nothing before [`Self::listen_to`] names VRIDs.
#[derive(Debug)]
pub struct AdvertSocket {
    ipv4: RawSocket,
    /// None where the host has no IPv6.
    ipv6: Option<RawSocket>,
    memberships: BTreeMap<(u32, IpAddr), UdpSocket>,
}

impl AdvertSocket {
    /// Opens the sockets in the network namespace of the calling thread.
    ///
    /// # Errors
    /// The process lacks `CAP_NET_RAW`.
    pub fn open() -> io::Result<Self> {
        let ipv6 = match RawSocket::open(Family::Ipv6) {
            Ok(socket) => Some(socket),
            Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            ipv4: RawSocket::open(Family::Ipv4)?,
            ipv6,
            memberships: BTreeMap::new(),
        })
    }

    /// Has `program`, a BPF program for sockets, tell which IPv4 packets are heard from now on. Rules
    /// for them are of no consequence then.
    ///
    /// # Errors
    /// It is no such program; the former rules hold.
    pub fn filter_by(&mut self, program: impl AsFd) -> io::Result<()> {
        self.ipv4.filter_by(program)
    }

    /// Hears adverts of `family` as `rules` say from now on. The same rules again cost nothing.
    ///
    /// # Errors
    /// The kernel has no memory for the filter; the former rules hold.
    pub fn listen_to(&mut self, family: Family, rules: Rules) -> io::Result<()> {
        match (family, &mut self.ipv6) {
            (Family::Ipv4, _) => self.ipv4.listen_to(rules),
            (Family::Ipv6, Some(socket)) => socket.listen_to(rules),
            (Family::Ipv6, None) => Ok(()),
        }
    }

    /// Joins `group` on `ifindex`; again is harmless. The calling thread is in the network
    /// namespace of the socket.
    ///
    /// Each membership is held by a socket of its own: one socket may hold no more than
    /// `net.ipv4.igmp_max_memberships` (20), and a raw socket hears the groups of all of them.
    ///
    /// # Errors
    /// There is no such interface, or it cannot multicast.
    pub fn join(&mut self, ifindex: u32, group: IpAddr) -> io::Result<()> {
        if self.memberships.contains_key(&(ifindex, group)) {
            return Ok(());
        }
        let holder = match group {
            IpAddr::V4(group) => {
                let holder = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
                let interface = InterfaceIndexOrAddress::Index(ifindex);
                SockRef::from(&holder).join_multicast_v4_n(&group, &interface)?;
                holder
            }
            IpAddr::V6(group) => {
                let holder = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?;
                holder.join_multicast_v6(&group, ifindex)?;
                holder
            }
        };
        self.memberships.insert((ifindex, group), holder);
        Ok(())
    }

    /// Leaves `group` on `ifindex`.
    pub fn leave(&mut self, ifindex: u32, group: IpAddr) {
        self.memberships.remove(&(ifindex, group));
    }

    /// Sends `packets`, whole packets of one family with their destinations, by `path`, in one system
    /// call unless one of them is refused. Returns what became of each, in their order.
    ///
    /// # Errors
    /// Of each packet: `ENETDOWN` where the interface is down or has no carrier, for which the
    /// kernel itself would report success; `EAGAIN` where its queue is full; `EAFNOSUPPORT` where the
    /// host does not have the family; others as `sendmsg(2)`. The packet has not left then.
    pub fn send_all(&self, path: Path, packets: &[(IpAddr, &[u8])]) -> Vec<io::Result<()>> {
        let socket = match path.source {
            IpAddr::V4(_) => Ok(&self.ipv4),
            IpAddr::V6(_) => self.ipv6.as_ref().ok_or(Errno::EAFNOSUPPORT),
        };
        // Asked once for all of them, so that it costs nothing for each. A cable that is pulled in
        // the same moment could as well have been pulled a moment later.
        let ready =
            socket.and_then(
                |socket| match interface::is_running(socket.as_fd(), path.ifindex) {
                    Ok(true) => Ok(socket),
                    Ok(false) => Err(Errno::ENETDOWN),
                    Err(error) => Err(Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))),
                },
            );
        let mut outcomes = Vec::with_capacity(packets.len());
        while let Some(left) = packets
            .get(outcomes.len()..)
            .filter(|left| !left.is_empty())
        {
            match ready.and_then(|socket| socket.send_some(path, left)) {
                Ok(sent) => outcomes.extend((0..sent).map(|_| Ok(()))),
                Err(error) => outcomes.push(Err(error.into())),
            }
        }
        outcomes
    }

    /// Hands up to `budget` waiting packets of each family to `sink` and returns how many of the
    /// family with most there were; fewer than `budget` means that none is left.
    ///
    /// # Errors
    /// As `recvmmsg(2)`. An empty queue is no error.
    pub fn receive(
        &mut self,
        budget: usize,
        mut sink: impl FnMut(Received<'_>),
    ) -> io::Result<usize> {
        let count = self.ipv4.receive(budget, &mut sink)?;
        let other = match &mut self.ipv6 {
            Some(socket) => socket.receive(budget, &mut sink)?,
            None => 0,
        };
        Ok(count.max(other))
    }

    /// What becomes readable when there is something to receive.
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let sockets = [Some(&self.ipv4), self.ipv6.as_ref()];
        sockets.into_iter().flatten().map(AsFd::as_fd)
    }
}
