//! What leaves this host: nothing speaks for an address that this host does not own, neither the
//! kernel nor a process that goes on with what it did before a takeover elsewhere.

use ha_common::Reason;
use ha_common::abi::{Gate, Way};
use ha_common::wire::ethernet::{TYPE_ARP, TYPE_IPV4, TYPE_IPV6};
use ha_common::wire::{arp, ipv4, ipv6, ndp};

use crate::ethernet::{self, Payload};
use crate::maps::{self, Router};
use crate::packet::Packet;
use crate::standing::Standing;
use crate::{capture, neighbour};

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
        Some(payload) if payload.ethertype == TYPE_IPV6 => ipv6(packet, payload, gate),
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
    let router = Router::by_address(view.sender_ip());
    teach(gate, router, Reason::OutArpNotOwned)
}

/// Judges what neighbours learn an address from that moves with `router`, if there is one.
#[inline(always)]
fn teach(gate: &Gate, router: Option<Router>, not_owned: Reason) -> Reason {
    match router.map(|router| router.standing(gate)) {
        Some(Standing::NotOwned) => not_owned,
        Some(Standing::Orphaned) => Reason::Orphaned,
        Some(Standing::Owned) | None => Reason::OutPassed,
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
    speak(gate, Router::by_address(header.source()))
}

/// As of IPv4; and Neighbor Discovery, from which neighbours learn the target of an advertisement, and
/// the sender of everything else.
#[inline(always)]
fn ipv6(packet: &impl Packet, payload: Payload, gate: &Gate) -> Reason {
    let octets = packet.array::<{ ipv6::HEADER_LEN }>(payload.at);
    let Some(Ok(header)) = octets.map(ipv6::Header::new_checked) else {
        return Reason::OutPassed;
    };
    let protocol = header.next_header();
    if protocol == ipv4::PROTOCOL_VRRP {
        return Reason::OutPassed;
    }
    let link = ethernet::link(packet, payload);
    let sender = Router::by_ipv6(header.source(), link);
    if protocol != ipv6::PROTOCOL_ICMPV6 {
        return speak(gate, sender);
    }
    // Only here: what the verifier of Linux 6.1 sees kept for later it wants to have a value always.
    let Some(kind) = neighbour::kind(packet, payload).filter(|kind| ndp::is_discovery(*kind))
    else {
        return speak(gate, sender);
    };
    let advertised = match target(packet, payload) {
        Some(target) if kind == ndp::ADVERTISEMENT => Router::by_ipv6(target, link),
        _ => None,
    };
    match teach(gate, advertised, Reason::OutNdNotOwned) {
        Reason::OutPassed => teach(gate, sender, Reason::OutNdNotOwned),
        refused => refused,
    }
}

/// The address that an advertisement is about.
#[inline(always)]
fn target(packet: &impl Packet, payload: Payload) -> Option<[u8; 16]> {
    let octets = packet.array::<{ ndp::MESSAGE_LEN }>(payload.at + ipv6::HEADER_LEN)?;
    let message = ndp::Message::new_checked(octets).ok()?;
    Some(message.target())
}

/// Judges IP that is sent from an address that moves with `router`, if there is one.
#[inline(always)]
fn speak(gate: &Gate, router: Option<Router>) -> Reason {
    let Some(router) = router else {
        return Reason::OutPassed;
    };
    let now = maps::now();
    match router.standing_at(gate, now) {
        Standing::NotOwned if router.is_mute(gate, now) => Reason::OutVipNotOwned,
        Standing::Owned | Standing::NotOwned => Reason::OutPassed,
        Standing::Orphaned => Reason::Orphaned,
    }
}
