//! Every decoder on random and truncated octets: no panic, and nothing read from beyond the end.

use std::time::Duration;

use ha_common::abi::Notice;
use ha_common::wire::checksum::{PseudoHeader, Sum};
use ha_common::wire::vrrp::{Addresses, Authentication, Version};
use ha_common::wire::{arp, ethernet, ipv4, ipv6, ndp, vlan, vrrp};
use ha_common::{Family, Priority, Vrid};
use pnet_packet::icmpv6::ndp::{NdpOptionTypes, NeighborAdvertPacket};
use pnet_packet::icmpv6::{Icmpv6Packet, Icmpv6Types, checksum};
use proptest::collection::vec;
use proptest::prelude::*;

/// Every accessor of every view that takes `octets`.
fn decode(octets: &[u8]) -> String {
    let frame = ethernet::Frame::new_checked(octets)
        .map(|frame| (ethernet::Repr::parse(&frame), frame.payload().len()));
    let tag =
        vlan::Tag::new_checked(octets).map(|tag| (vlan::Repr::parse(&tag), tag.payload().len()));
    let arp = arp::Packet::new_checked(octets).map(|packet| arp::Repr::parse(&packet));
    let ip = ipv4::Packet::new_checked(octets).map(|packet| {
        let header = packet.header();
        let len = packet.payload().len();
        assert_eq!(len, header.payload_len());
        let checksum = packet.verify_checksum();
        (ipv4::Repr::parse(&packet), header.is_fragment(), checksum)
    });
    let pseudo = PseudoHeader::Included {
        source: [1; 4],
        destination: [2; 4],
    };
    let vrrp = [Family::Ipv4, Family::Ipv6].map(|family| {
        vrrp::Packet::new_checked(octets, family).map(|packet| {
            let addresses = packet.addresses();
            assert_eq!(addresses.len(), packet.header().count());
            assert_eq!(addresses.iter().count(), addresses.len());
            let checksum = packet.verify_checksum(pseudo);
            (
                vrrp::Repr::parse(&packet).map(|advert| advert.priority),
                checksum,
            )
        })
    });
    let ipv6 = ipv6::Packet::new_checked(octets).map(|packet| {
        let header = packet.header();
        let addresses = (header.source(), header.destination());
        assert_eq!(packet.payload().len(), header.payload_len());
        (header.hop_limit(), header.next_header(), addresses)
    });
    let neighbour = ndp::Message::new_checked(octets).map(|it| (it.kind(), it.target()));
    let solicitation = ndp::Solicitation::new_checked(octets).map(|message| {
        (
            message.sender_mac(),
            message.verify_checksum(Sum::default()),
        )
    });
    let notice = Notice::from_bytes(octets);
    format!(
        "{frame:?} {tag:?} {arp:?} {ip:?} {vrrp:?} {ipv6:?} {neighbour:?} {solicitation:?} {notice:?}"
    )
}

/// Octets that look like a packet at first sight, so that decoders get beyond their first check.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![
        Just(vec![0x45, 0]),
        Just(vec![0x4f, 0]),
        Just(vec![0x21, 51, 100, 3]),
        Just(vec![0x31, 51, 100, 255]),
        Just(vec![0x60, 0, 0, 0, 0, 24]),
        Just(vec![0, 1, 8, 0, 6, 4, 0]),
        Just(vec![ndp::SOLICITATION, 0]),
        Just(vec![]),
    ];
    (start, vec(any::<u8>(), 0..1200)).prop_map(|(mut octets, rest)| {
        octets.extend(rest);
        octets
    })
}

fn version() -> impl Strategy<Value = Version> {
    let v2 = (any::<u8>(), any::<[u8; 8]>())
        .prop_map(|(kind, data)| Version::V2(Authentication { kind, data }));
    prop_oneof![v2, Just(Version::V3)]
}

