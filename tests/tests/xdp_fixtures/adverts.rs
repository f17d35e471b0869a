//! Adverts: taken, refused, and those that end an ownership.

use std::ops::RangeInclusive;

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::{Election, flag};
use ha_common::wire::ethernet;
use ha_common::wire::vrrp::{Authentication, Version};
use ha_tests::xdp::frame::{
    Advert, FOREIGN_IP, LESSER_PEER_IP, OWN_IP, OWN_MAC, PEER_IP, VIRTUAL_IP, with_options,
};
use ha_tests::xdp::{Director, INTERVAL, PRIORITY, ROUTER, VRID};

use crate::fixture::{Fixture, Role, Trace};

const PASSWORD: [u8; 8] = *b"1111\0\0\0\0";
const OTHER_PASSWORD: [u8; 8] = *b"1112\0\0\0\0";

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    signs_of_life()
        .into_iter()
        .chain(signs_of_life_by_configuration())
        .chain(lower_and_leaving())
        .chain(refused_by_packet())
        .chain(refused_by_message())
        .chain(refused_by_configuration())
        .chain(heard_while_active())
        .chain(heard_while_silent())
}

/// Changes who the director is in the election.
pub(crate) fn elect(director: &Director, change: impl FnOnce(&mut Election)) -> Result<()> {
    let mut election = Director::election();
    change(&mut election);
    director.record().set_election(election);
    Ok(())
}

pub(crate) fn speak_v2(director: &mut Director) -> Result<()> {
    elect(director, |election| election.version = 2)
}

fn speak_v2_with_password(director: &mut Director) -> Result<()> {
    director.record().set_auth(PASSWORD);
    elect(director, |election| {
        election.version = 2;
        election.flags = flag::PLAIN_TEXT_AUTH;
    })
}

fn accept_anyone(director: &mut Director) -> Result<()> {
    elect(director, |election| election.accept_min_priority = 0)
}

/// Sources are checked, and `peer` is the only one.
fn accept_only(director: &mut Director, peer: [u8; 4]) -> Result<()> {
    accept_at(director, peer, &(0..=u8::MAX))
}

/// And its adverts arrive with a TTL of `ttl`.
fn accept_at(director: &mut Director, peer: [u8; 4], ttl: &RangeInclusive<u8>) -> Result<()> {
    director.datapath.set_peer(ROUTER, peer.into(), ttl)?;
    elect(director, |election| election.flags = flag::CHECK_SOURCE)
}

fn v2(auth: Authentication) -> Advert {
    Advert {
        version: Version::V2(auth),
        ..Advert::default()
    }
}

fn v2_without_password() -> Advert {
    v2(Authentication::NONE)
}

pub(crate) fn unicast() -> Advert {
    Advert {
        destination: OWN_IP,
        mac: OWN_MAC,
        ttl: 64,
        ..Advert::default()
    }
}

fn longest(advert: Advert) -> Advert {
    Advert {
        addresses: vec![VIRTUAL_IP; 255],
        ..advert
    }
}

fn without_pseudo_header() -> Advert {
    Advert {
        pseudo_header: false,
        ..Advert::default()
    }
}

fn of_priority(priority: u8) -> Advert {
    Advert {
        priority,
        ..Advert::default()
    }
}

fn alive(name: &'static str, frame: Vec<u8>) -> Fixture {
    Fixture::new(name, Reason::AdvertAlive, Role::Backup, frame).leaves(Trace::Alive)
}

fn signs_of_life() -> Vec<Fixture> {
    let nameless = Advert {
        addresses: vec![],
        ..Advert::default()
    };
    let of_another_list = Advert {
        addresses: vec![FOREIGN_IP; 3],
        ..Advert::default()
    };
    let to_virtual_mac = Advert {
        mac: [0, 0, 0x5e, 0, 1, VRID],
        ..unicast()
    };
    let mut padded = Advert::default().frame();
    padded.resize(60, 0xaa);
    vec![
        alive("version 3", Advert::default().frame()),
        alive("255 addresses", longest(Advert::default()).frame()),
        alive("no address", nameless.frame()),
        alive("other addresses than ours", of_another_list.frame()),
        alive("unicast, forwarded", unicast().frame()),
        alive("unicast to a virtual MAC", to_virtual_mac.frame()),
        alive("IP options", with_options(&Advert::default().frame())),
        alive("padding", padded),
    ]
}

