//! IPv6: adverts and Neighbor Discovery go to their judges, packets to a virtual address through the
//! ingress gate.

use ha_common::Reason;
use ha_common::abi::Gate;
use ha_common::wire::{ipv4, ipv6, ndp};

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
    let (destination, protocol) = (header.destination(), header.next_header());
    let reason = match protocol {
        ipv6::PROTOCOL_ICMPV6 => neighbour::judge(packet, payload, gate),
        ipv4::PROTOCOL_VRRP => vrrp::judge(packet, payload, gate, header),
        _ => Reason::Foreign,
    };
    match reason {
        Reason::Foreign | Reason::AdvertForeign => {
            let router = Router::by_ipv6(destination, ethernet::link(packet, payload));
            match admit(packet, gate, router, reason) {
                Reason::VipNotAccepted if is_always_accepted(packet, payload, protocol) => {
                    Reason::VipOwned
                }
                judged => judged,
            }
        }
        judged => judged,
    }
}

/// Whether an owner that does not accept takes the packet all the same: what it hears of neighbours that
/// it has asked as the address (RFC 9568 section 6.1, Accept_Mode).
#[inline(always)]
fn is_always_accepted(packet: &impl Packet, payload: Payload, protocol: u8) -> bool {
    protocol == ipv6::PROTOCOL_ICMPV6
        && neighbour::kind(packet, payload).is_some_and(ndp::is_about_one)
}
