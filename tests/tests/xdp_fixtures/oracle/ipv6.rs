//! What must become of IPv6.

use std::net::Ipv6Addr;

use ha_common::Reason;
use ha_tests::xdp::frame::OWN_MAC;
use ha_tests::xdp::ipv6::{LINK_LOCAL, VIRTUAL};
use pnet_packet::ip::IpNextHeaderProtocol;
use pnet_packet::ipv6::Ipv6Packet;
use pnet_packet::util;

use super::carrier::Carrier;
use super::{EVERY_WORD, Oracle, PROTOCOL_VRRP, Payload, is_for_us};

const PROTOCOL_ICMPV6: u8 = 58;

pub(super) fn ipv6_packet(octets: &[u8]) -> Option<Ipv6Packet<'_>> {
    let packet = Ipv6Packet::new(octets)?;
    (packet.get_version() == 6).then_some(packet)
}

impl Payload<'_> {
    /// Whether an address of IPv6 is a virtual one where the frame is: on the interface that it comes in
    /// by, or leaves by, or in a VLAN there, where the address of the link is somebody else's.
    fn has(&self, address: Ipv6Addr) -> bool {
        let virtual_here: &[_] = match self.is_in_vlan {
            true => &[VIRTUAL],
            false => &[VIRTUAL, LINK_LOCAL],
        };
        virtual_here.contains(&address.octets())
    }
}

impl Oracle {
    /// What leaves a host that is not to speak as the virtual address.
    pub(super) fn outgoing_ipv6(&self, packet: &Ipv6Packet<'_>, payload: &Payload<'_>) -> Reason {
        let message = &payload.octets[40..];
        let protocol = packet.get_next_header().0;
        let kind = message.first().filter(|_| protocol == PROTOCOL_ICMPV6);
        let is_discovery = kind.is_some_and(|kind| (133..=137).contains(kind));
        let target = message.get(8..24).filter(|_| kind == Some(&136));
        let target = target.and_then(|octets| <[u8; 16]>::try_from(octets).ok());
        let is_advertised = target.is_some_and(|target| payload.has(target.into()));
        match payload.has(packet.get_source()) {
            _ if is_advertised => Reason::OutNdNotOwned,
            true if is_discovery => Reason::OutNdNotOwned,
            true if protocol != PROTOCOL_VRRP && self.installed() => Reason::OutVipNotOwned,
            _ => Reason::OutPassed,
        }
    }

    pub(super) fn ipv6(&self, frame: &[u8], payload: &Payload<'_>) -> Reason {
        let Some(packet) = ipv6_packet(payload.octets) else {
            return Reason::Unparsable;
        };
        let reason = match packet.get_next_header().0 {
            PROTOCOL_VRRP => self.advert(frame, payload, &Carrier::ipv6(&packet)),
            PROTOCOL_ICMPV6 => self.neighbour(frame, &packet, payload),
            _ => Reason::Foreign,
        };
        let is_other = matches!(reason, Reason::Foreign | Reason::AdvertForeign);
        if !is_other || !payload.has(packet.get_destination()) {
            return reason;
        }
        let kind = payload.octets.get(40);
        let is_neighbour = packet.get_next_header().0 == PROTOCOL_ICMPV6
            && kind.is_some_and(|kind| [135, 136].contains(kind));
        match self.admitted(frame) {
            Reason::VipNotAccepted if is_neighbour => Reason::VipOwned,
            other => other,
        }
    }

    /// Neighbor Discovery about the virtual address.
    fn neighbour(&self, frame: &[u8], packet: &Ipv6Packet<'_>, payload: &Payload<'_>) -> Reason {
        let message = &payload.octets[40..];
        let target = message
            .get(8..24)
            .and_then(|octets| <[u8; 16]>::try_from(octets).ok());
        let Some(target) = target
            .map(Ipv6Addr::from)
            .filter(|target| payload.has(*target))
        else {
            return Reason::Foreign;
        };
        let is_solicitation = message[0] == 135;
        if !is_for_us(frame) || !is_solicitation && message[0] != 136 {
            return Reason::Foreign;
        }
        let source = packet.get_source();
        if !is_solicitation || source == target {
            if packet.get_hop_limit() != 255 || message[1] != 0 {
                return Reason::Unparsable;
            }
            return match self.owned() && frame[6..12] != OWN_MAC {
                true => Reason::NdConflict,
                false => Reason::NdAnnouncement,
            };
        }
        if source.is_unspecified() && (self.owned() || !self.installed()) {
            return Reason::NdProbe;
        }
        match self.owned() {
            true => solicitation(packet, message),
            false => Reason::NdNotOwned,
        }
    }
}

/// What becomes of a solicitation for an address that is owned.
fn solicitation(packet: &Ipv6Packet<'_>, message: &[u8]) -> Reason {
    if packet.get_payload_length() != 32 {
        return Reason::NdUnready;
    }
    let Some(message) = message.get(..32) else {
        return Reason::Unparsable;
    };
    if message[24..26] != [1, 1] {
        return Reason::NdUnready;
    }
    let (source, destination) = (packet.get_source(), packet.get_destination());
    let protocol = IpNextHeaderProtocol(PROTOCOL_ICMPV6);
    let sum = util::ipv6_checksum(message, EVERY_WORD, &[], &source, &destination, protocol);
    let is_valid = sum == 0 && message[1] == 0 && packet.get_hop_limit() == 255;
    match is_valid && !source.is_multicast() && message[26] % 2 == 0 {
        true => Reason::NdAnswered,
        false => Reason::Unparsable,
    }
}
