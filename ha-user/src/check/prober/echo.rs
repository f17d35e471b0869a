//! Echoes by ICMP (RFC 792) and ICMPv6 (RFC 4443): `PING_CHECK`.
//!
//! Thousands of hosts are asked from one socket. A question carries whose it is and which one, and an
//! answer counts only if it does, too: an older one that comes late, or one to another program's
//! question, tells nothing.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::time::Duration;

use ha_common::Family;
use ha_common::wire::checksum::Sum;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg, sendmmsg,
    setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
use rustix::time::{ClockId, Timespec, clock_gettime};
use socket2::{Domain, Protocol, SockAddr, SockFilter, Socket, Type};

use super::super::ProbeId;
use super::target::Target;

/// Octets that the kernel may hold for us: a burst of answers while the thread is off the processor.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Packets that the kernel is handed, or hands over, at once.
const BATCH: usize = 64;
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

/// Type of a question.
const fn question(family: Family) -> u8 {
    match family {
        Family::Ipv4 => 8,
        Family::Ipv6 => 128,
    }
}

/// Type of its answer.
const fn answer(family: Family) -> u8 {
    match family {
        Family::Ipv4 => 0,
        Family::Ipv6 => 129,
    }
}

impl Way {
    pub(super) fn to(target: &Target) -> Self {
        Self {
            family: target.address.ip().into(),
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
    unsent: Vec<Question>,
}

/// What is to be sent.
#[derive(Debug)]
struct Question {
    probe: ProbeId,
    host: SockaddrStorage,
    octets: [u8; LENGTH],
}

/// An answer to a question of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Echo {
    /// Whose question it was.
    pub(super) probe: ProbeId,
    /// And which.
    pub(super) number: u32,
    /// For how long the kernel has had the answer.
    pub(super) age: Duration,
}

impl EchoSocket {
    /// # Errors
    /// The process lacks `CAP_NET_RAW`, or there is no such way.
    pub(super) fn open(way: &Way) -> io::Result<Self> {
        let (domain, protocol) = match way.family {
            Family::Ipv4 => (Domain::IPV4, Protocol::ICMPV4),
            Family::Ipv6 => (Domain::IPV6, Protocol::ICMPV6),
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
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        Ok(Self {
            socket,
            family: way.family,
            identifier,
            unsent: Vec::new(),
        })
    }

    /// Has `host` be asked question `number` of `probe` by the next [`Self::send`].
    pub(super) fn ask(&mut self, host: IpAddr, probe: ProbeId, number: u32) {
        let mut octets = [0; LENGTH];
        octets[0] = question(self.family);
        octets[IDENTIFIER].copy_from_slice(&self.identifier.to_be_bytes());
        octets[PROBE].copy_from_slice(&probe.0.to_be_bytes());
        octets[NUMBER].copy_from_slice(&number.to_be_bytes());
        if self.family == Family::Ipv4 {
            // The kernel does so for ICMPv6.
            let sum = Sum::default().octets(&octets).finish();
            octets[CHECKSUM].copy_from_slice(&sum.to_be_bytes());
        }
        self.unsent.push(Question {
            probe,
            host: SocketAddr::new(host, 0).into(),
            octets,
        });
    }

    /// Sends what is to be asked. Returns what cannot be, and why, as of `sendmmsg(2)`: there is no way, or
    /// no room.
    pub(super) fn send(&mut self) -> Vec<(ProbeId, io::Error)> {
        let mut refused = Vec::new();
        let mut left = self.unsent.as_slice();
        while let Some(first) = left.first() {
            let sent = match self.send_some(&left[..left.len().min(BATCH)]) {
                Ok(sent) => sent,
                Err(errno) => {
                    refused.push((first.probe, errno.into()));
                    1
                }
            };
            left = &left[sent..];
        }
        self.unsent.clear();
        refused
    }

    /// Sends the first of `questions`, at least one, and returns how many the kernel took.
    fn send_some(&self, questions: &[Question]) -> nix::Result<usize> {
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(questions.len(), None);
        let octets = questions.iter().map(|one| [IoSlice::new(&one.octets)]);
        let octets: Vec<_> = octets.collect();
        let hosts: Vec<_> = questions.iter().map(|one| Some(one.host)).collect();
        let sent = sendmmsg(
            self.socket.as_raw_fd(),
            &mut headers,
            &octets,
            &hosts,
            [],
            MsgFlags::MSG_DONTWAIT,
        )?;
        Ok(sent.count())
    }

    /// The answers that have come. A number is given once, so that nobody else than who was asked knows
    /// it.
    pub(super) fn answers(&self) -> Vec<Echo> {
        let mut answers = Vec::new();
        while self.receive_some(&mut answers) == BATCH {}
        answers
    }

    /// Returns how many packets there were.
    fn receive_some(&self, answers: &mut Vec<Echo>) -> usize {
        let space = nix::cmsg_space!(TimeSpec);
        let mut headers = MultiHeaders::<()>::preallocate(BATCH, Some(space));
        let mut room = [[0; ROOM]; BATCH];
        let mut slices = room.each_mut().map(|room| [IoSliceMut::new(room)]);
        let fd = self.socket.as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT;
        let Ok(packets) = recvmmsg(fd, &mut headers, slices.iter_mut(), flags, None) else {
            // Nothing is left, or an error of a question that is late already.
            return 0;
        };
        let today = clock_gettime(ClockId::Realtime);
        let mut count = 0;
        for packet in packets {
            count += 1;
            let octets = packet.iovs().next().unwrap_or_default();
            if let Some((probe, number)) = self.read(octets) {
                let age = stamp(&packet).map_or(Duration::ZERO, |stamp| age(stamp, today));
                answers.push(Echo { probe, number, age });
            }
        }
        count
    }

    fn read(&self, octets: &[u8]) -> Option<(ProbeId, u32)> {
        let message = match self.family {
            // With its IP header.
            Family::Ipv4 => octets.get(usize::from(octets.first()? & 0x0f) * 4..)?,
            Family::Ipv6 => octets,
        };
        let is_ours = *message.first()? == answer(self.family)
            && message.get(IDENTIFIER)? == self.identifier.to_be_bytes();
        let number = |range: std::ops::Range<usize>| {
            let octets = message.get(range)?.first_chunk()?;
            Some(u32::from_be_bytes(*octets))
        };
        is_ours.then_some((ProbeId(number(PROBE)?), number(NUMBER)?))
    }
}

/// When the kernel took a packet in, by the time of day.
fn stamp(packet: &RecvMsg<'_, '_, ()>) -> Option<TimeSpec> {
    let mut control = packet.cmsgs().ok()?;
    control.find_map(|message| match message {
        ControlMessageOwned::ScmTimestampns(stamp) => Some(stamp),
        _ => None,
    })
}

/// How long before `today` a packet of `stamp` came. The time of day can be set: never more than a probe
/// may take.
fn age(stamp: TimeSpec, today: Timespec) -> Duration {
    let today = Duration::try_from(today).unwrap_or_default();
    today.saturating_sub(stamp.into())
}

impl AsFd for EchoSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Answers to our questions: others would wake us for nothing.
fn filter(family: Family, identifier: u16) -> [SockFilter; 7] {
    let to_message = match family {
        Family::Ipv4 => op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0),
        Family::Ipv6 => op(libc::BPF_LDX | libc::BPF_W | libc::BPF_IMM, 0),
    };
    let at = |size, offset| op(libc::BPF_LD | size | libc::BPF_IND, offset);
    let or_reject = |value, reject| {
        let code = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        SockFilter::new(code as u16, 0, reject, value)
    };
    [
        to_message,
        at(libc::BPF_B, 0),
        or_reject(answer(family).into(), 3),
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
            family: Family::Ipv4,
            identifier: 0x1234,
            unsent: Vec::new(),
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
