//! Packets for a closed service are sent back as their own refusals.

use ha_common::Reason;
use ha_common::wire::ipv4;

use crate::ethernet::{self, Payload};
use crate::packet::Packet;
use crate::{reset, unreachable};

/// Tells the sender of `packet` that nobody serves it, if he may be told.
#[inline(always)]
pub(crate) fn answer(packet: &mut impl Packet, payload: Payload) -> Reason {
    match refuse(packet, payload) {
        Some(reason) => reason,
        None => Reason::ServiceUnanswered,
    }
}

#[inline(always)]
fn refuse(packet: &mut impl Packet, payload: Payload) -> Option<Reason> {
    let octets = packet.array::<{ ipv4::HEADER_LEN }>(payload.at)?;
    let header = ipv4::Header::new_checked(octets).ok()?;
    if header.is_fragment() || !is_one_host(header) || !ethernet::is_between_hosts(packet)? {
        return None;
    }
    match header.protocol() {
        ipv4::PROTOCOL_TCP => reset::answer(packet, payload).map(|()| Reason::ServiceReset),
        ipv4::PROTOCOL_UDP => {
            unreachable::answer(packet, payload).map(|()| Reason::ServiceUnreachable)
        }
        _ => None,
    }
}

/// Whether the source is the address of one host, and not ours (RFC 1122 section 3.2.2): neither
/// "this network", nor loopback, nor a group, nor reserved.
#[inline(always)]
fn is_one_host(header: ipv4::Header<&[u8; ipv4::HEADER_LEN]>) -> bool {
    let source = header.source();
    let same = u32::from_ne_bytes(source) == u32::from_ne_bytes(header.destination());
    let [network, ..] = source;
    !same && !matches!(network, 0 | 127 | 224..)
}
