//! Virtual addresses of IPv6: who sends to them, who speaks for them.

use ha_common::Reason;
use ha_common::wire::ethernet::TYPE_IPV6;
use ha_common::wire::vlan;
use ha_tests::xdp::frame::{self, DOUBLE_TAG, OWN_MAC, PEER_MAC, tagged};
use ha_tests::xdp::ipv6::{
    ALL_NODES, ELSEWHERE, FOREIGN, ICMPV6, LINK_LOCAL, Message, Packet, ROUTER_ADVERTISEMENT,
    UNSPECIFIED, VIRTUAL, VRRP, group_mac,
};
use ha_tests::xdp::{IFINDEX, VRID};
use ha_user::net::clock;

use crate::fixture::Fixture;
use crate::fixture::Role::{self, Active, Backup, Lapsed};
use crate::policies::orphan;

const HOP_BY_HOP: u8 = 0;
const UDP: u8 = 17;
const FRAGMENT: u8 = 44;

pub(crate) fn incoming() -> impl Iterator<Item = Fixture> {
    packets()
        .into_iter()
        .chain(lapsed_packets())
        .chain(questions())
        .chain(malformed_questions())
        .chain(questions_with_preparation())
        .chain(probes_and_announcements())
        .chain(malformed_announcements())
}

fn asked() -> Message {
    Message::solicitation(VIRTUAL)
}

/// A question of somebody who has the address in mind already.
fn to_us() -> Vec<u8> {
    let asked = Message {
        destination: VIRTUAL,
        ..asked()
    };
    asked.packet().frame(OWN_MAC)
}

fn questions() -> Vec<Fixture> {
    let many = asked().frame();
    let of_link = Message::solicitation(LINK_LOCAL).frame();
    let once = tagged(&many, &[vlan::TYPE_CUSTOMER]);
    let twice = tagged(&many, &DOUBLE_TAG);
    let with = |options: &[u8]| {
        let asked = Message {
            options: options.to_vec(),
            ..asked()
        };
        asked.frame()
    };
    let nonce = [&asked().options[..], &[14, 1, 1, 2, 3, 4, 5, 6]].concat();
    let elsewhere = asked().packet().frame(PEER_MAC);
    let other = Message::solicitation(FOREIGN).frame();
    let other_link = Message::solicitation(ELSEWHERE).frame();
    use Reason::{Foreign, NdAnswered, NdNotOwned, NdUnready};
    vec![
        case(NdAnswered, Active, "a solicitation", many.clone()),
        case(NdAnswered, Active, "a solicitation to our MAC", to_us()),
        case(NdAnswered, Active, "for the link's address", of_link),
        case(NdAnswered, Active, "a solicitation, tagged", once),
        case(
            NdAnswered,
            Active,
            "a solicitation, tagged twice",
            twice.clone(),
        ),
        case(NdUnready, Active, "without an option", with(&[])),
        case(NdUnready, Active, "with two options", with(&nonce)),
        case(NdUnready, Active, "with another option", with(&nonce[8..])),
        case(
            NdNotOwned,
            Backup,
            "a solicitation to a Backup",
            many.clone(),
        ),
        case(NdNotOwned, Lapsed, "a solicitation after the lease", many),
        case(
            NdNotOwned,
            Lapsed,
            "a solicitation to our MAC then",
            to_us(),
        ),
        case(
            NdNotOwned,
            Lapsed,
            "a solicitation, tagged twice then",
            twice,
        ),
        case(NdNotOwned, Lapsed, "without an option then", with(&[])),
        case(Foreign, Lapsed, "a solicitation to another MAC", elsewhere),
        case(Foreign, Lapsed, "a solicitation for another", other),
        case(Foreign, Lapsed, "for another link's", other_link),
    ]
}

fn malformed_questions() -> Vec<Fixture> {
    let forwarded = Message {
        hop_limit: 254,
        ..asked()
    };
    let of_code = Message { code: 1, ..asked() };
    let from_a_group = Message {
        source: ALL_NODES,
        ..asked()
    };
    let from_many = Message {
        options: vec![1, 1, 0x33, 0x33, 0, 0, 0, 1],
        ..asked()
    };
    let mut flipped = asked().frame();
    flipped[80] ^= 1;
    let cut = asked().frame()[..85].to_vec();
    let pass = |name, frame| case(Reason::Unparsable, Active, name, frame);
    vec![
        pass("a solicitation that was forwarded", forwarded.frame()),
        pass("a solicitation with a code", of_code.frame()),
        pass("a solicitation from a group", from_a_group.frame()),
        pass("a solicitation from a group's MAC", from_many.frame()),
        pass("a solicitation with a flipped bit", flipped),
        pass("a solicitation that is cut short", cut),
    ]
}

