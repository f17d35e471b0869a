//! What takes more than one frame to see.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::{NoticeKind, Speaker};
use ha_common::reason::Verdict;
use ha_common::wire::{arp, ethernet};
use ha_tests::xdp::frame::{
    Advert, CLIENT_IP, CLIENT_MAC, DOUBLE_TAG, LESSER_PEER_IP, OWN_MAC, PEER_MAC, VIRTUAL_IP,
    arp_frame, ip_frame, question, tagged,
};
use ha_tests::xdp::ipv6::{CLIENT, Message, VIRTUAL};
use ha_tests::xdp::{Director, IFINDEX, PRIORITY, ROUTER};
use ha_user::datapath::{Hook, LoadOptions};
use pnet_packet::MutablePacket as _;
use pnet_packet::arp::{ArpOperations, MutableArpPacket};
use pnet_packet::ethernet::MutableEthernetPacket;

use crate::foreign::looped;

const UDP: u8 = 17;

#[test]
fn an_answer_is_the_kernel_s_and_keeps_its_tags() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    director.take_over();
    let asked = arp_frame(ethernet::BROADCAST, &question(VIRTUAL_IP));
    let expected = answer_by_pnet(&asked);
    let mut padded = asked.clone();
    padded.resize(60, 0);
    for hook in [Hook::Xdp, Hook::Ingress] {
        director.hook = hook;
        for tags in [&[][..], &DOUBLE_TAG[..1], &DOUBLE_TAG] {
            let outcome = director.receive(&tagged(&asked, tags))?;
            assert_eq!(outcome.reason, Reason::ArpAnswered);
            let expected = tagged(&expected, tags);
            assert_eq!(outcome.frame, expected, "{hook:?}, {} tags", tags.len());
        }
        assert_eq!(director.receive(&padded)?.frame.len(), 60);
    }
    Ok(())
}

/// The answer to `question` as an independent implementation writes it.
fn answer_by_pnet(question: &[u8]) -> Vec<u8> {
    let mut octets = question.to_vec();
    let mut frame = MutableEthernetPacket::new(&mut octets).expect("a frame");
    frame.set_destination(CLIENT_MAC.into());
    frame.set_source(OWN_MAC.into());
    let mut reply = MutableArpPacket::new(frame.payload_mut()).expect("ARP");
    reply.set_operation(ArpOperations::Reply);
    reply.set_sender_hw_addr(OWN_MAC.into());
    reply.set_sender_proto_addr(VIRTUAL_IP.into());
    reply.set_target_hw_addr(CLIENT_MAC.into());
    reply.set_target_proto_addr(CLIENT_IP.into());
    octets
}

#[test]
fn an_advertisement_is_as_pnet_has_it_and_keeps_its_tags() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    let asked = Message::solicitation(VIRTUAL);
    let frame = asked.frame();
    for (hook, is_router) in [
        (Hook::Xdp, false),
        (Hook::Ingress, false),
        (Hook::Xdp, true),
    ] {
        director.reset()?;
        director.hook = hook;
        director.take_over();
        director
            .datapath
            .set_interface(IFINDEX, OWN_MAC, is_router)?;
        let answer = Message {
            flags: [if is_router { 0xe0 } else { 0x60 }, 0, 0, 0],
            destination: CLIENT,
            ..Message::advertisement(VIRTUAL)
        };
        let expected = answer.packet().leaving();
        for tags in [&[][..], &DOUBLE_TAG[..1], &DOUBLE_TAG] {
            let outcome = director.receive(&tagged(&frame, tags))?;
            assert_eq!(outcome.reason, Reason::NdAnswered);
            let expected = tagged(&expected, tags);
            assert_eq!(outcome.frame, expected, "{hook:?}, {} tags", tags.len());
        }
    }
    Ok(())
}

#[test]
fn a_conflict_names_an_address_of_ipv6() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    director.take_over();
    let outcome = director.receive(&Message::advertisement(VIRTUAL).frame())?;
    assert_eq!(outcome.reason, Reason::NdConflict);
    let told: Vec<_> = director.notices.by_ref().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].address(), IpAddr::from(VIRTUAL));
    Ok(())
}

