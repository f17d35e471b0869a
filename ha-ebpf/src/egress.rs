//! What leaves this host: nothing speaks for an address that this host does not own, neither the
//! kernel nor a process that goes on with what it did before a takeover elsewhere.

use ha_common::Reason;
use ha_common::abi::{Gate, Way};
use ha_common::wire::ethernet::{TYPE_ARP, TYPE_IPV4, TYPE_IPV6};
use ha_common::wire::{arp, ipv4, ipv6, ndp};

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
    let discovery = match header.next_header() {
        ipv4::PROTOCOL_VRRP => return Reason::OutPassed,
        ipv6::PROTOCOL_ICMPV6 => discovery(packet, payload.at + ipv6::HEADER_LEN),
        _ => None,
    };
    let link = ethernet::link(packet, payload);
    let sender = Router::by_ipv6(header.source(), link);
    let Some(Discovery { advertised }) = discovery else {
        return speak(gate, sender);
    };
    let advertised = advertised.and_then(|target| Router::by_ipv6(target, link));
    match teach(gate, advertised, Reason::OutNdNotOwned) {
        Reason::OutPassed => teach(gate, sender, Reason::OutNdNotOwned),
        refused => refused,
    }
}

/// A message from which neighbours learn.
struct Discovery {
    /// Target of an advertisement.
    advertised: Option<[u8; 16]>,
}

/// The ICMPv6 message at `at`, if neighbours learn from it.
#[inline(always)]
fn discovery(packet: &impl Packet, at: usize) -> Option<Discovery> {
    let [kind] = *packet.array(at)?;
    if !ndp::is_discovery(kind) {
        return None;
    }
    let advertised = match packet.array::<{ ndp::MESSAGE_LEN }>(at) {
        Some(octets) if kind == ndp::ADVERTISEMENT => Some(octets),
        _ => None,
    };
    let message = advertised.and_then(|octets| ndp::Message::new_checked(octets).ok());
    Some(Discovery {
        advertised: message.map(|message| message.target()),
    })
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
