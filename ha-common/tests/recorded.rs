//! Frames recorded from keepalived 2.2.7, against our views and Reprs, and against pnet.

use std::time::Duration;

use ha_common::wire::checksum::PseudoHeader;
use ha_common::wire::vrrp::{Addresses, Authentication, Version};
use ha_common::wire::{ParseError, arp, ethernet, ipv4, ipv6, vlan, vrrp};
use ha_common::{Family, Priority, Vrid};
use pnet_packet::Packet as _;
use pnet_packet::arp::ArpPacket;
use pnet_packet::ethernet::EthernetPacket;
use pnet_packet::ipv4::Ipv4Packet;
use pnet_packet::util::{checksum, ipv4_checksum};
use pnet_packet::vlan::VlanPacket;

const ROUTER_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const ROUTER_IP: [u8; 4] = [192, 0, 2, 1];

/// Version 2, VRID 51, priority 100, one second, password `1111`.
const ADVERT_V2: [u8; 54] = [
    0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08,
    0x00, // frame
    0x45, 0xc0, 0x00, 0x28, 0x00, 0x01, 0x00, 0x00, 0xff, 0x70, 0x18, 0x91, // IPv4
    0xc0, 0x00, 0x02, 0x01, 0xe0, 0x00, 0x00, 0x12, // from, to
    0x21, 0x33, 0x64, 0x01, 0x01, 0x01, 0x55, 0x03, // VRRP
    0xc0, 0x00, 0x02, 0x64, // address
    0x31, 0x31, 0x31, 0x31, 0x00, 0x00, 0x00, 0x00, // password
];

/// Version 3, VRID 52, priority 150, 100 ms, two addresses.
const ADVERT_V3: [u8; 50] = [
    0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08,
    0x00, // frame
    0x45, 0xc0, 0x00, 0x24, 0x00, 0x01, 0x00, 0x00, 0xff, 0x70, 0x18, 0x95, // IPv4
    0xc0, 0x00, 0x02, 0x01, 0xe0, 0x00, 0x00, 0x12, // from, to
    0x31, 0x34, 0x96, 0x02, 0x00, 0x0a, 0x11, 0x5e, // VRRP
    0xc0, 0x00, 0x02, 0x65, 0xc0, 0x00, 0x02, 0x66, // addresses
];

/// Version 3 over IPv6, VRID 66, priority 150, 1 s, three addresses.
const ADVERT_IPV6: [u8; 110] = [
    0x33, 0x33, 0x00, 0x00, 0x00, 0x12, 0x0a, 0x51, 0x77, 0x3b, 0x0f, 0x0c, 0x86,
    0xdd, // frame
    0x6c, 0x0f, 0x6b, 0x0b, 0x00, 0x38, 0x70, 0xff, // IPv6
    0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x51, 0x77, 0xff, 0xfe, 0x3b, 0x0f,
    0x0c, // source
    0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x12, // group
    0x31, 0x42, 0x96, 0x03, 0x00, 0x64, 0x51, 0x59, // VRRP
    0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x66, // addresses
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x66,
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x66,
];

/// Gratuitous ARP for 192.0.2.100.
const ANNOUNCEMENT: [u8; 42] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08,
    0x06, // frame
    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, // ARP request
    0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0xc0, 0x00, 0x02, 0x64, // sender
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc0, 0x00, 0x02, 0x64, // target
];

fn advert_v2() -> vrrp::Repr<'static> {
    vrrp::Repr {
        version: Version::V2(Authentication::plain_text(*b"1111\0\0\0\0")),
        vrid: Vrid::new(51).expect("a VRID"),
        priority: Priority::new(100),
        interval: Duration::from_secs(1),
        addresses: Addresses::Ipv4(&[[192, 0, 2, 100]]),
    }
}

fn advert_v3() -> vrrp::Repr<'static> {
    vrrp::Repr {
        version: Version::V3,
        vrid: Vrid::new(52).expect("a VRID"),
        priority: Priority::new(150),
        interval: Duration::from_millis(100),
        addresses: Addresses::Ipv4(&[[192, 0, 2, 101], [192, 0, 2, 102]]),
    }
}