#[test]
fn a_fence_is_told_once_and_holds_until_the_next_takeover() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    director.take_over();
    let higher = Advert {
        priority: PRIORITY + 1,
        ..Advert::default()
    };
    assert_eq!(
        director.receive(&higher.frame())?.reason,
        Reason::AdvertFenced
    );
    assert_eq!(
        director.receive(&higher.frame())?.reason,
        Reason::AdvertAlive
    );
    let told: Vec<_> = director.notices.by_ref().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind(), Some(NoticeKind::Fenced));
    assert_eq!(told[0].slot(), ROUTER.0);
    assert_eq!(told[0].address(), IpAddr::from(LESSER_PEER_IP));
    assert_eq!(told[0].at(), director.record().fenced_at());
    let speaker = Speaker {
        source: LESSER_PEER_IP,
        priority: PRIORITY + 1,
    };
    assert_eq!(director.record().speaker(), speaker);

    director.take_over();
    let asked = arp_frame(ethernet::BROADCAST, &question(VIRTUAL_IP));
    assert_eq!(director.receive(&asked)?.reason, Reason::ArpAnswered);
    Ok(())
}

#[test]
fn conflicts_are_told_once_a_second() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    director.take_over();
    let announcement = arp::Repr::announcement(PEER_MAC, VIRTUAL_IP);
    let frame = arp_frame(ethernet::BROADCAST, &announcement);
    for _ in 0..3 {
        assert_eq!(director.receive(&frame)?.reason, Reason::ArpConflict);
    }
    let told: Vec<_> = director.notices.by_ref().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind(), Some(NoticeKind::Conflict));
    assert_eq!(told[0].address(), IpAddr::from(VIRTUAL_IP));
    std::thread::sleep(Duration::from_millis(1_100));
    director.receive(&frame)?;
    assert_eq!(director.notices.by_ref().count(), 1);
    Ok(())
}

/// A looped frame of a host in 8.6.0.0/16 or 8.0.0.0/16 looks like ARP or IP to a careless eye.
#[test]
fn looped_multicast_is_left_alone_whatever_its_source() -> Result<()> {
    let director = Director::new(LoadOptions::default())?;
    for role in [Director::take_over, Director::lose_lease] {
        role(&director);
        for source in [[8, 6, 0, 1], [8, 0, 69, 0], [0x81, 0, 0, 1]] {
            let mut packet = looped(source);
            packet.resize(64, 0);
            let outcome = director.receive(&packet)?;
            assert_eq!(outcome.verdict, Verdict::Pass, "{source:?}");
            assert_eq!(outcome.frame, packet, "{source:?}");
        }
    }
    Ok(())
}

/// The longest advert, with only its headers in the first piece.
#[test]
fn an_advert_in_pieces_is_judged_whole() -> Result<()> {
    const HEADERS: usize = 14 + 20 + 8;
    let director = Director::new(LoadOptions::default())?;
    let advert = Advert {
        addresses: vec![VIRTUAL_IP; 255],
        ..Advert::default()
    };
    let outcome = match director.receive_split(&advert.frame(), HEADERS + 2) {
        Err(error) if refuses_to_split(&error) => {
            println!("this kernel does not split test frames (6.18 does)");
            return Ok(());
        }
        outcome => outcome?,
    };
    assert_eq!(outcome.reason, Reason::AdvertAlive);
    let mut corrupt = advert.frame();
    *corrupt.last_mut().expect("not empty") ^= 1;
    let outcome = director.receive_split(&corrupt, HEADERS + 2)?;
    assert_eq!(outcome.reason, Reason::AdvertChecksum);
    Ok(())
}

/// Packets of 9000 octets arrive in pieces. Their headers are in the first.
#[test]
fn a_jumbo_frame_is_judged_by_its_headers() -> Result<()> {
    let director = Director::new(LoadOptions::default())?;
    let jumbo = ip_frame(OWN_MAC, VIRTUAL_IP, UDP, &[0; 8_980]);
    for (role, reason) in [
        (Director::take_over as fn(&Director), Reason::VipOwned),
        (Director::lose_lease, Reason::VipNotOwned),
    ] {
        role(&director);
        match director.receive_split(&jumbo, 2_000) {
            Err(error) if refuses_to_split(&error) => {
                println!("this kernel does not split test frames (6.18 does)");
                return Ok(());
            }
            outcome => assert_eq!(outcome?.reason, reason),
        }
    }
    Ok(())
}

fn refuses_to_split(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.raw_os_error() == Some(libc::EINVAL))
}
