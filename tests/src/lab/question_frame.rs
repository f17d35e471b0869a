//! Frames of the prober, and how an answer is matched with its question.

use std::net::Ipv4Addr;

use pnet_packet::arp::{ArpHardwareTypes, ArpOperations, ArpPacket, MutableArpPacket};
use pnet_packet::ethernet::{EtherTypes, EthernetPacket, MutableEthernetPacket};
use pnet_packet::icmp::{self, IcmpPacket, IcmpTypes, echo_reply, echo_request};
use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv4::{self, Ipv4Packet, MutableIpv4Packet};
use pnet_packet::{MutablePacket, Packet};
use socket2::SockFilter;

use super::{Mac, Subject};

const ETHERNET: usize = 14;
const IPV4: usize = 20;
/// Echo header of 8 octets and the question's number.
const ICMP: usize = 12;
const ARP_FRAME: usize = 60;
const ECHO_FRAME: usize = ETHERNET + IPV4 + ICMP;

/// Identifier of our echoes; the client of a lab sends none.
const IDENTIFIER: u16 = 0x7669;
/// Sender addresses that ARP questions take turns with. A power of two.
const SENDERS: usize = 16;

/// Classic BPF: ARP, and ICMP in IPv4.
pub(super) const FILTER: [SockFilter; 7] = [
    SockFilter::new(0x28, 0, 0, 12),
    SockFilter::new(0x15, 3, 0, 0x0806),
    SockFilter::new(0x15, 0, 3, 0x0800),
    SockFilter::new(0x30, 0, 0, 23),
    SockFilter::new(0x15, 0, 1, 1),
    SockFilter::new(0x06, 0, 0, 0x0004_0000),
    SockFilter::new(0x06, 0, 0, 0),
];

/// An answer: to which question, from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) number: usize,
    pub(super) from: Mac,
}

/// Builds questions and recognises answers.
#[derive(Debug)]
pub(super) struct Asker {
    mac: Mac,
    address: Ipv4Addr,
    vip: Ipv4Addr,
    buffer: [u8; ARP_FRAME],
    /// The last question of each sender address.
    asked_as: [Option<usize>; SENDERS],
    /// Whose turn it is.
    turn: usize,
}

impl Asker {
    pub(super) fn new(mac: Mac, address: Ipv4Addr, vip: Ipv4Addr) -> Self {
        Self {
            mac,
            address,
            vip,
            buffer: [0; ARP_FRAME],
            asked_as: [None; SENDERS],
            turn: 0,
        }
    }

    /// The frame that asks question `number`.
    pub(super) fn frame(&mut self, number: usize, subject: Subject) -> Vec<u8> {
        self.buffer.fill(0);
        match subject {
            Subject::Arp => {
                self.turn = (self.turn + 1) % SENDERS;
                self.asked_as[self.turn] = Some(number);
                self.build_arp();
                self.buffer.to_vec()
            }
            Subject::Echo(to) => {
                self.build_echo(number, to);
                self.buffer[..ECHO_FRAME].to_vec()
            }
        }
    }

    fn sender(&self, turn: usize) -> Ipv4Addr {
        let offset = u32::try_from(turn + 1).unwrap_or_default();
        Ipv4Addr::from_bits(self.address.to_bits() + offset)
    }

    fn build_arp(&mut self) {
        let (sender, vip, mac) = (self.sender(self.turn), self.vip, self.mac);
        self.build_ethernet(Mac::BROADCAST, EtherTypes::Arp);
        let Some(mut arp) = MutableArpPacket::new(&mut self.buffer[ETHERNET..]) else {
            return;
        };
        arp.set_hardware_type(ArpHardwareTypes::Ethernet);
        arp.set_protocol_type(EtherTypes::Ipv4);
        arp.set_hw_addr_len(6);
        arp.set_proto_addr_len(4);
        arp.set_operation(ArpOperations::Request);
        arp.set_sender_hw_addr(mac.0.into());
        arp.set_sender_proto_addr(sender);
        arp.set_target_proto_addr(vip);
    }

    fn build_echo(&mut self, number: usize, to: Mac) {
        let (source, vip) = (self.address, self.vip);
        self.build_ethernet(to, EtherTypes::Ipv4);
        let Some(mut ip) = MutableIpv4Packet::new(&mut self.buffer[ETHERNET..ECHO_FRAME]) else {
            return;
        };
        ip.set_version(4);
        ip.set_header_length(5);
        ip.set_total_length((IPV4 + ICMP) as u16);
        ip.set_ttl(64);
        ip.set_next_level_protocol(IpNextHeaderProtocols::Icmp);
        ip.set_source(source);
        ip.set_destination(vip);
        ip.set_checksum(ipv4::checksum(&ip.to_immutable()));
        fill_echo(ip.payload_mut(), number);
    }

    fn build_ethernet(&mut self, to: Mac, kind: pnet_packet::ethernet::EtherType) {
        let from = self.mac;
        let Some(mut frame) = MutableEthernetPacket::new(&mut self.buffer) else {
            return;
        };
        frame.set_destination(to.0.into());
        frame.set_source(from.0.into());
        frame.set_ethertype(kind);
    }

    /// What `frame` answers, if it does.
    pub(super) fn answer(&self, frame: &[u8]) -> Option<Answer> {
        let frame = EthernetPacket::new(frame)?;
        let number = match frame.get_ethertype() {
            EtherTypes::Arp => self.number_of_arp(&ArpPacket::new(frame.payload())?),
            EtherTypes::Ipv4 => self.number_of_echo(&Ipv4Packet::new(frame.payload())?),
            _ => None,
        }?;
        let from = Mac(frame.get_source().into());
        Some(Answer { number, from })
    }

    fn number_of_arp(&self, arp: &ArpPacket<'_>) -> Option<usize> {
        let is_answer =
            arp.get_operation() == ArpOperations::Reply && arp.get_sender_proto_addr() == self.vip;
        let mut turns = (0..SENDERS).filter(|_| is_answer);
        let turn = turns.find(|turn| self.sender(*turn) == arp.get_target_proto_addr())?;
        self.asked_as[turn]
    }

    fn number_of_echo(&self, ip: &Ipv4Packet<'_>) -> Option<usize> {
        let icmp = IcmpPacket::new(ip.payload())?;
        if ip.get_source() != self.vip || icmp.get_icmp_type() != IcmpTypes::EchoReply {
            return None;
        }
        let echo = echo_reply::EchoReplyPacket::new(ip.payload())?;
        let number: [u8; 4] = echo.payload().get(..4)?.try_into().ok()?;
        let ours = echo.get_identifier() == IDENTIFIER;
        ours.then(|| u32::from_be_bytes(number) as usize)
    }
}

fn fill_echo(bytes: &mut [u8], number: usize) {
    let Some(mut echo) = echo_request::MutableEchoRequestPacket::new(bytes) else {
        return;
    };
    echo.set_icmp_type(IcmpTypes::EchoRequest);
    echo.set_identifier(IDENTIFIER);
    echo.set_sequence_number(number as u16);
    echo.set_payload(&(number as u32).to_be_bytes());
    if let Some(icmp) = IcmpPacket::new(echo.packet()) {
        let checksum = icmp::checksum(&icmp);
        echo.set_checksum(checksum);
    }
}
