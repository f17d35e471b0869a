//! A TCP segment for a closed service becomes its reset (RFC 9293 section 3.10.7.1).
//!
//! The checksum of the segment is not looked at: that would take a walk through all of it.

use ha_common::wire::checksum::PseudoHeader;
use ha_common::wire::{ipv4, tcp};

use crate::ethernet::{self, Payload};
use crate::packet::Packet;

/// Octets of a reset in its IP packet.
const LEN: usize = ipv4::HEADER_LEN + tcp::HEADER_LEN;

/// `None`, and a packet that must not go on, if there is no answer to it.
#[inline(always)]
pub(crate) fn answer(packet: &mut impl Packet, payload: Payload) -> Option<()> {
    let (header, segment) = reset(packet, payload)?;
    let pseudo = PseudoHeader::Included {
        source: header.source,
        destination: header.destination,
    };
    packet.cut(payload.at + LEN)?;
    packet.rewrite::<LEN>(payload.at, |octets| {
        let (room, rest) = octets.split_at_mut(ipv4::HEADER_LEN);
        header.emit(room);
        segment.emit(rest, pseudo);
    })?;
    let checksum = payload.at + ipv4::HEADER_LEN + tcp::CHECKSUM;
    packet.leave_open(checksum, tcp::open_checksum(pseudo))?;
    ethernet::turn_around(packet)
}

#[inline(always)]
fn reset(packet: &impl Packet, payload: Payload) -> Option<(ipv4::Repr, tcp::Repr)> {
    let octets = packet.array::<{ ipv4::HEADER_LEN }>(payload.at)?;
    let header = ipv4::Header::new_checked(octets).ok()?;
    let octets = packet.array::<{ tcp::HEADER_LEN }>(payload.at + header.header_len())?;
    let segment = tcp::Header::new_checked(octets).ok()?;
    let reset = tcp::Repr::reset_for(&segment, header.payload_len())?;
    let reply = ipv4::Repr::reply(&header, ipv4::PROTOCOL_TCP, reset.buffer_len());
    Some((reply, reset))
}
