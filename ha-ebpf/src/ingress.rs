//! What comes in: to each protocol its module.

use ha_common::Reason;
use ha_common::abi::{Gate, Way};
use ha_common::wire::ethernet::{TYPE_ARP, TYPE_IPV4, TYPE_IPV6};

use crate::packet::Packet;
use crate::{arp, capture, ethernet, ipv4, ipv6, maps};

/// Judges a packet that has come in, and turns a question that is ours to answer into its answer.
#[inline(always)]
pub(crate) fn judge(packet: &mut impl Packet) -> Reason {
    let Some(gate) = maps::gate() else {
        return Reason::Idle;
    };
    let reason = sort(packet, gate);
    capture::offer(packet, Way::In, reason, gate);
    reason
}

#[inline(always)]
fn sort(packet: &mut impl Packet, gate: &Gate) -> Reason {
    let Some(payload) = ethernet::payload(packet) else {
        return Reason::Unparsable;
    };
    match payload.ethertype {
        TYPE_IPV4 => ipv4::judge(packet, payload, gate),
        TYPE_IPV6 => ipv6::judge(packet, payload, gate),
        TYPE_ARP => arp::judge(packet, payload, gate),
        _ => Reason::Foreign,
    }
}
