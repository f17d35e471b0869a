//! Adverts over IPv6: taken, refused, and those that end an ownership.

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::flag;
use ha_common::wire::vrrp::{Authentication, Version};
use ha_common::wire::{ethernet, vlan};
use ha_tests::xdp::frame::{OWN_MAC, PEER_MAC, tagged};
use ha_tests::xdp::ipv6::{Advert, DISTANT_PEER, LESSER_PEER, OWN, PEER, TWIN, VIRTUAL};
use ha_tests::xdp::{Director, INTERVAL, PRIORITY, ROUTER, VRID};

use crate::adverts::{elect, fall_silent, speak_v2};
use crate::fixture::{Fixture, Role, Trace};

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    signs_of_life()
        .into_iter()
        .chain(lower_and_leaving())
        .chain(refused_by_packet())
        .chain(refused_by_message())
        .chain(refused_by_configuration())
        .chain(foreign())
        .chain(heard_while_active())
        .chain(heard_while_silent())
}

fn v2() -> Advert {
    Advert {
        version: Version::V2(Authentication::NONE),
        ..Advert::default()
    }
}

fn of_priority(priority: u8) -> Advert {
    Advert {
        priority,
        ..Advert::default()
    }
}

fn from(source: [u8; 16]) -> Advert {
    Advert {
        source,
        ..Advert::default()
    }
}

/// Sources are checked, and `peer` is the only one.
fn accept_only(director: &mut Director, peer: [u8; 16]) -> Result<()> {
    let hops = 0..=u8::MAX;
    director.datapath.set_peer(ROUTER, peer.into(), &hops)?;
    elect(director, |election| election.flags = flag::CHECK_SOURCE)
}

fn alive(name: &'static str, frame: Vec<u8>) -> Fixture {
    Fixture::new(name, Reason::AdvertAlive, Role::Backup, frame).leaves(Trace::Alive)
}

fn signs_of_life() -> Vec<Fixture> {
    let longest = Advert {
        addresses: vec![VIRTUAL; 255],
        ..Advert::default()
    };
    let nameless = Advert {
        addresses: vec![],
        ..Advert::default()
    };
    let to_virtual_mac = Advert {
        mac: [0, 0, 0x5e, 0, 2, VRID],
        ..Advert::unicast()
    };
    let mut padded = Advert::default().frame();
    padded.extend([0xaa; 6]);
    vec![
        alive("version 3 over IPv6", Advert::default().frame()),
        alive("255 addresses of IPv6", longest.frame()),
        alive("no address of IPv6", nameless.frame()),
        alive("unicast over IPv6, forwarded", Advert::unicast().frame()),
        alive("unicast to a virtual MAC of IPv6", to_virtual_mac.frame()),
        alive("IPv6 and padding", padded),
        alive("from whose words are ours", from(TWIN).frame()),
        alive("version 2 over IPv6", v2().frame()).prepare(speak_v2),
        alive("from a peer over IPv6", Advert::unicast().frame())
            .prepare(|director| accept_only(director, LESSER_PEER)),
        alive("v3_checksum_as_v2 over IPv6", Advert::default().frame())
            .prepare(|director| elect(director, |election| election.flags = flag::CHECKSUM_AS_V2)),
    ]
}

