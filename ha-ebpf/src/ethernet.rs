//! Ethernet: what a frame carries, and whether it is for this host.

use ha_common::wire::{ethernet, vlan};

use crate::maps;
use crate::packet::Packet;

/// Group addresses that IPv4 and ARP use on Ethernet begin with this (RFC 1112 section 6.4).
const IPV4_GROUP_PREFIX: [u8; 3] = [0x01, 0x00, 0x5e];
/// Virtual Router MAC Addresses for IPv4 begin with this (RFC 9568 section 7.3).
const VIRTUAL_PREFIX: [u8; 5] = [0x00, 0x00, 0x5e, 0x00, 0x01];

/// What a frame carries, and where it begins.
#[derive(Clone, Copy)]
pub(crate) struct Payload {
    pub(crate) ethertype: u16,
    pub(crate) at: usize,
}

impl Payload {
    /// Whether the frame carries VLAN tags.
    #[inline(always)]
    pub(crate) const fn is_tagged(&self) -> bool {
        self.at != ethernet::HEADER_LEN
    }
}

/// Looks through up to two VLAN tags; `None` if the frame ends before its payload.
#[inline(always)]
pub(crate) fn payload(packet: &Packet) -> Option<Payload> {
    let header = packet.array::<{ ethernet::HEADER_LEN }>(0)?;
    let mut payload = Payload {
        ethertype: ethernet::Frame::new_checked(header).ok()?.ethertype(),
        at: ethernet::HEADER_LEN,
    };
    for _ in 0..vlan::MAX_TAGS {
        if !vlan::is_tag(payload.ethertype) {
            break;
        }
        let tag = packet.array::<{ vlan::TAG_LEN }>(payload.at)?;
        payload.ethertype = vlan::Tag::new_checked(tag).ok()?.ethertype();
        payload.at += vlan::TAG_LEN;
    }
    Some(payload)
}

/// Whether the frame is addressed to this host: to everyone, an IPv4 group, a virtual router, or
/// the interface itself.
///
/// Asked only when something is about to happen to a packet, so that foreign traffic does not pay
/// for it. It also keeps the program off the host's own looped multicast, which generic XDP sees
/// without an Ethernet header: the first octet is then 0x45, no address that is listed here.
#[inline(always)]
pub(crate) fn is_for_us(packet: &Packet) -> bool {
    let Some(destination) = destination(packet) else {
        return false;
    };
    if destination == ethernet::BROADCAST
        || destination.starts_with(&IPV4_GROUP_PREFIX)
        || destination.starts_with(&VIRTUAL_PREFIX)
    {
        return true;
    }
    match maps::interface_mac(packet.ifindex()) {
        Some(own) => destination == own,
        None => destination[0] & 1 == 0,
    }
}

/// Whom the frame is addressed to.
#[inline(always)]
pub(crate) fn destination(packet: &Packet) -> Option<[u8; ethernet::ADDRESS_LEN]> {
    packet.array::<{ ethernet::ADDRESS_LEN }>(0).copied()
}