proptest! {
    #[test]
    fn any_octets_are_taken_or_refused(octets in plausible(), cut in any::<prop::sample::Index>()) {
        decode(&octets);
        decode(&octets[..cut.index(octets.len() + 1)]);
    }

    #[test]
    fn every_advert_survives_the_wire(
        version in version(),
        vrid in 1_u8..,
        priority in any::<u8>(),
        interval in 1_u16..=255,
        addresses in vec(any::<[u8; 4]>(), 0..=vrrp::MAX_ADDRESSES),
    ) {
        let unit = match version {
            Version::V2(_) => Duration::from_secs(1),
            Version::V3 => Duration::from_millis(10),
        };
        let advert = vrrp::Repr {
            version,
            vrid: Vrid::new(vrid).expect("not zero"),
            priority: Priority::new(priority),
            interval: unit * u32::from(interval),
            addresses: Addresses::Ipv4(&addresses),
        };
        let mut octets = vec![0; advert.buffer_len()];
        advert.emit(&mut octets, PseudoHeader::Omitted);
        let packet = vrrp::Packet::new_checked(&octets, Family::Ipv4).expect("what was emitted");
        prop_assert_eq!(packet.verify_checksum(PseudoHeader::Omitted), Ok(()));
        prop_assert_eq!(vrrp::Repr::parse(&packet), Ok(advert));
    }

    #[test]
    fn every_advert_over_ipv6_survives_the_wire(
        version in prop_oneof![Just(Version::V3), Just(Version::V2(Authentication::NONE))],
        addresses in vec(any::<[u8; 16]>(), 0..=vrrp::MAX_ADDRESSES),
        source in any::<[u8; 16]>(),
    ) {
        let advert = vrrp::Repr {
            version,
            vrid: Vrid::MIN,
            priority: Priority::DEFAULT,
            interval: Duration::from_secs(1),
            addresses: Addresses::Ipv6(&addresses),
        };
        let pseudo = PseudoHeader::Ipv6 { source, destination: ipv6::VRRP_GROUP };
        let mut octets = vec![0; advert.buffer_len()];
        advert.emit(&mut octets, pseudo);
        let packet = vrrp::Packet::new_checked(&octets, Family::Ipv6).expect("what was emitted");
        prop_assert_eq!(packet.verify_checksum(pseudo), Ok(()));
        prop_assert_eq!(vrrp::Repr::parse(&packet), Ok(advert));
    }

    #[test]
    fn every_advertisement_is_one_to_pnet(
        target in any::<[u8; 16]>(),
        destination in any::<[u8; 16]>(),
        mac in any::<[u8; 6]>(),
        is_router in any::<bool>(),
    ) {
        let advertisement = ndp::Advertisement { target, mac, is_router };
        let mut octets = vec![0xff; advertisement.buffer_len()];
        advertisement.emit(&mut octets, ndp::pseudo(target, destination));
        let packet = NeighborAdvertPacket::new(&octets).expect("a packet");
        prop_assert_eq!(packet.get_icmpv6_type(), Icmpv6Types::NeighborAdvert);
        prop_assert_eq!(packet.get_icmpv6_code().0, 0);
        prop_assert_eq!(packet.get_target_addr().octets(), target);
        prop_assert_eq!(packet.get_flags(), if is_router { 0xe0 } else { 0x60 });
        let options = packet.get_options();
        prop_assert_eq!(options.len(), 1);
        prop_assert_eq!(options[0].option_type, NdpOptionTypes::TargetLLAddr);
        prop_assert_eq!(&options[0].data[..], mac);
        let message = Icmpv6Packet::new(&octets).expect("a message");
        let sum = checksum(&message, &target.into(), &destination.into());
        prop_assert_eq!(packet.get_checksum(), sum);
    }

    #[test]
    fn emit_into_too_little_room_writes_what_fits(room in 0_usize..28) {
        let mut octets = vec![0; room];
        arp::Repr::announcement([2; 6], [3; 4]).emit(&mut octets);
        ipv4::Repr::vrrp([1; 4], [2; 4], 7, 70_000).emit(&mut octets);
        ipv6::Repr::vrrp([1; 16], [2; 16], 70_000).emit(&mut octets);
        let advertisement = ndp::Advertisement { target: [1; 16], mac: [2; 6], is_router: true };
        advertisement.emit(&mut octets, Sum::default());
    }

    #[test]
    fn the_sum_is_pnet_s(octets in vec(any::<u8>(), 2..1500)) {
        let expected = pnet_packet::util::checksum(&octets, usize::MAX);
        prop_assert_eq!(Sum::default().octets(&octets).finish(), expected);
    }
}
