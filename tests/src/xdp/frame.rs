//! Frames for the program, as they would come in from the wire.

use std::time::Duration;

use ha_common::wire::checksum::PseudoHeader;
use ha_common::wire::vrrp::{Addresses, Version};
use ha_common::wire::{arp, ethernet, ipv4, vlan, vrrp};
use ha_common::{Priority, Vrid};

use super::{INTERVAL, PRIORITY, VRID};

/// Hardware address of the director's interface.
pub const OWN_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
/// Hardware address of the other director.
pub const PEER_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];
/// Hardware address of a client.
pub const CLIENT_MAC: [u8; 6] = [2, 0, 0, 0, 0, 9];
/// The director's own address.
pub const OWN_IP: [u8; 4] = [192, 0, 2, 10];
/// The other director, which wins a tie.
pub const PEER_IP: [u8; 4] = [192, 0, 2, 11];
/// A director that loses a tie.
pub const LESSER_PEER_IP: [u8; 4] = [192, 0, 2, 9];
/// A client.
pub const CLIENT_IP: [u8; 4] = [192, 0, 2, 200];
/// The virtual address.
pub const VIRTUAL_IP: [u8; 4] = [192, 0, 2, 100];
/// An address that nobody here has to do with.
pub const FOREIGN_IP: [u8; 4] = [198, 51, 100, 7];

/// A frame around `payload`.
#[must_use]
pub fn ethernet(destination: [u8; 6], source: [u8; 6], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let header = ethernet::Repr {
        destination,
        source,
        ethertype,
    };
    let mut frame = vec![0; header.buffer_len()];
    header.emit(&mut frame);
    frame.extend_from_slice(payload);
    frame
}

/// The frame with VLAN tags of these types put in, the outermost first.
#[must_use]
pub fn tagged(frame: &[u8], types: &[u16]) -> Vec<u8> {
    let (addresses, rest) = frame.split_at(2 * ethernet::ADDRESS_LEN);
    let mut tagged = addresses.to_vec();
    for (vid, ethertype) in (10_u16..).zip(types) {
        tagged.extend(ethertype.to_be_bytes());
        tagged.extend(vid.to_be_bytes());
    }
    tagged.extend_from_slice(rest);
    tagged
}

/// Tag types of a frame that carries two tags.
pub const DOUBLE_TAG: [u16; 2] = [vlan::TYPE_SERVICE, vlan::TYPE_CUSTOMER];

/// An ARP frame from `source` to `destination`.
#[must_use]
pub fn arp_frame(destination: [u8; 6], message: &arp::Repr) -> Vec<u8> {
    let mut payload = [0; arp::PACKET_LEN];
    message.emit(&mut payload);
    ethernet(
        destination,
        message.sender_mac,
        ethernet::TYPE_ARP,
        &payload,
    )
}

/// A client's broadcast question for `target`.
#[must_use]
pub fn question(target: [u8; 4]) -> arp::Repr {
    arp::Repr {
        operation: arp::Operation::Request,
        sender_mac: CLIENT_MAC,
        sender_ip: CLIENT_IP,
        target_mac: [0; 6],
        target_ip: target,
    }
}

/// A client's IPv4 packet to `destination`, in a frame for `mac`.
#[must_use]
pub fn ip_frame(mac: [u8; 6], destination: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let header = ipv4::Repr {
        tos: 0,
        identification: 1,
        ttl: 64,
        protocol,
        source: CLIENT_IP,
        destination,
        payload_len: payload.len(),
    };
    let mut packet = vec![0; header.buffer_len()];
    header.emit(&mut packet);
    packet.extend_from_slice(payload);
    ethernet(mac, CLIENT_MAC, ethernet::TYPE_IPV4, &packet)
}

/// The IPv4 packet in `frame`, untagged and without options, with four octets of options.
#[must_use]
pub fn with_options(frame: &[u8]) -> Vec<u8> {
    let (mut head, payload) = {
        let (head, payload) = frame.split_at(ethernet::HEADER_LEN + ipv4::HEADER_LEN);
        (head.to_vec(), payload)
    };
    // Router alert, RFC 2113.
    head.extend([0x94, 0x04, 0, 0]);
    head.extend_from_slice(payload);
    let packet = &mut head[ethernet::HEADER_LEN..];
    packet[0] = 0x46;
    packet[3] += 4;
    repair_checksum(packet, 24);
    head
}

