//! What must become of a frame, as somebody else reads it: with pnet, on the host, by the text of
//! `Reason`.

mod carrier;
mod ipv6;

use std::net::IpAddr;

use ha_common::Reason;
use ha_common::abi::{Election, ServicePolicy, flag};
use ha_common::wire::ethernet;
use ha_common::wire::vrrp::Authentication;
use ha_tests::xdp::frame::{OWN_MAC, VIRTUAL_IP};
use ha_tests::xdp::ipv6::OWN;
use ha_tests::xdp::service::{CORE, NAMES, SCTP, TCP, UDP, WEB};
use ha_tests::xdp::{INTERVAL, VRID};
use ha_user::datapath::Hook;
use pnet_packet::arp::ArpPacket;
use pnet_packet::ethernet::EthernetPacket;
use pnet_packet::ipv4::Ipv4Packet;
use pnet_packet::vlan::VlanPacket;

use self::carrier::{Carrier, is_intact};
use self::ipv6::ipv6_packet;
use crate::fixture::Role;

const TYPE_ARP: u16 = 0x0806;
const TYPE_IPV4: u16 = 0x0800;
const TYPE_IPV6: u16 = 0x86dd;
const TYPES_OF_TAGS: [u16; 2] = [0x8100, 0x88a8];
const MOST_TAGS: usize = 2;
const PROTOCOL_VRRP: u8 = 112;
/// Has pnet sum all of a message, its checksum too.
const EVERY_WORD: usize = usize::MAX;

/// What a frame comes upon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Oracle {
    pub(crate) role: Role,
    pub(crate) election: Election,
    /// Authentication data of version 2.
    pub(crate) password: [u8; 8],
    /// What becomes of packets for the services, all of which are closed; without, there are none.
    pub(crate) closed: Option<ServicePolicy>,
}

/// A frame without its Ethernet header and tags.
struct Payload<'a> {
    ethertype: u16,
    octets: &'a [u8],
    is_tagged: bool,
    /// A tag of it names a VLAN.
    is_in_vlan: bool,
}

impl<'a> Payload<'a> {
    fn of(frame: &'a [u8]) -> Option<Self> {
        let mut payload = Self {
            ethertype: EthernetPacket::new(frame)?.get_ethertype().0,
            octets: frame.get(ethernet::HEADER_LEN..)?,
            is_tagged: false,
            is_in_vlan: false,
        };
        for _ in 0..MOST_TAGS {
            if !TYPES_OF_TAGS.contains(&payload.ethertype) {
                break;
            }
            let tag = VlanPacket::new(payload.octets)?;
            payload = Self {
                ethertype: tag.get_ethertype().0,
                octets: payload.octets.get(VlanPacket::minimum_packet_size()..)?,
                is_tagged: true,
                is_in_vlan: payload.is_in_vlan || tag.get_vlan_identifier() != 0,
            };
        }
        Some(payload)
    }
}

/// An IPv4 packet whose lengths make sense; what is behind it may be missing.
fn ipv4_packet(octets: &[u8]) -> Option<Ipv4Packet<'_>> {
    let packet = Ipv4Packet::new(octets)?;
    let header_len = u16::from(packet.get_header_length()) * 4;
    let sound = packet.get_version() == 4 && header_len >= 20;
    (sound && packet.get_total_length() >= header_len).then_some(packet)
}

fn is_for_us(frame: &[u8]) -> bool {
    let destination = &frame[..6];
    destination == [0xff; 6]
        || destination == OWN_MAC
        || destination[..3] == [1, 0, 0x5e]
        || destination[..2] == [0x33, 0x33]
        || destination[..5] == [0, 0, 0x5e, 0, 1]
        || destination[..5] == [0, 0, 0x5e, 0, 2]
}

impl Oracle {
    pub(crate) fn judge(&self, hook: Hook, frame: &[u8]) -> Reason {
        match hook {
            Hook::Xdp | Hook::Ingress => self.incoming(frame),
            Hook::Egress => self.outgoing(frame),
        }
    }

    fn incoming(&self, frame: &[u8]) -> Reason {
        let Some(payload) = Payload::of(frame) else {
            return Reason::Unparsable;
        };
        match payload.ethertype {
            TYPE_ARP => self.arp(frame, payload.octets),
            TYPE_IPV4 => self.ip(frame, &payload),
            TYPE_IPV6 => self.ipv6(frame, &payload),
            _ => Reason::Foreign,
        }
    }

