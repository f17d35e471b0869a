use pnet::packet::Packet as _;
use pnet::packet::ipv4::{Ipv4Packet, checksum};
use proptest::prelude::*;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

const OURS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66));
const IP_HEADER: usize = 20;
const GROUP: Cast = Cast::Multicast(group(Family::Ipv4));

const fn vip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

fn framing(version: Version) -> Framing {
    Framing {
        vrid: Vrid::new(51).expect("a VRID"),
        version,
        source: OURS,
        auth: None,
        addresses: vec![vip(100), vip(101)],
        interval: Duration::from_secs(1),
        cast: GROUP,
        checksum_as_v2: false,
        check_unicast_source: false,
        unicast_ttl: None,
        ignores_adverts: false,
        peer_ttls: BTreeMap::new(),
    }
}

/// The same router on another host.
fn from(source: IpAddr, framing: &Framing) -> Framing {
    Framing {
        source,
        ..framing.clone()
    }
}

fn sent(by: &Framing) -> Vec<u8> {
    let mut packet = BytesMut::new();
    let to = match by.cast {
        Cast::Multicast(group) => group,
        Cast::Unicast(_) => OURS,
    };
    by.encode(Priority::new(100), to, &mut packet);
    packet.to_vec()
}

/// A peer's advert with some octets changed, and its VRRP checksum right again.
fn altered<const N: usize>(framing: &Framing, at: usize, octets: [u8; N]) -> Vec<u8> {
    let mut packet = sent(&from(PEER, framing));
    packet[at..at + N].copy_from_slice(&octets);
    packet[IP_HEADER + 6..IP_HEADER + 8].fill(0);
    let ip = Ipv4Packet::new(&packet).expect("a packet");
    let sum = match framing.version {
        Version::V2 => pnet::util::checksum(ip.payload(), 3),
        Version::V3 => {
            let (from, to) = (ip.get_source(), ip.get_destination());
            let protocol = ip.get_next_level_protocol();
            pnet::util::ipv4_checksum(ip.payload(), 3, &[], &from, &to, protocol)
        }
    };
    packet[IP_HEADER + 6..IP_HEADER + 8].copy_from_slice(&sum.to_be_bytes());
    packet
}

#[test]
fn a_packet_is_what_routers_expect() {
    for version in [Version::V2, Version::V3] {
        let packet = sent(&framing(version));
        let ip = Ipv4Packet::new(&packet).expect("a packet");
        assert_eq!(ip.get_dscp() << 2 | ip.get_ecn(), 0xc0);
        assert_eq!(ip.get_ttl(), 255);
        assert_eq!(ip.get_flags(), 0, "fragmentation is allowed");
        assert_eq!(ip.get_checksum(), checksum(&ip));
        assert_eq!(usize::from(ip.get_total_length()), packet.len());
        let authentication = if version == Version::V2 { 8 } else { 0 };
        assert_eq!(packet.len(), IP_HEADER + 8 + 2 * 4 + authentication);
    }
}

#[test]
fn what_a_peer_sends_is_understood() {
    for version in [Version::V2, Version::V3] {
        for auth in [None, Some(*b"secret\0\0")] {
            let framing = Framing {
                auth,
                ..framing(version)
            };
            let advert = framing.validate(&sent(&from(PEER, &framing)));
            let expected = Advert {
                source: PEER,
                priority: Priority::new(100),
                interval: Duration::from_secs(1),
            };
            assert_eq!(advert, Ok(expected), "{version:?}");
        }
    }
}

#[test]
fn both_readings_of_the_version_3_checksum() {
    let with_addresses = framing(Version::V3);
    let without = Framing {
        checksum_as_v2: true,
        ..with_addresses.clone()
    };
    let packet = sent(&from(PEER, &without));
    assert_eq!(
        with_addresses.validate(&packet),
        Err(Reason::AdvertChecksum)
    );
    assert!(without.validate(&packet).is_ok());
    let packet = sent(&from(PEER, &with_addresses));
    assert!(without.validate(&packet).is_ok(), "it judges no checksum");
}