fn questions_with_preparation() -> Vec<Fixture> {
    let many = || asked().frame();
    use Reason::{NdNotOwned, NdUnready, Orphaned};
    vec![
        case(NdNotOwned, Active, "a solicitation after a fence", many()).prepare(|director| {
            director.record().fence(clock::now());
            Ok(())
        }),
        case(
            NdUnready,
            Active,
            "a solicitation, our MAC not known",
            many(),
        )
        .prepare(|director| Ok(director.datapath.forget(IFINDEX)?)),
        case(Orphaned, Active, "a solicitation to an orphan", many()).prepare(orphan),
    ]
}

fn probes_and_announcements() -> Vec<Fixture> {
    let probe = Message {
        source: UNSPECIFIED,
        options: vec![],
        ..asked()
    };
    let as_ours = Message {
        source: VIRTUAL,
        ..asked()
    };
    let (probe, as_ours) = (probe.frame(), as_ours.frame());
    let theirs = announcement().frame();
    let ours = announcement().packet();
    let ours = ethernet(group_mac(ALL_NODES), OWN_MAC, &ours.octets());
    use Reason::{NdAnnouncement, NdConflict, NdNotOwned, NdProbe, Orphaned};
    vec![
        case(
            NdProbe,
            Active,
            "an address that is ours, detected",
            probe.clone(),
        ),
        case(NdProbe, Backup, "the same at a Backup", probe.clone()),
        case(
            NdNotOwned,
            Lapsed,
            "the same after the lease",
            probe.clone(),
        ),
        case(Orphaned, Lapsed, "the same at an orphan", probe).prepare(orphan),
        case(
            NdAnnouncement,
            Backup,
            "keepalived's advertisement",
            theirs.clone(),
        ),
        case(
            NdAnnouncement,
            Lapsed,
            "the new owner's advertisement",
            theirs.clone(),
        ),
        case(NdAnnouncement, Active, "our own advertisement, heard", ours),
        case(
            NdConflict,
            Active,
            "another host advertises what we own",
            theirs,
        ),
        case(
            NdConflict,
            Active,
            "another host asks as what we own",
            as_ours,
        ),
    ]
}

/// What the kernel does not believe (RFC 4861 section 7.1) is no conflict.
fn malformed_announcements() -> Vec<Fixture> {
    let forwarded = Message {
        hop_limit: 60,
        ..announcement()
    };
    let of_code = Message {
        code: 1,
        ..announcement()
    };
    let as_ours = Message {
        source: VIRTUAL,
        hop_limit: 254,
        ..asked()
    };
    let mut to_us = forwarded.clone();
    to_us.destination = FOREIGN;
    let to_us = to_us.packet().frame(OWN_MAC);
    let pass = |role, name, frame| case(Reason::Unparsable, role, name, frame);
    vec![
        pass(Active, "a routed advertisement", to_us),
        pass(Active, "a forwarded one", forwarded.frame()),
        pass(Backup, "the same at a Backup", forwarded.frame()),
        pass(Active, "an advertisement with a code", of_code.frame()),
        pass(Active, "a forwarded question as ours", as_ours.frame()),
    ]
}

fn ethernet(to: [u8; 6], from: [u8; 6], packet: &[u8]) -> Vec<u8> {
    frame::ethernet(to, from, TYPE_IPV6, packet)
}

pub(crate) fn outgoing() -> impl Iterator<Item = Fixture> {
    owner()
        .into_iter()
        .chain(former_owner())
        .chain(backup())
        .chain(others())
}

fn case(reason: Reason, role: Role, name: &'static str, frame: Vec<u8>) -> Fixture {
    Fixture::new(name, reason, role, frame)
}

fn ping() -> Vec<u8> {
    Packet::to(VIRTUAL, ICMPV6).frame(OWN_MAC)
}

fn packets() -> Vec<Fixture> {
    let to = |address, mac| Packet::to(address, UDP).frame(mac);
    let mut of_version_4 = ping();
    of_version_4[14] = 0x45;
    use Reason::{Foreign, Orphaned, Unparsable, VipNotOwned, VipOperator, VipOwned};
    vec![
        case(VipOwned, Active, "IPv6: an echo request", ping()),
        case(
            VipOwned,
            Active,
            "IPv6: to the link's",
            to(LINK_LOCAL, OWN_MAC),
        ),
        case(VipOperator, Backup, "IPv6: to the operator's", ping()),
        case(VipNotOwned, Active, "IPv6: after a fence", ping()).prepare(|director| {
            director.record().fence(clock::now());
            Ok(())
        }),
        case(Orphaned, Lapsed, "IPv6: to an orphan", ping()).prepare(orphan),
        case(Foreign, Lapsed, "IPv6: to another", to(FOREIGN, OWN_MAC)),
        case(
            Foreign,
            Lapsed,
            "IPv6: another link's",
            to(ELSEWHERE, OWN_MAC),
        ),
        case(Foreign, Lapsed, "IPv6: another MAC", to(VIRTUAL, PEER_MAC)),
        case(Unparsable, Lapsed, "IPv6 of version 4", of_version_4),
        case(Unparsable, Lapsed, "IPv6: cut short", ping()[..53].to_vec()),
    ]
}

