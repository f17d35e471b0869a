//! IPv6: packets to a virtual address go through the ingress gate.

use ha_common::Reason;
use ha_common::abi::Gate;
use ha_common::wire::ipv6;

use crate::ethernet::Payload;
use crate::ipv4::admit;
use crate::maps::Router;
use crate::packet::Packet;

/// Judges an IPv6 packet. Whatever extensions follow the header, it has the destination.
#[inline(always)]
pub(crate) fn judge(packet: &impl Packet, payload: Payload, gate: &Gate) -> Reason {
    let octets = packet.array::<{ ipv6::HEADER_LEN }>(payload.at);
    let Some(Ok(header)) = octets.map(ipv6::Header::new_checked) else {
        return Reason::Unparsable;
    };
    let router = Router::by_ipv6(header.destination(), packet.ifindex());
    admit(packet, gate, router, Reason::Foreign)
}