#[test]
fn every_fault_has_its_reason() {
    let v2 = Framing {
        auth: Some(*b"secret\0\0"),
        ..framing(Version::V2)
    };
    let v3 = framing(Version::V3);
    let ttl = 8;
    let first = IP_HEADER;
    let cases = [
        (&v3, altered(&v3, ttl, [254]), Reason::AdvertTtl),
        (&v3, altered(&v3, first, [0x41]), Reason::AdvertVersion),
        (&v3, altered(&v3, first, [0x32]), Reason::AdvertType),
        (&v3, altered(&v3, first + 1, [52]), Reason::AdvertForeign),
        (&v3, altered(&v3, first + 3, [1]), Reason::AdvertLength),
        (&v3, altered(&v3, first + 4, [0, 0]), Reason::AdvertInterval),
        (&v2, altered(&v2, first + 4, [0]), Reason::AdvertAuth),
        (&v2, altered(&v2, first + 16, [b'S']), Reason::AdvertAuth),
        (&v2, altered(&v2, first + 23, [b'x']), Reason::AdvertAuth),
        (&v2, altered(&v2, first + 5, [2]), Reason::AdvertInterval),
        (&v3, sent(&v3), Reason::AdvertOwn),
        (&v3, sent(&from(PEER, &v2)), Reason::AdvertVersion),
        (&v3, vec![0x45; 19], Reason::Unparsable),
    ];
    for (framing, packet, reason) in cases {
        assert_eq!(framing.validate(&packet), Err(reason));
    }
}

#[test]
fn an_advert_without_password_is_not_for_a_router_with_one() {
    let open = framing(Version::V2);
    let closed = Framing {
        auth: Some([0; 8]),
        ..open.clone()
    };
    let (from_open, from_closed) = (sent(&from(PEER, &open)), sent(&from(PEER, &closed)));
    assert_eq!(closed.validate(&from_open), Err(Reason::AdvertAuth));
    assert_eq!(open.validate(&from_closed), Err(Reason::AdvertAuth));
}

#[test]
fn of_two_faults_the_earlier_check_counts() {
    let v2 = framing(Version::V2);
    let v3 = framing(Version::V3);
    let mut packet = altered(&v3, 8, [254]);
    packet[IP_HEADER + 6] ^= 0xff;
    assert_eq!(v3.validate(&packet), Err(Reason::AdvertTtl));
    let mut packet = altered(&v2, IP_HEADER + 5, [9]);
    packet[IP_HEADER + 4] = 1;
    assert_eq!(v2.validate(&packet), Err(Reason::AdvertAuth));
}

#[test]
fn unicast_believes_any_path_but_only_peers_if_told_so() {
    let framing = Framing {
        cast: Cast::Unicast(vec![PEER]),
        ..framing(Version::V3)
    };
    let mut routed = sent(&from(STRANGER, &framing));
    routed[8] = 3;
    assert!(framing.validate(&routed).is_ok());
    let strict = Framing {
        check_unicast_source: true,
        ..framing.clone()
    };
    assert_eq!(strict.validate(&routed), Err(Reason::AdvertSource));
    assert!(strict.validate(&sent(&from(PEER, &strict))).is_ok());
    let multicast = Framing {
        cast: GROUP,
        ..framing.clone()
    };
    let packet = sent(&from(PEER, &multicast));
    assert_eq!(framing.validate(&packet), Err(Reason::AdvertForeign));
}

#[test]
fn adverts_to_another_group_are_not_heard() {
    let group = |last| Cast::Multicast(Ipv4Addr::new(224, 0, 0, last).into());
    let to = |last| Framing {
        cast: group(last),
        ..framing(Version::V3)
    };
    let packet = sent(&from(PEER, &to(99)));
    assert!(to(99).validate(&packet).is_ok());
    for other in [to(98), framing(Version::V3)] {
        assert_eq!(other.validate(&packet), Err(Reason::AdvertForeign));
    }
}