/// The IPv4 packet in `frame`, untagged, as a fragment with these flags and this offset.
#[must_use]
pub fn as_fragment(frame: &[u8], flags_and_offset: u16) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let packet = &mut frame[ethernet::HEADER_LEN..];
    packet[6..8].copy_from_slice(&flags_and_offset.to_be_bytes());
    repair_checksum(packet, ipv4::HEADER_LEN);
    frame
}

fn repair_checksum(packet: &mut [u8], header_len: usize) {
    let checksum = pnet_packet::util::checksum(&packet[..header_len], 5);
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
}

/// An advert of another director, which can be wrong in many ways.
#[derive(Clone, Debug)]
pub struct Advert {
    /// Version, and what only that version carries.
    pub version: Version,
    /// VRID.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Advertisement_Interval.
    pub interval: Duration,
    /// Source address.
    pub source: [u8; 4],
    /// Destination address.
    pub destination: [u8; 4],
    /// Destination of the frame.
    pub mac: [u8; 6],
    /// TTL.
    pub ttl: u8,
    /// Whether the checksum has a pseudo-header.
    pub pseudo_header: bool,
    /// The addresses.
    pub addresses: Vec<[u8; 4]>,
}

impl Default for Advert {
    fn default() -> Self {
        Self {
            version: Version::V3,
            vrid: VRID,
            priority: PRIORITY,
            interval: INTERVAL,
            source: LESSER_PEER_IP,
            destination: ipv4::VRRP_GROUP,
            mac: ethernet::VRRP_GROUP,
            ttl: vrrp::HOPS,
            pseudo_header: true,
            addresses: vec![VIRTUAL_IP],
        }
    }
}

impl Advert {
    /// The advert in its frame.
    ///
    /// # Panics
    /// With VRID 0.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        ethernet(self.mac, PEER_MAC, ethernet::TYPE_IPV4, &self.packet())
    }

    /// The advert in its IPv4 packet.
    ///
    /// # Panics
    /// With VRID 0.
    #[must_use]
    pub fn packet(&self) -> Vec<u8> {
        let advert = vrrp::Repr {
            version: self.version,
            vrid: Vrid::new(self.vrid).expect("a VRID that exists"),
            priority: Priority::new(self.priority),
            interval: self.interval,
            addresses: Addresses::Ipv4(&self.addresses),
        };
        let header = ipv4::Repr {
            ttl: self.ttl,
            ..ipv4::Repr::vrrp(self.source, self.destination, 1, advert.buffer_len())
        };
        let mut packet = vec![0; header.buffer_len() + advert.buffer_len()];
        header.emit(&mut packet);
        advert.emit(&mut packet[ipv4::HEADER_LEN..], self.pseudo());
        packet
    }

    const fn pseudo(&self) -> PseudoHeader {
        if !self.pseudo_header {
            return PseudoHeader::Omitted;
        }
        PseudoHeader::Included {
            source: self.source,
            destination: self.destination,
        }
    }

    /// The advert in its frame, with one octet of the VRRP header changed and the checksum
    /// repaired.
    ///
    /// # Panics
    /// With VRID 0, or beyond the header.
    #[must_use]
    pub fn frame_with(&self, offset: usize, octet: u8) -> Vec<u8> {
        let mut frame = self.frame();
        let message = &mut frame[ethernet::HEADER_LEN + ipv4::HEADER_LEN..];
        let old = u16::from_be_bytes([message[offset & !1], message[offset | 1]]);
        message[offset] = octet;
        let new = u16::from_be_bytes([message[offset & !1], message[offset | 1]]);
        let sum = u16::from_be_bytes([message[6], message[7]]);
        // RFC 1624, equation 3.
        let mut changed = u32::from(!sum) + u32::from(!old) + u32::from(new);
        while changed > 0xffff {
            changed = (changed & 0xffff) + (changed >> 16);
        }
        let [.., high, low] = (!changed).to_be_bytes();
        message[6..8].copy_from_slice(&[high, low]);
        frame
    }
}
