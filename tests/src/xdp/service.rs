//! Packets for services, as clients send them, octet by octet.

use ha_common::abi::{ServiceKey, Transport};
use pnet_packet::ip::IpNextHeaderProtocol;
use pnet_packet::util;

use super::frame::{CLIENT_IP, OWN_MAC, VIRTUAL_IP, ip_frame};

/// Protocol number of TCP.
pub const TCP: u8 = 6;
/// Protocol number of UDP.
pub const UDP: u8 = 17;
/// Protocol number of SCTP.
pub const SCTP: u8 = 132;
/// Control bits of TCP.
pub const FIN: u8 = 0x01;
/// Control bits of TCP.
pub const SYN: u8 = 0x02;
/// Control bits of TCP.
pub const RST: u8 = 0x04;
/// Control bits of TCP.
pub const PSH: u8 = 0x08;
/// Control bits of TCP.
pub const ACK: u8 = 0x10;

/// Port of the client.
pub const CLIENT_PORT: u16 = 40_000;
/// Port of the service over TCP.
pub const WEB: u16 = 80;
/// Port of the service over UDP.
pub const NAMES: u16 = 53;
/// Port of the service over SCTP.
pub const CORE: u16 = 36_412;

/// The services of the virtual address.
#[must_use]
pub const fn keys() -> [ServiceKey; 3] {
    [
        ServiceKey::new(VIRTUAL_IP, WEB, Transport::Tcp),
        ServiceKey::new(VIRTUAL_IP, NAMES, Transport::Udp),
        ServiceKey::new(VIRTUAL_IP, CORE, Transport::Sctp),
    ]
}

/// A client's TCP segment for the virtual address.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Port of the receiver.
    pub port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number.
    pub acknowledgment: u32,
    /// Control bits.
    pub flags: u8,
    /// Options, a multiple of four octets.
    pub options: Vec<u8>,
    /// Data.
    pub data: Vec<u8>,
}

impl Default for Segment {
    /// The first one of a connection, with options as systems send them.
    fn default() -> Self {
        Self {
            port: WEB,
            sequence: 0xdead_beef,
            acknowledgment: 0,
            flags: SYN,
            options: vec![2, 4, 5, 0xb4, 4, 2, 1, 1, 1, 3, 3, 7],
            data: vec![],
        }
    }
}

impl Segment {
    /// One in the middle of a connection.
    #[must_use]
    pub fn with_data() -> Self {
        Self {
            acknowledgment: 0x0102_0304,
            flags: ACK | PSH,
            options: vec![],
            data: b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            ..Self::default()
        }
    }

    /// It in its frame.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        ip_frame(OWN_MAC, VIRTUAL_IP, TCP, &self.octets())
    }

    fn octets(&self) -> Vec<u8> {
        let words = u8::try_from(5 + self.options.len() / 4).unwrap_or(15);
        let mut octets = tcp_header(
            [CLIENT_PORT, self.port],
            [self.sequence, self.acknowledgment],
            [words << 4, self.flags],
            0xfaf0,
        );
        octets.extend(&self.options);
        octets.extend(&self.data);
        seal(&mut octets, [CLIENT_IP, VIRTUAL_IP]);
        octets
    }
}

/// A TCP header without options, and without its checksum.
#[must_use]
pub fn tcp_header(ports: [u16; 2], numbers: [u32; 2], bits: [u8; 2], window: u16) -> Vec<u8> {
    let mut octets = Vec::new();
    octets.extend(ports.map(u16::to_be_bytes).as_flattened());
    octets.extend(numbers.map(u32::to_be_bytes).as_flattened());
    octets.extend(bits);
    octets.extend(window.to_be_bytes());
    octets.extend([0; 4]);
    octets
}

/// Gives a segment between two addresses its checksum.
pub fn seal(segment: &mut [u8], [source, destination]: [[u8; 4]; 2]) {
    let protocol = IpNextHeaderProtocol(TCP);
    let sum = util::ipv4_checksum(
        segment,
        8,
        &[],
        &source.into(),
        &destination.into(),
        protocol,
    );
    segment[16..18].copy_from_slice(&sum.to_be_bytes());
}

/// A client's UDP packet for `port` of the virtual address, with `data` in it.
#[must_use]
pub fn datagram(port: u16, data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + data.len()).unwrap_or(u16::MAX);
    let mut octets = Vec::new();
    octets.extend(
        [CLIENT_PORT, port, len, 0]
            .map(u16::to_be_bytes)
            .as_flattened(),
    );
    octets.extend(data);
    let (source, destination) = (CLIENT_IP.into(), VIRTUAL_IP.into());
    let protocol = IpNextHeaderProtocol(UDP);
    let sum = util::ipv4_checksum(&octets, 3, &[], &source, &destination, protocol);
    octets[6..8].copy_from_slice(&sum.to_be_bytes());
    ip_frame(OWN_MAC, VIRTUAL_IP, UDP, &octets)
}

/// The beginning of an SCTP association with `port` of the virtual address.
#[must_use]
pub fn association(port: u16) -> Vec<u8> {
    let mut octets = [CLIENT_PORT, port].map(u16::to_be_bytes).concat();
    octets.extend([0; 28]);
    ip_frame(OWN_MAC, VIRTUAL_IP, SCTP, &octets)
}