fn lapsed_packets() -> Vec<Fixture> {
    let virtual_mac = [0, 0, 0x5e, 0, 2, VRID];
    [
        ("IPv6: after the lease", ping()),
        (
            "IPv6: the same, tagged",
            tagged(&ping(), &[vlan::TYPE_CUSTOMER]),
        ),
        ("IPv6: the same, tagged twice", tagged(&ping(), &DOUBLE_TAG)),
        (
            "IPv6: with an extension",
            Packet::to(VIRTUAL, HOP_BY_HOP).frame(OWN_MAC),
        ),
        (
            "IPv6: a fragment",
            Packet::to(VIRTUAL, FRAGMENT).frame(OWN_MAC),
        ),
        (
            "IPv6: to a virtual MAC",
            Packet::to(VIRTUAL, UDP).frame(virtual_mac),
        ),
        (
            "IPv6: to the link's",
            Packet::to(LINK_LOCAL, UDP).frame(OWN_MAC),
        ),
        ("IPv6: an address and no more", ping()[..54].to_vec()),
    ]
    .into_iter()
    .map(|(name, frame)| case(Reason::VipNotOwned, Lapsed, name, frame))
    .collect()
}

fn from(source: [u8; 16], next_header: u8) -> Vec<u8> {
    let packet = Packet {
        source,
        ..Packet::to(FOREIGN, next_header)
    };
    packet.leaving()
}

fn announcement() -> Message {
    Message::advertisement(VIRTUAL)
}

/// A question of ours for somebody else, as the virtual address.
fn question() -> Message {
    Message {
        source: VIRTUAL,
        ..Message::solicitation(FOREIGN)
    }
}

fn owner() -> Vec<Fixture> {
    let passes = |name, frame| case(Reason::OutPassed, Active, name, frame);
    vec![
        passes("IPv6: our announcement", announcement().packet().leaving()),
        passes("IPv6: our question", question().packet().leaving()),
        passes("IPv6: our packet", from(VIRTUAL, UDP)),
    ]
}

fn former_owner() -> Vec<Fixture> {
    use Reason::{Orphaned, OutNdNotOwned, OutPassed, OutVipNotOwned};
    let announced = announcement().packet().leaving();
    let by_another = Message {
        source: FOREIGN,
        ..announcement()
    };
    let of_another = Message {
        target: FOREIGN,
        ..announcement()
    };
    let as_router = Message {
        kind: ROUTER_ADVERTISEMENT,
        ..announcement()
    };
    let in_a_vlan = tagged(&announced, &DOUBLE_TAG);
    let leaves = |message: &Message| message.packet().leaving();
    let lapsed = |reason, name, frame| case(reason, Lapsed, name, frame);
    vec![
        lapsed(OutNdNotOwned, "a late advertisement", announced.clone()),
        lapsed(OutNdNotOwned, "the same in two VLANs", in_a_vlan),
        lapsed(OutNdNotOwned, "it by another", leaves(&by_another)),
        lapsed(OutNdNotOwned, "another as the VIP", leaves(&of_another)),
        lapsed(OutNdNotOwned, "a solicitation as it", leaves(&question())),
        lapsed(OutNdNotOwned, "a router as the VIP", leaves(&as_router)),
        lapsed(OutVipNotOwned, "IPv6 as the VIP", from(VIRTUAL, UDP)),
        lapsed(OutVipNotOwned, "its echo", from(VIRTUAL, ICMPV6)),
        lapsed(OutVipNotOwned, "the link's", from(LINK_LOCAL, UDP)),
        lapsed(OutPassed, "an advert over IPv6", from(VIRTUAL, VRRP)),
        lapsed(Orphaned, "an orphan's IPv6", from(VIRTUAL, UDP)).prepare(orphan),
        lapsed(Orphaned, "an orphan's advertisement", announced).prepare(orphan),
    ]
}

fn backup() -> Vec<Fixture> {
    use Reason::{OutNdNotOwned, OutPassed};
    let announced = announcement().packet().leaving();
    vec![
        case(OutNdNotOwned, Backup, "a Backup advertises", announced),
        case(
            OutPassed,
            Backup,
            "IPv6 of the operator's",
            from(VIRTUAL, UDP),
        ),
    ]
}

fn others() -> Vec<Fixture> {
    let leaves = |name, frame| case(Reason::OutPassed, Lapsed, name, frame);
    let by_another = Message {
        source: FOREIGN,
        ..announcement()
    };
    let probe = Message {
        source: UNSPECIFIED,
        ..Message::solicitation(VIRTUAL)
    };
    let own = Message::advertisement(FOREIGN);
    vec![
        leaves("IPv6 of our own", from(FOREIGN, UDP)),
        leaves("another link's", from(ELSEWHERE, UDP)),
        leaves("our own advertisement", own.packet().leaving()),
        leaves("an address to be", probe.packet().leaving()),
        leaves("IPv6 that is cut short", from(VIRTUAL, UDP)[..53].to_vec()),
        leaves(
            "an advertisement that is cut short",
            by_another.packet().leaving()[..77].to_vec(),
        ),
    ]
}