    fn outgoing(&self, frame: &[u8]) -> Reason {
        let silent = !self.owned();
        match Payload::of(frame) {
            Some(payload) if payload.ethertype == TYPE_ARP => {
                let packet = ArpPacket::new(payload.octets);
                let ours = |it: ArpPacket<'_>| it.get_sender_proto_addr().octets() == VIRTUAL_IP;
                match packet.is_some_and(ours) && silent {
                    true => Reason::OutArpNotOwned,
                    false => Reason::OutPassed,
                }
            }
            Some(payload) if payload.ethertype == TYPE_IPV4 => {
                let ours = |it: Ipv4Packet<'_>| {
                    it.get_source().octets() == VIRTUAL_IP
                        && it.get_next_level_protocol().0 != PROTOCOL_VRRP
                };
                match ipv4_packet(payload.octets).is_some_and(ours) && silent && self.installed() {
                    true => Reason::OutVipNotOwned,
                    false => Reason::OutPassed,
                }
            }
            Some(payload) if payload.ethertype == TYPE_IPV6 => match ipv6_packet(payload.octets) {
                Some(packet) if silent => self.outgoing_ipv6(&packet, &payload),
                _ => Reason::OutPassed,
            },
            _ => Reason::OutPassed,
        }
    }

    fn owned(&self) -> bool {
        self.role == Role::Active
    }

    fn installed(&self) -> bool {
        self.role != Role::Backup
    }

    fn arp(&self, frame: &[u8], octets: &[u8]) -> Reason {
        let Some(packet) = ArpPacket::new(octets) else {
            return Reason::Unparsable;
        };
        let target = packet.get_target_proto_addr().octets();
        if target != VIRTUAL_IP {
            return Reason::ArpForeign;
        }
        let kind = (
            packet.get_hardware_type().0,
            packet.get_protocol_type().0,
            packet.get_hw_addr_len(),
            packet.get_proto_addr_len(),
        );
        let operation = packet.get_operation().0;
        if kind != (1, TYPE_IPV4, 6, 4) || !matches!(operation, 1 | 2) {
            return Reason::Unparsable;
        }
        if !is_for_us(frame) {
            return Reason::Foreign;
        }
        let sender_mac = packet.get_sender_hw_addr().octets();
        match packet.get_sender_proto_addr().octets() {
            VIRTUAL_IP if sender_mac != OWN_MAC && self.owned() => Reason::ArpConflict,
            VIRTUAL_IP => Reason::ArpAnnouncement,
            _ if operation == 2 => Reason::ArpAnnouncement,
            [0, 0, 0, 0] if self.owned() || !self.installed() => Reason::ArpProbe,
            _ if !self.owned() => Reason::ArpNotOwned,
            _ if sender_mac[0] & 1 != 0 => Reason::Unparsable,
            _ => Reason::ArpAnswered,
        }
    }

    fn ip(&self, frame: &[u8], payload: &Payload<'_>) -> Reason {
        let Some(packet) = ipv4_packet(payload.octets) else {
            return Reason::Unparsable;
        };
        let reason = match packet.get_next_level_protocol().0 {
            // "More fragments", or an offset.
            PROTOCOL_VRRP if packet.get_flags() & 1 != 0 || packet.get_fragment_offset() != 0 => {
                Reason::Unparsable
            }
            PROTOCOL_VRRP => self.advert(frame, payload, &Carrier::ipv4(&packet)),
            _ => Reason::Foreign,
        };
        let is_other = matches!(reason, Reason::Foreign | Reason::AdvertForeign);
        if !is_other || packet.get_destination().octets() != VIRTUAL_IP {
            return reason;
        }
        match self.admitted(frame) {
            Reason::VipOwned => self.service(frame, payload, &packet),
            other => other,
        }
    }

    /// What becomes of a packet to the address.
    fn admitted(&self, frame: &[u8]) -> Reason {
        let refuses = self.election.flags & flag::NO_ACCEPT != 0;
        match (is_for_us(frame), self.role) {
            (false, _) => Reason::Foreign,
            (true, Role::Active) if refuses => Reason::VipNotAccepted,
            (true, Role::Active) => Reason::VipOwned,
            (true, Role::Lapsed) => Reason::VipNotOwned,
            (true, Role::Backup) => Reason::VipOperator,
        }
    }

    fn service(&self, frame: &[u8], payload: &Payload<'_>, packet: &Ipv4Packet<'_>) -> Reason {
        let service = match packet.get_next_level_protocol().0 {
            TCP => (20, WEB),
            UDP => (8, NAMES),
            SCTP => (12, CORE),
            _ => return Reason::VipOwned,
        };
        let at = usize::from(packet.get_header_length()) * 4;
        let len = usize::from(packet.get_total_length()) - at;
        let octets = payload.octets.get(at..).unwrap_or_default();
        let complete = packet.get_fragment_offset() == 0 && len.min(octets.len()) >= service.0;
        if !complete || octets[2..4] != service.1.to_be_bytes() {
            return Reason::VipOwned;
        }
        match self.closed {
            None => Reason::VipOwned,
            Some(ServicePolicy::Drop) => Reason::ServiceClosed,
            Some(ServicePolicy::Pass) => Reason::ServicePassed,
            Some(ServicePolicy::Reject) => refusal(frame, packet, &octets[..service.0], len),
        }
    }

    fn advert(&self, frame: &[u8], payload: &Payload<'_>, packet: &Carrier) -> Reason {
        if payload.is_tagged {
            return Reason::AdvertForeign;
        }
        let message = payload.octets.get(packet.header_len..).unwrap_or_default();
        match message.first_chunk() {
            None => Reason::Unparsable,
            Some(header) if header[1] != VRID => Reason::AdvertForeign,
            Some(_) if packet.is_for_another_group() => Reason::AdvertForeign,
            Some(header) => self
                .fault(frame, packet, message, header)
                .unwrap_or_else(|| self.heard(packet.source, header[2])),
        }
    }

    /// What is wrong with an advert, by the first check that it fails.
    fn fault(
        &self,
        frame: &[u8],
        packet: &Carrier,
        message: &[u8],
        header: &[u8; 8],
    ) -> Option<Reason> {
        let version = header[0] >> 4;
        let (address_len, auth_len) = match packet.source {
            IpAddr::V4(_) => (4, 8),
            IpAddr::V6(_) => (16, 0),
        };
        let addresses_end = 8 + address_len * usize::from(header[3]);
        let fitting_len = match version {
            2 => Some(addresses_end + auth_len),
            3 => Some(addresses_end),
            _ => None,
        };
        let len = packet.len;
        let is_multicast = packet.destination.is_multicast();
        let has = |bit| self.election.flags & bit != 0;
        let whole = message.get(..len);
        let checks = [
            (
                packet.source == self.primary_ip(packet.source),
                Reason::AdvertOwn,
            ),
            (
                fitting_len.is_some_and(|fitting| fitting != len) || whole.is_none(),
                Reason::AdvertLength,
            ),
            (!is_multicast && !is_for_us(frame), Reason::AdvertForeign),
            (is_multicast && packet.hops != 255, Reason::AdvertTtl),
            (
                is_multicast && frame[..6] != packet.group_mac(),
                Reason::AdvertMac,
            ),
            (version != self.election.version, Reason::AdvertVersion),
            (
                version == 2 && !self.is_authentic(packet, message, header[4], addresses_end),
                Reason::AdvertAuth,
            ),
            (!self.is_timely(header), Reason::AdvertInterval),
            (header[0] & 0xf != 1, Reason::AdvertType),
            (
                !is_intact(version, packet, whole.unwrap_or_default()),
                Reason::AdvertChecksum,
            ),
            (
                has(flag::CHECK_SOURCE) && !packet.is_from_peer(),
                Reason::AdvertSource,
            ),
        ];
        let failed = checks.into_iter().find(|(fails, _)| *fails);
        failed.map(|(_, reason)| reason)
    }

    fn is_authentic(&self, packet: &Carrier, message: &[u8], kind: u8, at: usize) -> bool {
        if self.election.flags & flag::PLAIN_TEXT_AUTH == 0 {
            return kind == Authentication::KIND_NONE;
        }
        packet.source.is_ipv4()
            && kind == Authentication::KIND_PLAIN_TEXT
            && message.get(at..at + 8) == Some(&self.password)
    }

    fn is_timely(&self, header: &[u8; 8]) -> bool {
        match self.election.version {
            2 => u64::from(header[5]) == INTERVAL.as_secs(),
            _ => u16::from_be_bytes([header[4] & 0xf, header[5]]) != 0,
        }
    }

    /// Our Primary IP Address of the family of `other`.
    fn primary_ip(&self, other: IpAddr) -> IpAddr {
        match other {
            IpAddr::V4(_) => self.election.primary_ip.into(),
            IpAddr::V6(_) => OWN.into(),
        }
    }

    /// What a valid advert means.
    fn heard(&self, source: IpAddr, priority: u8) -> Reason {
        let own = (self.election.priority, self.primary_ip(source));
        match priority {
            _ if self.election.flags & flag::IGNORE_ADVERTS != 0 => Reason::AdvertIgnored,
            _ if self.installed() && (priority, source) > own => Reason::AdvertFenced,
            0 => Reason::AdvertLeaving,
            _ if priority >= self.election.accept_min_priority => Reason::AdvertAlive,
            _ => Reason::AdvertLower,
        }
    }
}

/// How the packet for a closed service with this header and length is refused.
fn refusal(frame: &[u8], packet: &Ipv4Packet<'_>, header: &[u8], len: usize) -> Reason {
    let source = packet.get_source();
    let no_host = source.octets()[0] == 0
        || source.is_loopback()
        || source.is_multicast()
        || source.octets()[0] >= 240
        || source == packet.get_destination();
    let is_group = |at: usize| frame[at] % 2 == 1;
    if no_host || is_group(0) || is_group(6) || packet.get_flags() & 1 != 0 {
        return Reason::ServiceUnanswered;
    }
    match packet.get_next_level_protocol().0 {
        UDP => Reason::ServiceUnreachable,
        TCP => match (usize::from(header[12] >> 4) * 4, header[13] & 4) {
            (data_at, 0) if data_at >= 20 && data_at <= len => Reason::ServiceReset,
            _ => Reason::ServiceUnanswered,
        },
        _ => Reason::ServiceUnanswered,
    }
}
