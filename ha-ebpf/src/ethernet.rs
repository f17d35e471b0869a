//! Ethernet: what a frame carries, and whether it is for this host.

use ha_common::wire::{ethernet, vlan};

use crate::maps;
use crate::packet::Packet;

/// A hardware address as a number: one comparison instead of a loop over octets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mac(u64);

impl Mac {
    const BROADCAST: Self = Self::new(ethernet::BROADCAST);

    #[inline(always)]
    pub(crate) const fn new(octets: [u8; ethernet::ADDRESS_LEN]) -> Self {
        let [a, b, c, d, e, f] = octets;
        Self(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    /// The group addresses that IP uses on Ethernet: 01:00:5e of IPv4 (RFC 1112 section 6.4), 33:33 of
    /// IPv6 (RFC 2464 section 7).
    #[inline(always)]
    const fn is_ip_group(self) -> bool {
        self.0 >> 24 == 0x0001_005e || self.0 >> 32 == 0x3333
    }

    /// Where an IPv4 group lives on Ethernet.
    #[inline(always)]
    pub(crate) const fn of_ipv4_group(group: [u8; 4]) -> Self {
        Self(0x0100_5e00_0000 | u32::from_be_bytes(group) as u64 & 0x7f_ffff)
    }

    /// Where an IPv6 group with these last octets lives on Ethernet.
    #[inline(always)]
    pub(crate) const fn of_ipv6_group(last: [u8; 4]) -> Self {
        Self(0x3333_0000_0000 | u32::from_be_bytes(last) as u64)
    }

    /// Virtual Router MAC Addresses, 00:00:5e:00:01 for IPv4 and 00:00:5e:00:02 for IPv6 (RFC 9568
    /// section 7.3).
    #[inline(always)]
    const fn is_virtual(self) -> bool {
        matches!(self.0 >> 8, 0x005e_0001 | 0x005e_0002)
    }

    /// Whether several hosts may listen there.
    #[inline(always)]
    pub(crate) const fn is_group(self) -> bool {
        self.0 >> 40 & 1 != 0
    }
}

/// What a frame carries, and where it begins.
#[derive(Clone, Copy)]
pub(crate) struct Payload {
    pub(crate) ethertype: u16,
    pub(crate) at: usize,
    /// The VLANs that its tags name, put together: 0 if none of them names one.
    vlans: u16,
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
pub(crate) fn payload(packet: &impl Packet) -> Option<Payload> {
    let header = packet.array::<{ ethernet::HEADER_LEN }>(0)?;
    let mut payload = Payload {
        ethertype: ethernet::Frame::new_checked(header).ok()?.ethertype(),
        at: ethernet::HEADER_LEN,
        vlans: 0,
    };
    for _ in 0..vlan::MAX_TAGS {
        if !vlan::is_tag(payload.ethertype) {
            break;
        }
        let octets = packet.array::<{ vlan::TAG_LEN }>(payload.at)?;
        let tag = vlan::Tag::new_checked(octets).ok()?;
        payload.ethertype = tag.ethertype();
        payload.at += vlan::TAG_LEN;
        payload.vlans |= vlan::vid(tag.control());
    }
    Some(payload)
}

/// The interface whose link the frame is on; `None` in a VLAN, which is a link with an interface of its
/// own. A tag that names no VLAN changes nothing: the kernel takes the frame for the interface itself.
#[inline(always)]
pub(crate) fn link(packet: &impl Packet, payload: Payload) -> Option<u32> {
    let lost = packet.lost_tag().map_or(0, vlan::vid);
    (payload.vlans | lost == 0).then(|| packet.ifindex())
}

/// Whether the frame is addressed to this host: to everyone, a group of IP, a virtual router, or
/// the interface itself.
///
/// Asked only when something is about to happen to a packet, so that foreign traffic does not pay
/// for it. It also keeps the program off the host's own looped multicast, which generic XDP sees
/// without an Ethernet header: the first octet is then 0x45, or 0x60 to 0x6f, no address that is
/// listed here.
#[inline(always)]
pub(crate) fn is_for_us(packet: &impl Packet) -> bool {
    let Some(destination) = destination(packet) else {
        return false;
    };
    if destination == Mac::BROADCAST || destination.is_ip_group() || destination.is_virtual() {
        return true;
    }
    match maps::interface_mac(packet.ifindex()) {
        Some(own) => destination == Mac::new(own),
        None => !destination.is_group(),
    }
}

/// Whether the frame is from one host to one host; `None` if it ends before it says.
#[inline(always)]
pub(crate) fn is_between_hosts(packet: &impl Packet) -> Option<bool> {
    let octets = packet.array::<{ 2 * ethernet::ADDRESS_LEN }>(0)?;
    let [to, .., from, _, _, _, _, _] = *octets;
    Some((to | from) & 1 == 0)
}

/// Sends the frame back to where it came from.
#[inline(always)]
pub(crate) fn turn_around(packet: &mut impl Packet) -> Option<()> {
    let octets = packet.array::<{ ethernet::HEADER_LEN }>(0)?;
    let header = ethernet::Frame::new_checked(octets).ok()?;
    let (to, from) = (header.source(), header.destination());
    packet.rewrite::<{ 2 * ethernet::ADDRESS_LEN }>(0, |octets| {
        ethernet::emit_addresses(octets, to, from);
    })
}

/// Moves the header of Ethernet, with as many tags as are looked through, `BY` octets to the front
/// of the frame. With fewer tags some of what follows comes along.
#[inline(always)]
pub(crate) fn move_header<const BY: usize>(packet: &mut impl Packet) -> Option<()> {
    const LONGEST: usize = ethernet::HEADER_LEN + vlan::MAX_TAGS * vlan::TAG_LEN;
    let header = *packet.array::<LONGEST>(BY)?;
    packet.rewrite::<LONGEST>(0, |octets| *octets = header)
}

/// Who has sent the frame.
#[inline(always)]
pub(crate) fn source(packet: &impl Packet) -> Option<Mac> {
    let octets = packet.array::<{ ethernet::ADDRESS_LEN }>(ethernet::ADDRESS_LEN)?;
    Some(Mac::new(*octets))
}

/// Whom the frame is addressed to.
#[inline(always)]
pub(crate) fn destination(packet: &impl Packet) -> Option<Mac> {
    let octets = packet.array::<{ ethernet::ADDRESS_LEN }>(0)?;
    Some(Mac::new(*octets))
}
