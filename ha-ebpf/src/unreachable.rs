//! A UDP packet for a closed service becomes "port unreachable" (RFC 792), with itself quoted: its
//! IP header, options included, and the header of UDP. What is quoted stays where it is; the new
//! headers come in front of it.

use ha_common::wire::checksum::Sum;
use ha_common::wire::{icmp, ipv4, udp};

use crate::ethernet::{self, Payload};
use crate::maps;
use crate::packet::Packet;

/// Octets of the new headers.
const LEN: usize = ipv4::HEADER_LEN + icmp::HEADER_LEN;
/// Octets that are summed at a time.
const WORD: usize = 4;
/// Octets of the longest IP header.
const LONGEST_HEADER: usize = 60;

/// `None`, and a packet that must not go on, if there is no answer to it.
#[inline(always)]
pub(crate) fn answer(packet: &mut impl Packet, payload: Payload) -> Option<()> {
    if !maps::may_say_unreachable() {
        return None;
    }
    let Quotation { reply, len, sums } = Quotation::read(packet, payload)?;
    let [closed, open] = sums.map(icmp::PortUnreachable::quoting);
    packet.cut(payload.at + len)?;
    packet.grow_front::<LEN>()?;
    ethernet::move_header::<LEN>(packet)?;
    packet.rewrite::<LEN>(payload.at, |octets| {
        let (room, rest) = octets.split_at_mut(ipv4::HEADER_LEN);
        reply.emit(room);
        closed.emit(rest);
    })?;
    let checksum = payload.at + ipv4::HEADER_LEN + icmp::CHECKSUM;
    packet.leave_open(checksum, open.checksum())?;
    ethernet::turn_around(packet)
}

/// What is quoted of a packet.
struct Quotation {
    /// The header in front.
    reply: ipv4::Repr,
    /// Octets.
    len: usize,
    /// As it is, and as it will be once the kernel has filled in a checksum that it has left open.
    sums: [Sum; 2],
}

impl Quotation {
    #[inline(always)]
    fn read(packet: &impl Packet, payload: Payload) -> Option<Self> {
        let octets = packet.array::<{ ipv4::HEADER_LEN }>(payload.at)?;
        let header = ipv4::Header::new_checked(octets).ok()?;
        let header_len = header.header_len();
        let len = header_len + icmp::QUOTED_LEN;
        let reply = ipv4::Repr::reply(&header, ipv4::PROTOCOL_ICMP, icmp::HEADER_LEN + len);
        let before = sum(packet, payload.at, header_len)?;
        let octets = packet.array::<{ udp::HEADER_LEN }>(payload.at + header_len)?;
        let closed = before.octets(octets);
        // The checksum over the header alone, with the sum of its other fields taken off.
        let [.., high, low] = *octets;
        let open = before.word([0, 0, !high, !low]);
        Some(Self {
            reply,
            len,
            sums: [closed, open],
        })
    }
}

/// Sum of an IP header of `len` octets.
#[inline(always)]
fn sum(packet: &impl Packet, at: usize, len: usize) -> Option<Sum> {
    let mut sum = Sum::default();
    for index in 0..LONGEST_HEADER / WORD {
        if index * WORD >= len {
            break;
        }
        sum = sum.word(*packet.array(at + index * WORD)?);
    }
    Some(sum)
}