fn lower_and_leaving() -> Vec<Fixture> {
    let case =
        |name, reason, advert: Advert| Fixture::new(name, reason, Role::Backup, advert.frame());
    vec![
        case(
            "lower over IPv6",
            Reason::AdvertLower,
            of_priority(PRIORITY - 1),
        )
        .leaves(Trace::Lower),
        case(
            "the Active leaves over IPv6",
            Reason::AdvertLeaving,
            of_priority(0),
        )
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
    let forwarded = Advert {
        hop_limit: 254,
        ..Advert::default()
    };
    use Reason::{AdvertMac, AdvertOwn, AdvertTtl};
    vec![
        refused(AdvertOwn, "our own over IPv6", from(OWN).frame()),
        refused(AdvertTtl, "forwarded over IPv6", forwarded.frame()),
        refused(AdvertMac, "IPv6 to our MAC", to_mac(OWN_MAC).frame()),
        refused(
            AdvertMac,
            "IPv6 to the group of IPv4",
            to_mac(ethernet::VRRP_GROUP).frame(),
        ),
    ]
}

fn refused_by_message() -> Vec<Fixture> {
    let valid = Advert::default();
    let with = |at: usize, octet| valid.frame_with(|advert| advert[at] = octet);
    let mut flipped = valid.frame();
    flipped[62] ^= 1;
    let mut truncated = valid.frame();
    truncated.pop();
    use Reason::{AdvertChecksum, AdvertLength, AdvertType, AdvertVersion};
    vec![
        refused(AdvertVersion, "version 4 over IPv6", with(0, 0x41)),
        refused(AdvertType, "type 2 over IPv6", with(0, 0x32)),
        refused(AdvertLength, "too many addresses of IPv6", with(3, 3)),
        refused(AdvertLength, "an address of IPv6 is cut short", truncated),
        refused(AdvertLength, "authentication data over IPv6", {
            valid.frame_with(|advert| advert.extend([0; 8]))
        }),
        refused(AdvertChecksum, "a flipped bit over IPv6", flipped),
    ]
}

fn refused_by_configuration() -> Vec<Fixture> {
    let slow = Advert {
        interval: INTERVAL * 2,
        ..v2()
    };
    let authentic = Advert {
        version: Version::V2(Authentication::plain_text([0; 8])),
        ..Advert::default()
    };
    let without_pseudo = Advert {
        pseudo_header: false,
        ..Advert::default()
    };
    let speak_with_password = |director: &mut Director| {
        elect(director, |election| {
            election.version = 2;
            election.flags = flag::PLAIN_TEXT_AUTH;
        })
    };
    use Reason::{AdvertAuth, AdvertChecksum, AdvertInterval, AdvertSource, AdvertVersion};
    vec![
        refused(AdvertVersion, "version 2 over IPv6", v2().frame()),
        refused(AdvertAuth, "IPv6 says a password", authentic.frame()).prepare(speak_v2),
        refused(AdvertAuth, "IPv6 has no password", authentic.frame()).prepare(speak_with_password),
        refused(AdvertInterval, "another interval over IPv6", slow.frame()).prepare(speak_v2),
        refused(
            AdvertChecksum,
            "IPv6, no pseudo-header",
            without_pseudo.frame(),
        ),
        refused(
            AdvertSource,
            "IPv6, not from a peer",
            Advert::unicast().frame(),
        )
        .prepare(|director| accept_only(director, PEER)),
    ]
}

fn foreign() -> Vec<Fixture> {
    let other = Advert {
        vrid: VRID + 1,
        ..Advert::default()
    };
    let elsewhere = Advert {
        mac: PEER_MAC,
        ..Advert::unicast()
    };
    let of_a_vlan = tagged(&Advert::default().frame(), &[vlan::TYPE_CUSTOMER]);
    [
        ("another VRID over IPv6", other.frame()),
        ("an advert of a VLAN over IPv6", of_a_vlan),
        ("unicast over IPv6 for another host", elsewhere.frame()),
    ]
    .into_iter()
    .map(|(name, frame)| Fixture::new(name, Reason::AdvertForeign, Role::Active, frame))
    .chain([Fixture::new(
        "an advert over IPv6 that is cut short",
        Reason::Unparsable,
        Role::Active,
        Advert::default().frame()[..61].to_vec(),
    )])
    .collect()
}

fn heard(name: &'static str, reason: Reason, advert: &Advert) -> Fixture {
    Fixture::new(name, reason, Role::Active, advert.frame())
}

fn heard_while_active() -> Vec<Fixture> {
    let higher = of_priority(PRIORITY + 1);
    use Reason::{AdvertAlive, AdvertFenced, AdvertLeaving, AdvertLower};
    let fences = |name, advert| {
        heard(name, AdvertFenced, advert)
            .leaves(Trace::Alive)
            .fences()
    };
    vec![
        fences("a higher priority over IPv6", &higher),
        fences("a tie that we lose over IPv6", &from(PEER)),
        heard(
            "a tie that we win over IPv6",
            AdvertAlive,
            &Advert::default(),
        )
        .leaves(Trace::Alive),
        heard(
            "a tie with another network",
            AdvertAlive,
            &from(DISTANT_PEER),
        )
        .leaves(Trace::Alive),
        heard("a lower priority over IPv6", AdvertLower, &of_priority(1)).leaves(Trace::Lower),
        heard("a farewell over IPv6", AdvertLeaving, &of_priority(0)).leaves(Trace::Counted),
        Fixture::new(
            "a higher priority over IPv6, the lease has ended unnoticed",
            AdvertFenced,
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
            "a lower priority over IPv6, us silent",
            Reason::AdvertFenced,
            &of_priority(1),
        )
        .prepare(fall_silent)
        .leaves(Trace::Lower)
        .fences(),
    ]
}