fn of_ttl(ttl: u8) -> Advert {
    Advert { ttl, ..unicast() }
}

fn signs_of_life_by_configuration() -> Vec<Fixture> {
    let password = Authentication::plain_text(PASSWORD);
    vec![
        alive("version 2", v2_without_password().frame()).prepare(speak_v2),
        alive("version 2, 255 addresses", longest(v2(password)).frame())
            .prepare(speak_v2_with_password),
        alive("from a peer", unicast().frame())
            .prepare(|director| accept_only(director, LESSER_PEER_IP)),
        alive("from a peer as far away as that", of_ttl(64).frame())
            .prepare(|director| accept_at(director, LESSER_PEER_IP, &(64..=64))),
        alive(
            "no pseudo-header, by agreement",
            without_pseudo_header().frame(),
        )
        .prepare(|director| elect(director, |election| election.flags = flag::CHECKSUM_AS_V2)),
        alive("lower, with preemption off", of_priority(1).frame()).prepare(accept_anyone),
    ]
}

fn lower_and_leaving() -> Vec<Fixture> {
    let lower = of_priority(PRIORITY - 1).frame();
    let farewell = |name| {
        Fixture::new(
            name,
            Reason::AdvertLeaving,
            Role::Backup,
            of_priority(0).frame(),
        )
    };
    vec![
        Fixture::new("lower", Reason::AdvertLower, Role::Backup, lower).leaves(Trace::Lower),
        farewell("the Active leaves").leaves(Trace::Counted),
        farewell("the Active leaves, with preemption off")
            .prepare(accept_anyone)
            .leaves(Trace::Counted),
    ]
}

fn refused(reason: Reason, name: &'static str, frame: Vec<u8>) -> Fixture {
    Fixture::new(name, reason, Role::Active, frame)
}

fn refused_by_packet() -> Vec<Fixture> {
    let to_mac = |mac| Advert {
        mac,
        ..Advert::default()
    };
    let reflected = Advert {
        source: OWN_IP,
        ..Advert::default()
    };
    let forwarded = Advert {
        ttl: 254,
        ..Advert::default()
    };
    vec![
        refused(Reason::AdvertOwn, "our own", reflected.frame()),
        refused(Reason::AdvertTtl, "forwarded", forwarded.frame()),
        refused(Reason::AdvertMac, "to our MAC", to_mac(OWN_MAC).frame()),
        refused(
            Reason::AdvertMac,
            "broadcast",
            to_mac(ethernet::BROADCAST).frame(),
        ),
    ]
}

fn refused_by_message() -> Vec<Fixture> {
    let valid = Advert::default();
    let mut flipped = valid.frame();
    flipped[42] ^= 1;
    let mut flipped_at_the_end = longest(valid.clone()).frame();
    *flipped_at_the_end.last_mut().expect("not empty") ^= 1;
    let mut truncated = valid.frame();
    truncated.truncate(43);
    use Reason::{AdvertChecksum, AdvertLength, AdvertType, AdvertVersion};
    vec![
        refused(AdvertVersion, "version 4", valid.frame_with(0, 0x41)),
        refused(AdvertType, "type 2", valid.frame_with(0, 0x32)),
        refused(AdvertLength, "too many addresses", valid.frame_with(3, 2)),
        refused(AdvertLength, "too few addresses", valid.frame_with(3, 0)),
        refused(AdvertLength, "an address is cut short", truncated),
        refused(AdvertChecksum, "a flipped bit", flipped),
        refused(AdvertChecksum, "a flipped last bit", flipped_at_the_end),
    ]
}

