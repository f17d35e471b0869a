//! IPv4: adverts go to their judge, packets to a virtual address through the ingress gate, and those
//! to one that is owned to their service.

use ha_common::Reason;
use ha_common::abi::Gate;
use ha_common::wire::ipv4;

use crate::ethernet::{self, Payload};
use crate::maps::Router;
use crate::packet::Packet;
use crate::standing::Standing;
use crate::{service, vrrp};

/// Judges an IPv4 packet, and turns one for a closed service into its refusal.
#[inline(always)]
pub(crate) fn judge(packet: &mut impl Packet, payload: Payload, gate: &Gate) -> Reason {
    let octets = packet.array::<{ ipv4::HEADER_LEN }>(payload.at);
    let Some(Ok(header)) = octets.map(ipv4::Header::new_checked) else {
        return Reason::Unparsable;
    };
    let reason = match header.protocol() {
        ipv4::PROTOCOL_VRRP if header.is_fragment() => Reason::Unparsable,
        ipv4::PROTOCOL_VRRP => vrrp::judge(packet, payload, gate, header),
        _ => Reason::Foreign,
    };
    let destination = header.destination();
    match reason {
        Reason::Foreign | Reason::AdvertForeign => {
            match admit(packet, gate, Router::by_address(destination), reason) {
                Reason::VipOwned if gate.services() != 0 => service::judge(packet, payload),
                judged => judged,
            }
        }
        judged => judged,
    }
}

/// The ingress gate, of either family, for a packet to an address that moves with `router`, if there
/// is one. Fragments and packets with options carry their destination where all others do, so they
/// are treated alike.
#[inline(always)]
pub(crate) fn admit(
    packet: &impl Packet,
    gate: &Gate,
    router: Option<Router>,
    not_virtual: Reason,
) -> Reason {
    let Some(router) = router else {
        return not_virtual;
    };
    if !ethernet::is_for_us(packet) {
        return Reason::Foreign;
    }
    match router.standing(gate) {
        Standing::Owned if router.accepts() => Reason::VipOwned,
        Standing::Owned => Reason::VipNotAccepted,
        Standing::NotOwned if router.is_closed(gate) => Reason::VipNotOwned,
        Standing::NotOwned => Reason::VipOperator,
        Standing::Orphaned => Reason::Orphaned,
    }
}
