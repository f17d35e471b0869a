//! What leaves this host: nothing speaks for an address that this host does not own, neither the
//! kernel nor a process that goes on with what it did before a takeover elsewhere.

use ha_common::Reason;
use ha_common::abi::{Gate, Way};
use ha_common::wire::ethernet::{TYPE_ARP, TYPE_IPV4};
use ha_common::wire::{arp, ipv4};

use crate::capture;
use crate::ethernet::{self, Payload};
use crate::maps::{self, Router};
use crate::packet::Packet;
use crate::standing::Standing;

/// Judges a packet that is about to leave.
#[inline(always)]
pub(crate) fn judge(packet: &impl Packet) -> Reason {
    let Some(gate) = maps::gate() else {
        return Reason::Idle;
    };
    let reason = sort(packet, gate);
    capture::offer(packet, Way::Out, reason, gate);
    reason
}

#[inline(always)]
fn sort(packet: &impl Packet, gate: &Gate) -> Reason {
    match ethernet::payload(packet) {
        Some(payload) if payload.ethertype == TYPE_IPV4 => ipv4(packet, payload, gate),
        Some(payload) if payload.ethertype == TYPE_ARP => arp(packet, payload, gate),
        _ => Reason::OutPassed,
    }
}

/// Questions, answers and announcements alike: neighbours learn the sender of all of them.
#[inline(always)]
fn arp(packet: &impl Packet, payload: Payload, gate: &Gate) -> Reason {
    let octets = packet.array::<{ arp::PACKET_LEN }>(payload.at);
    let Some(Ok(view)) = octets.map(arp::Packet::new_checked) else {
        return Reason::OutPassed;
    };
    let Some(router) = Router::by_address(view.sender_ip()) else {
        return Reason::OutPassed;
    };
    match router.standing(gate) {
        Standing::Owned => Reason::OutPassed,
        Standing::NotOwned => Reason::OutArpNotOwned,
        Standing::Orphaned => Reason::Orphaned,
    }
}

/// Adverts are the daemon's own business, also those of a router that has yet to take over an
/// address which is its Primary IP Address.
#[inline(always)]
fn ipv4(packet: &impl Packet, payload: Payload, gate: &Gate) -> Reason {
    let octets = packet.array::<{ ipv4::HEADER_LEN }>(payload.at);
    let Some(Ok(header)) = octets.map(ipv4::Header::new_checked) else {
        return Reason::OutPassed;
    };
    if header.protocol() == ipv4::PROTOCOL_VRRP {
        return Reason::OutPassed;
    }
    let Some(router) = Router::by_address(header.source()) else {
        return Reason::OutPassed;
    };
    let now = maps::now();
    match router.standing_at(gate, now) {
        Standing::NotOwned if router.is_mute(gate, now) => Reason::OutVipNotOwned,
        Standing::Owned | Standing::NotOwned => Reason::OutPassed,
        Standing::Orphaned => Reason::Orphaned,
    }
}