fn refused_by_configuration() -> Vec<Fixture> {
    let plain = v2_without_password();
    let other_password = v2(Authentication::plain_text(OTHER_PASSWORD));
    let slow = Advert {
        interval: INTERVAL * 2,
        ..plain.clone()
    };
    let without_pseudo = without_pseudo_header();
    use Reason::{
        AdvertAuth, AdvertChecksum, AdvertInterval, AdvertSource, AdvertTtl, AdvertVersion,
    };
    vec![
        refused(AdvertVersion, "version 2", plain.frame()),
        refused(AdvertVersion, "version 3", Advert::default().frame()).prepare(speak_v2),
        refused(AdvertAuth, "no password", plain.frame()).prepare(speak_v2_with_password),
        refused(AdvertAuth, "another password", other_password.frame())
            .prepare(speak_v2_with_password),
        refused(AdvertAuth, "a password", other_password.frame()).prepare(speak_v2),
        refused(AdvertInterval, "another interval", slow.frame()).prepare(speak_v2),
        refused(AdvertChecksum, "no pseudo-header", without_pseudo.frame()),
        refused(AdvertSource, "not from a peer", unicast().frame())
            .prepare(|director| accept_only(director, PEER_IP)),
        refused(AdvertTtl, "from a peer, too far away", of_ttl(63).frame())
            .prepare(|director| accept_at(director, LESSER_PEER_IP, &(64..=100))),
        refused(AdvertTtl, "from a peer, too near", of_ttl(101).frame())
            .prepare(|director| accept_at(director, LESSER_PEER_IP, &(64..=100))),
    ]
}

fn heard(name: &'static str, reason: Reason, advert: &Advert) -> Fixture {
    Fixture::new(name, reason, Role::Active, advert.frame())
}

fn heard_while_active() -> Vec<Fixture> {
    let higher = of_priority(PRIORITY + 1);
    let highest = of_priority(255);
    let tie_lost = Advert {
        source: PEER_IP,
        ..Advert::default()
    };
    vec![
        heard("a higher priority", Reason::AdvertFenced, &higher)
            .leaves(Trace::Alive)
            .fences(),
        heard("an owner's priority", Reason::AdvertFenced, &highest)
            .leaves(Trace::Alive)
            .fences(),
        heard(
            "a stranger's farewell",
            Reason::AdvertLeaving,
            &of_priority(0),
        )
        .leaves(Trace::Counted),
        heard("a tie that we lose", Reason::AdvertFenced, &tie_lost)
            .leaves(Trace::Alive)
            .fences(),
        heard("a tie that we win", Reason::AdvertAlive, &Advert::default()).leaves(Trace::Alive),
        heard("a lower priority", Reason::AdvertLower, &of_priority(1)).leaves(Trace::Lower),
        Fixture::new(
            "a higher priority, not owned",
            Reason::AdvertAlive,
            Role::Backup,
            higher.frame(),
        )
        .leaves(Trace::Alive),
        Fixture::new(
            "a higher priority, the lease has ended unnoticed",
            Reason::AdvertFenced,
            Role::Lapsed,
            higher.frame(),
        )
        .leaves(Trace::Alive)
        .fences(),
    ]
}

fn heard_while_silent() -> Vec<Fixture> {
    vec![
        heard(
            "a lower priority, us silent",
            Reason::AdvertFenced,
            &of_priority(1),
        )
        .prepare(fall_silent)
        .leaves(Trace::Lower)
        .fences(),
        heard(
            "a farewell, us silent",
            Reason::AdvertLeaving,
            &of_priority(0),
        )
        .prepare(fall_silent)
        .leaves(Trace::Counted),
        heard(
            "a lower priority, our first advert to come",
            Reason::AdvertLower,
            &of_priority(1),
        )
        .prepare(have_just_taken_over)
        .leaves(Trace::Lower),
    ]
}

pub(crate) fn fall_silent(director: &mut Director) -> Result<()> {
    director.fall_silent(INTERVAL * 2);
    Ok(())
}

fn have_just_taken_over(director: &mut Director) -> Result<()> {
    let record = director.record();
    record.set_last_sent(record.owned_since() - INTERVAL * 3);
    Ok(())
}
