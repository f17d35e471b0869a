//! IPv6: adverts and Neighbor Discovery go to their judges, packets to a virtual address through the
//! ingress gate.

use ha_common::Reason;
use ha_common::abi::Gate;
use ha_common::wire::{ipv4, ipv6};

use crate::ethernet::{self, Payload};
use crate::ipv4::admit;
use crate::maps::Router;
use crate::packet::Packet;
use crate::{neighbour, vrrp};

/// Judges an IPv6 packet, and turns a question that is ours to answer into its answer. Whatever
/// extensions follow the header, it has the destination.
#[inline(always)]
pub(crate) fn judge(packet: &mut impl Packet, payload: Payload, gate: &Gate) -> Reason {
    let octets = packet.array::<{ ipv6::HEADER_LEN }>(payload.at);
    let Some(Ok(header)) = octets.map(ipv6::Header::new_checked) else {
        return Reason::Unparsable;
    };
    let destination = header.destination();
    let reason = match header.next_header() {
        ipv6::PROTOCOL_ICMPV6 => neighbour::judge(packet, payload, gate),
        ipv4::PROTOCOL_VRRP => vrrp::judge(packet, payload, gate, header),
        _ => Reason::Foreign,
    };
    match reason {
        Reason::Foreign | Reason::AdvertForeign => {
            let router = Router::by_ipv6(destination, ethernet::link(packet, payload));
            admit(packet, gate, router, reason)
        }
        judged => judged,
    }
}