fn group_pseudo_header() -> PseudoHeader {
    PseudoHeader::Included {
        source: ROUTER_IP,
        destination: ipv4::VRRP_GROUP,
    }
}

fn ip_packet(frame: &[u8]) -> ipv4::Packet<'_> {
    ipv4::Packet::new_checked(&frame[ethernet::HEADER_LEN..]).expect("an IPv4 packet")
}

fn advert_of(frame: &[u8]) -> vrrp::Packet<'_> {
    vrrp::Packet::new_checked(ip_packet(frame).payload(), Family::Ipv4).expect("an advert")
}

/// Frame, IPv4 header and advert, as a director sends them.
fn emit(advert: &vrrp::Repr<'_>) -> Vec<u8> {
    let ip = ipv4::Repr::vrrp(ROUTER_IP, ipv4::VRRP_GROUP, 1, advert.buffer_len());
    let mut frame = vec![0; ethernet::HEADER_LEN + ipv4::HEADER_LEN + advert.buffer_len()];
    ethernet::Repr {
        destination: ethernet::VRRP_GROUP,
        source: ROUTER_MAC,
        ethertype: ethernet::TYPE_IPV4,
    }
    .emit(&mut frame);
    ip.emit(&mut frame[ethernet::HEADER_LEN..]);
    advert.emit(
        &mut frame[ethernet::HEADER_LEN + ipv4::HEADER_LEN..],
        group_pseudo_header(),
    );
    frame
}

#[test]
fn adverts_of_keepalived_are_understood() {
    let v2 = advert_of(&ADVERT_V2);
    assert_eq!(vrrp::Repr::parse(&v2), Ok(advert_v2()));
    assert_eq!(v2.verify_checksum(PseudoHeader::Omitted), Ok(()));

    let v3 = advert_of(&ADVERT_V3);
    assert_eq!(vrrp::Repr::parse(&v3), Ok(advert_v3()));
    assert_eq!(v3.verify_checksum(group_pseudo_header()), Ok(()));
    assert_eq!(
        v3.verify_checksum(PseudoHeader::Omitted),
        Err(ParseError::Checksum),
        "keepalived sums the pseudo-header"
    );
}

#[test]
fn our_adverts_are_keepalived_s_octet_for_octet() {
    assert_eq!(emit(&advert_v2()), ADVERT_V2);
    assert_eq!(emit(&advert_v3()), ADVERT_V3);
}

#[test]
fn an_advert_over_ipv6_is_understood_and_written_as_keepalived_does() {
    let octets = &ADVERT_IPV6[ethernet::HEADER_LEN..];
    let ip = ipv6::Packet::new_checked(octets).expect("an IPv6 packet");
    assert_eq!(ip.header().destination(), ipv6::VRRP_GROUP);
    assert_eq!(ip.header().hop_limit(), vrrp::HOPS);
    let pseudo = PseudoHeader::Ipv6 {
        source: ip.header().source(),
        destination: ip.header().destination(),
    };
    let packet = vrrp::Packet::new_checked(ip.payload(), Family::Ipv6).expect("an advert");
    assert_eq!(packet.verify_checksum(pseudo), Ok(()));
    let advert = vrrp::Repr::parse(&packet).expect("an advert");
    let addresses = ["fe80::66", "2001:db8::66", "2001:db8:1::66"];
    let listed = advert.addresses.iter().map(|address| address.to_string());
    assert!(listed.eq(addresses));

    let mut ours = vec![0; octets.len()];
    let header = ipv6::Repr::vrrp(
        ip.header().source(),
        ip.header().destination(),
        advert.buffer_len(),
    );
    header.emit(&mut ours);
    advert.emit(&mut ours[ipv6::HEADER_LEN..], pseudo);
    // The flow label is the kernel's.
    let flow = 1..4;
    ours[flow.clone()].copy_from_slice(&octets[flow]);
    assert_eq!(ours, octets);
}

