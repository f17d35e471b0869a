//! Echoes by ICMP (RFC 792) and ICMPv6 (RFC 4443): `PING_CHECK`.
//!
//! Thousands of hosts are asked from one socket. A question carries whose it is and which one, and an
//! answer counts only if it does, too: an older one that comes late, or one to another program's
//! question, tells nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

use ha_common::wire::checksum::Sum;
use nix::sys::socket::{setsockopt, sockopt};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use socket2::{Domain, Protocol, SockAddr, SockFilter, Socket, Type};

use super::super::ProbeId;
use super::target::Target;

/// Octets that the kernel may hold for us: a burst of answers while the thread is off the processor.
const RECEIVE_BUFFER: usize = 4 << 20;

/// ICMP's header for echoes, and what ours carry: the probe, and the number of the question.
const LENGTH: usize = HEADER + 8;
const HEADER: usize = 8;
const CHECKSUM: std::ops::Range<usize> = 2..4;
const IDENTIFIER: std::ops::Range<usize> = 4..6;
const PROBE: std::ops::Range<usize> = HEADER..HEADER + 4;
const NUMBER: std::ops::Range<usize> = HEADER + 4..LENGTH;
/// Room for an answer behind the longest IPv4 header.
const ROOM: usize = 60 + LENGTH;

/// Which way echoes go: a socket for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    family: Family,
    source: Option<IpAddr>,
    interface: Option<String>,
    mark: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    V4,
    V6,
}

impl Family {
    const fn question(self) -> u8 {
        match self {
            Self::V4 => 8,
            Self::V6 => 128,
        }
    }

    const fn answer(self) -> u8 {
        match self {
            Self::V4 => 0,
            Self::V6 => 129,
        }
    }
}

impl Way {
    pub(super) fn to(target: &Target) -> Self {
        Self {
            family: match target.address {
                SocketAddr::V4(_) => Family::V4,
                SocketAddr::V6(_) => Family::V6,
            },
            source: target.source.map(|source| source.ip()),
            interface: target.interface.clone(),
            mark: target.mark,
        }
    }
}

/// A socket for echoes.
#[derive(Debug)]
pub(super) struct EchoSocket {
    socket: Socket,
    family: Family,
    /// Tells our questions from those of other programs on this host.
    identifier: u16,
}