#[test]
fn adverts_to_peers_have_the_ttl_that_was_asked_for() {
    let framing = |cast| Framing {
        cast,
        unicast_ttl: Some(7),
        ..framing(Version::V3)
    };
    assert_eq!(sent(&framing(Cast::Unicast(vec![PEER])))[8], 7);
    assert_eq!(sent(&framing(GROUP))[8], 255);
}

#[test]
fn a_packet_finds_its_router() {
    for cast in [GROUP, Cast::Unicast(vec![PEER])] {
        let framing = Framing {
            cast,
            ..framing(Version::V3)
        };
        assert_eq!(addressee(7, &sent(&framing)), Some(framing.key(7)));
    }
    assert_eq!(addressee(7, &[]), None);
}

proptest! {
    #[test]
    fn no_octets_make_it_panic(octets: Vec<u8>) {
        let _ = framing(Version::V2).validate(&octets);
        let _ = framing(Version::V3).validate(&octets);
    }

    /// From the destination on: version 2's checksum does not cover the source.
    #[test]
    fn no_damaged_advert_is_believed(at in 16_usize..44, bit in 0_u8..8) {
        let framing = Framing { auth: Some(*b"secret\0\0"), ..framing(Version::V2) };
        let mut packet = sent(&from(PEER, &framing));
        packet[at] ^= 1 << bit;
        prop_assert!(framing.validate(&packet).is_err());
    }
}

#[test]
fn every_peer_has_a_frame_of_its_own() {
    let peers = vec![PEER, STRANGER];
    let framing = Framing {
        cast: Cast::Unicast(peers.clone()),
        ..framing(Version::V3)
    };
    let frames = Frames::new(&framing, Priority::new(100));
    assert_eq!(frames.packets().len(), 2);
    for ((to, packet), peer) in frames.packets().zip(peers) {
        let mut expected = BytesMut::new();
        framing.encode(Priority::new(100), peer, &mut expected);
        assert_eq!((to, packet), (peer, &expected[..]));
    }
}

/// The host `last` of a link, and its advert for two addresses.
fn over_ipv6(last: u16) -> Framing {
    let address = |network, last| IpAddr::V6(Ipv6Addr::new(network, 0, 0, 0, 0, 0, 0, last));
    Framing {
        source: address(0xfe80, last),
        addresses: vec![address(0xfe80, 0x66), address(0x2001, 0x66)],
        cast: Cast::Multicast(group(Family::Ipv6)),
        ..framing(Version::V3)
    }
}

#[test]
fn an_advert_over_ipv6_is_understood_and_none_of_its_octets_may_change() {
    let (ours, theirs) = (over_ipv6(1), over_ipv6(2));
    let packet = sent(&theirs);
    let expected = Advert {
        source: theirs.source,
        priority: Priority::new(100),
        interval: theirs.interval,
    };
    assert_eq!(ours.validate(&packet), Ok(expected));
    assert_eq!(addressee(7, &packet), Some(ours.key(7)));
    assert_eq!(ours.detail(&packet, &Ok(expected)), None);
    assert_eq!(theirs.validate(&packet), Err(Reason::AdvertOwn));
    // The first octets have a traffic class and a flow label, for whatever is on the way. What follows the
    // header the kernel has looked at, or nothing would have come here.
    let (lengths, next_header) = (4..6, 6);
    for at in lengths.chain(next_header + 1..packet.len()) {
        let mut other = packet.clone();
        other[at] ^= 1;
        assert!(ours.validate(&other).is_err(), "octet {at}");
    }
}

#[test]
fn routers_of_both_families_with_one_vrid_do_not_hear_each_other() {
    let (ipv4, ipv6) = (framing(Version::V3), over_ipv6(1));
    assert_ne!(ipv4.key(7), ipv6.key(7));
    let (from_ipv4, from_ipv6) = (sent(&from(PEER, &ipv4)), sent(&over_ipv6(2)));
    assert_eq!(ipv6.validate(&from_ipv4), Err(Reason::AdvertForeign));
    assert_eq!(ipv4.validate(&from_ipv6), Err(Reason::AdvertForeign));
}