#[test]
fn announcements_are_keepalived_s_octet_for_octet() {
    let announcement = arp::Repr::announcement(ROUTER_MAC, [192, 0, 2, 100]);
    let mut frame = [0; ethernet::HEADER_LEN + arp::PACKET_LEN];
    ethernet::Repr {
        destination: ethernet::BROADCAST,
        source: ROUTER_MAC,
        ethertype: ethernet::TYPE_ARP,
    }
    .emit(&mut frame);
    announcement.emit(&mut frame[ethernet::HEADER_LEN..]);
    assert_eq!(frame, ANNOUNCEMENT);

    let view = arp::Packet::new_checked(&ANNOUNCEMENT[ethernet::HEADER_LEN..]);
    let view = view.expect("long enough");
    assert_eq!(arp::Repr::parse(&view), Ok(announcement));
}

#[test]
fn every_field_is_where_pnet_finds_it() {
    let frame = ethernet::Frame::new_checked(&ADVERT_V2[..]).expect("a frame");
    let oracle = EthernetPacket::new(&ADVERT_V2).expect("a frame");
    assert_eq!(frame.destination(), oracle.get_destination().octets());
    assert_eq!(frame.source(), oracle.get_source().octets());
    assert_eq!(frame.ethertype(), oracle.get_ethertype().0);
    assert_eq!(frame.payload(), oracle.payload());

    let packet = ip_packet(&ADVERT_V2);
    let header = packet.header();
    let oracle = Ipv4Packet::new(frame.payload()).expect("a packet");
    assert_eq!(header.total_len(), usize::from(oracle.get_total_length()));
    assert_eq!(header.identification(), oracle.get_identification());
    assert_eq!(header.ttl(), oracle.get_ttl());
    assert_eq!(header.protocol(), oracle.get_next_level_protocol().0);
    assert_eq!(header.source(), oracle.get_source().octets());
    assert_eq!(header.destination(), oracle.get_destination().octets());
    assert_eq!(packet.payload(), oracle.payload());
    assert_eq!(packet.verify_checksum(), Ok(()));
    assert_eq!(
        pnet_packet::ipv4::checksum(&oracle),
        oracle.get_checksum(),
        "pnet and keepalived agree"
    );

    let view = arp::Packet::new_checked(&ANNOUNCEMENT[ethernet::HEADER_LEN..]).expect("ARP");
    let oracle = ArpPacket::new(&ANNOUNCEMENT[ethernet::HEADER_LEN..]).expect("ARP");
    assert_eq!(view.sender_mac(), oracle.get_sender_hw_addr().octets());
    assert_eq!(view.sender_ip(), oracle.get_sender_proto_addr().octets());
    assert_eq!(view.target_mac(), oracle.get_target_hw_addr().octets());
    assert_eq!(view.target_ip(), oracle.get_target_proto_addr().octets());
}

#[test]
fn a_vlan_tag_is_where_pnet_finds_it() {
    let tag = vlan::Repr {
        vid: 0x0abc,
        class: 0b1011,
        ethertype: ethernet::TYPE_ARP,
    };
    let mut octets = [0; vlan::TAG_LEN];
    tag.emit(&mut octets);
    let view = vlan::Tag::new_checked(&octets[..]).expect("a tag");
    assert_eq!(vlan::Repr::parse(&view), tag);
    let oracle = VlanPacket::new(&octets).expect("a tag");
    assert_eq!(oracle.get_vlan_identifier(), tag.vid);
    assert_eq!(oracle.get_priority_code_point().0, tag.class >> 1);
    assert_eq!(oracle.get_drop_eligible_indicator(), tag.class & 1);
    assert_eq!(oracle.get_ethertype().0, tag.ethertype);
}

#[test]
fn checksums_are_pnet_s() {
    let v2 = ip_packet(&ADVERT_V2);
    assert_eq!(checksum(v2.payload(), 3), 0x5503);
    let v3 = ip_packet(&ADVERT_V3);
    let pseudo = ipv4_checksum(
        v3.payload(),
        3,
        &[],
        &ROUTER_IP.into(),
        &ipv4::VRRP_GROUP.into(),
        pnet_packet::ip::IpNextHeaderProtocols::Vrrp,
    );
    assert_eq!(pseudo, 0x115e);
}

