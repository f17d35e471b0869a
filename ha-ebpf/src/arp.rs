//! ARP: questions for a virtual address are answered by its owner and by nobody else.

use aya_log_ebpf::debug;
use ha_common::Reason;
use ha_common::abi::Gate;
use ha_common::wire::{arp, ethernet as wire};

use crate::ethernet::{self, Mac, Payload};
use crate::maps::{self, Router};
use crate::packet::Packet;
use crate::standing::Standing;

/// Sender address of a probe (RFC 5227 section 2.1.1).
const UNSPECIFIED: [u8; 4] = [0; 4];

/// Judges an ARP packet, and turns a question that is ours to answer into its answer.
#[inline(always)]
pub(crate) fn judge(packet: &mut impl Packet, payload: Payload, gate: &Gate) -> Reason {
    let octets = packet.array::<{ arp::PACKET_LEN }>(payload.at);
    let Some(Ok(view)) = octets.map(arp::Packet::new_checked) else {
        return Reason::Unparsable;
    };
    let Some(router) = Router::by_address(view.target_ip()) else {
        return Reason::ArpForeign;
    };
    let Ok(message) = arp::Repr::parse(&view) else {
        return Reason::Unparsable;
    };
    if !ethernet::is_for_us(packet) {
        return Reason::Foreign;
    }
    if message.sender_ip == message.target_ip {
        return announcement(packet, gate, &router, &message);
    }
    match message.operation {
        arp::Operation::Reply => Reason::ArpAnnouncement,
        arp::Operation::Request if message.sender_ip == UNSPECIFIED => probe(gate, &router),
        arp::Operation::Request => question(packet, payload, gate, &router, &message),
    }
}

/// Another host asks whether it may use the address. The kernel knows best whether it is in use
/// here, except where it would speak for an address that is installed and no longer owned.
#[inline(always)]
fn probe(gate: &Gate, router: &Router) -> Reason {
    if !router.record.installed() {
        return Reason::ArpProbe;
    }
    match router.standing(gate) {
        Standing::Owned => Reason::ArpProbe,
        Standing::NotOwned => Reason::ArpNotOwned,
        Standing::Orphaned => Reason::Orphaned,
    }
}

#[inline(always)]
fn announcement(packet: &impl Packet, gate: &Gate, router: &Router, message: &arp::Repr) -> Reason {
    let now = maps::now();
    let own =
        maps::interface_mac(packet.ifindex()).map(Mac::new) == Some(Mac::new(message.sender_mac));
    if own || router.standing_at(gate, now) != Standing::Owned {
        return Reason::ArpAnnouncement;
    }
    if router.tells_conflict(now, message.target_ip.into()) {
        debug!(
            packet.context(),
            "{:mac} announces {:i}, which this host owns", message.sender_mac, message.target_ip
        );
    }
    Reason::ArpConflict
}

#[inline(always)]
fn question(
    packet: &mut impl Packet,
    payload: Payload,
    gate: &Gate,
    router: &Router,
    message: &arp::Repr,
) -> Reason {
    match router.standing(gate) {
        Standing::Owned => {}
        Standing::NotOwned => return Reason::ArpNotOwned,
        Standing::Orphaned => return Reason::Orphaned,
    }
    if Mac::new(message.sender_mac).is_group() {
        // Nobody lives at a group address; an answer would go to many.
        return Reason::Unparsable;
    }
    let Some(own) = maps::interface_mac(packet.ifindex()) else {
        return Reason::ArpUnready;
    };
    match answer(packet, payload, message, own) {
        Some(()) => Reason::ArpAnswered,
        None => Reason::Unparsable,
    }
}

/// Rewrites the question into its answer, in place, behind the VLAN tags that it came with.
#[inline(always)]
fn answer(
    packet: &mut impl Packet,
    payload: Payload,
    asked: &arp::Repr,
    own: [u8; 6],
) -> Option<()> {
    let reply = arp::Repr {
        operation: arp::Operation::Reply,
        sender_mac: own,
        sender_ip: asked.target_ip,
        target_mac: asked.sender_mac,
        target_ip: asked.sender_ip,
    };
    packet.rewrite::<{ arp::PACKET_LEN }>(payload.at, |octets| reply.emit(octets))?;
    packet.rewrite::<{ 2 * wire::ADDRESS_LEN }>(0, |octets| {
        wire::emit_addresses(octets, asked.sender_mac, own);
    })
}