impl EchoSocket {
    /// # Errors
    /// The process lacks `CAP_NET_RAW`, or there is no such way.
    pub(super) fn open(way: &Way) -> io::Result<Self> {
        let (domain, protocol) = match way.family {
            Family::V4 => (Domain::IPV4, Protocol::ICMPV4),
            Family::V6 => (Domain::IPV6, Protocol::ICMPV6),
        };
        let socket = Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))?;
        let identifier = std::process::id() as u16;
        socket.attach_filter(&filter(way.family, identifier))?;
        if let Some(mark) = way.mark {
            socket.set_mark(mark)?;
        }
        if let Some(interface) = &way.interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        if let Some(source) = way.source {
            socket.bind(&SockAddr::from(SocketAddr::new(source, 0)))?;
        }
        // It wants CAP_NET_ADMIN; without it the default serves some hundreds of hosts.
        let _ = setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER);
        Ok(Self {
            socket,
            family: way.family,
            identifier,
        })
    }

    /// Asks `host` question `number` of `probe`.
    ///
    /// # Errors
    /// As of `sendto(2)`: there is no way, or no room.
    pub(super) fn ask(&self, host: IpAddr, probe: ProbeId, number: u32) -> io::Result<()> {
        let mut question = [0; LENGTH];
        question[0] = self.family.question();
        question[IDENTIFIER].copy_from_slice(&self.identifier.to_be_bytes());
        question[PROBE].copy_from_slice(&probe.0.to_be_bytes());
        question[NUMBER].copy_from_slice(&number.to_be_bytes());
        if self.family == Family::V4 {
            // The kernel does so for ICMPv6.
            let sum = Sum::default().octets(&question).finish();
            question[CHECKSUM].copy_from_slice(&sum.to_be_bytes());
        }
        let address = SockAddr::from(SocketAddr::new(host, 0));
        self.socket.send_to(&question, &address).map(drop)
    }

    /// The next answer that has come: to which probe's question of which number. A number is given
    /// once, so that nobody else than who was asked knows it.
    pub(super) fn answer(&self) -> Option<(ProbeId, u32)> {
        let mut room = [0; ROOM];
        loop {
            match recv(&self.socket, &mut room, RecvFlags::empty()) {
                Ok((count, _)) => {
                    if let Some(answer) = self.read(&room[..count]) {
                        return Some(answer);
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => return None,
            }
        }
    }

    fn read(&self, octets: &[u8]) -> Option<(ProbeId, u32)> {
        let message = match self.family {
            // With its IP header.
            Family::V4 => octets.get(usize::from(octets.first()? & 0x0f) * 4..)?,
            Family::V6 => octets,
        };
        let is_ours = *message.first()? == self.family.answer()
            && message.get(IDENTIFIER)? == self.identifier.to_be_bytes();
        let number = |range: std::ops::Range<usize>| {
            let octets = message.get(range)?.first_chunk()?;
            Some(u32::from_be_bytes(*octets))
        };
        is_ours.then_some((ProbeId(number(PROBE)?), number(NUMBER)?))
    }
}

impl AsFd for EchoSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Answers to our questions: others would wake us for nothing.
fn filter(family: Family, identifier: u16) -> [SockFilter; 7] {
    let to_message = match family {
        Family::V4 => op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0),
        Family::V6 => op(libc::BPF_LDX | libc::BPF_W | libc::BPF_IMM, 0),
    };
    let at = |size, offset| op(libc::BPF_LD | size | libc::BPF_IND, offset);
    let or_reject = |value, reject| {
        let code = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        SockFilter::new(code as u16, 0, reject, value)
    };
    [
        to_message,
        at(libc::BPF_B, 0),
        or_reject(family.answer().into(), 3),
        at(libc::BPF_H, IDENTIFIER.start as u32),
        or_reject(identifier.into(), 1),
        op(libc::BPF_RET | libc::BPF_K, u32::MAX),
        op(libc::BPF_RET | libc::BPF_K, 0),
    ]
}

fn op(code: u32, operand: u32) -> SockFilter {
    SockFilter::new(code as u16, 0, 0, operand)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket() -> EchoSocket {
        let (ours, _) = std::os::unix::net::UnixDatagram::pair().expect("sockets");
        EchoSocket {
            socket: std::os::fd::OwnedFd::from(ours).into(),
            family: Family::V4,
            identifier: 0x1234,
        }
    }

    /// An answer behind an IP header of `words` words.
    fn answer(words: u8) -> Vec<u8> {
        let mut packet = vec![0; usize::from(words) * 4 + LENGTH];
        packet[0] = 0x40 | words;
        let message = &mut packet[usize::from(words) * 4..];
        message[IDENTIFIER].copy_from_slice(&[0x12, 0x34]);
        message[PROBE].copy_from_slice(&[0, 0, 0, 9]);
        message[NUMBER].copy_from_slice(&[0, 0, 1, 0]);
        packet
    }

    #[test]
    fn only_an_answer_to_our_question_counts() {
        let read = |packet: &[u8]| socket().read(packet);
        assert_eq!(read(&answer(5)), Some((ProbeId(9), 256)));
        assert_eq!(read(&answer(15)), Some((ProbeId(9), 256)));
        let question = |packet: &mut Vec<u8>| packet[20] = 8;
        let others = |packet: &mut Vec<u8>| packet[25] ^= 1;
        let cut = |packet: &mut Vec<u8>| packet.truncate(20 + LENGTH - 1);
        let nothing = |packet: &mut Vec<u8>| packet.clear();
        for damage in [question, others, cut, nothing] {
            let mut packet = answer(5);
            damage(&mut packet);
            assert_eq!(read(&packet), None);
        }
    }
}