#[test]
fn intervals_go_to_the_nearest_that_the_version_has() {
    let cases = [
        (Duration::ZERO, 1, 10),
        (Duration::from_millis(14), 1, 10),
        (Duration::from_millis(15), 1, 20),
        (Duration::from_millis(1_500), 2, 1_500),
        (Duration::from_secs(1_000), 255, 40_950),
    ];
    for (interval, seconds, milliseconds) in cases {
        let v2 = emit(&vrrp::Repr {
            interval,
            ..advert_v2()
        });
        let v3 = emit(&vrrp::Repr {
            interval,
            ..advert_v3()
        });
        let read = |frame: &[u8]| advert_of(frame).header().interval();
        assert_eq!(read(&v2), Duration::from_secs(seconds), "{interval:?}");
        assert_eq!(
            read(&v3),
            Duration::from_millis(milliseconds),
            "{interval:?}"
        );
    }
}

#[test]
fn reserved_bits_of_version_3_do_not_count() {
    let mut frame = ADVERT_V3;
    frame[38] |= 0xf0;
    assert_eq!(
        advert_of(&frame).header().interval(),
        Duration::from_millis(100)
    );
}

#[test]
fn an_advert_carries_at_most_255_addresses() {
    let addresses = [[10, 0, 0, 1]; 300];
    let frame = emit(&vrrp::Repr {
        addresses: Addresses::Ipv4(&addresses),
        ..advert_v2()
    });
    let advert = advert_of(&frame);
    let listed = Addresses::Ipv4(&addresses[..vrrp::MAX_ADDRESSES]);
    assert_eq!(advert.addresses(), listed);
    assert_eq!(advert.verify_checksum(PseudoHeader::Omitted), Ok(()));
}

#[test]
fn every_cause_has_its_error() {
    let vrrp = |change: fn(&mut [u8])| {
        let mut message = ADVERT_V3[34..].to_vec();
        change(&mut message);
        vrrp::Packet::new_checked(&message, Family::Ipv4)
            .and_then(|packet| vrrp::Repr::parse(&packet).map(|_| ()))
    };
    assert_eq!(vrrp(|_| ()), Ok(()));
    assert_eq!(vrrp(|message| message[0] = 0x41), Err(ParseError::Version));
    assert_eq!(vrrp(|message| message[0] = 0x32), Err(ParseError::Type));
    assert_eq!(vrrp(|message| message[1] = 0), Err(ParseError::Vrid));
    assert_eq!(vrrp(|message| message[3] = 3), Err(ParseError::Length));
    let short = vrrp::Packet::new_checked(&ADVERT_V3[34..41], Family::Ipv4).map(|_| ());
    assert_eq!(short, Err(ParseError::Truncated));

    let ip = |change: fn(&mut [u8])| {
        let mut packet = ADVERT_V3[14..].to_vec();
        change(&mut packet);
        ipv4::Packet::new_checked(&packet).and_then(|packet| packet.verify_checksum())
    };
    assert_eq!(ip(|_| ()), Ok(()));
    assert_eq!(ip(|packet| packet[0] = 0x65), Err(ParseError::Version));
    assert_eq!(ip(|packet| packet[0] = 0x44), Err(ParseError::Length));
    assert_eq!(ip(|packet| packet[3] = 19), Err(ParseError::Length));
    assert_eq!(ip(|packet| packet[3] = 200), Err(ParseError::Truncated));
    assert_eq!(ip(|packet| packet[8] = 254), Err(ParseError::Checksum));

    let arp = |change: fn(&mut [u8])| {
        let mut packet = ANNOUNCEMENT[14..].to_vec();
        change(&mut packet);
        arp::Packet::new_checked(packet).and_then(|packet| arp::Repr::parse(&packet).map(|_| ()))
    };
    assert_eq!(arp(|packet| packet[5] = 16), Err(ParseError::AddressSpace));
    assert_eq!(arp(|packet| packet[7] = 9), Err(ParseError::Type));
}
