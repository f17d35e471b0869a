//! The virtual address: who asks for it, who speaks of it, who sends to it.

use ha_common::Reason;
use ha_common::wire::{arp, ethernet, vlan};
use ha_tests::xdp::frame::{
    Advert, DOUBLE_TAG, OWN_MAC, PEER_MAC, VIRTUAL_IP, arp_frame, as_fragment, ip_frame, question,
    tagged, with_options,
};
use ha_tests::xdp::{IFINDEX, VRID};
use ha_user::net::clock;

use crate::adverts::unicast;
use crate::fixture::Fixture;
use crate::fixture::Role::{self, Active, Backup, Lapsed};

const UDP: u8 = 17;
const ICMP: u8 = 1;

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    questions()
        .into_iter()
        .chain(questions_with_preparation())
        .chain(probes_and_announcements())
        .chain(packets())
        .chain(lapsed_packets())
}

fn case(reason: Reason, role: Role, name: &'static str, frame: &[u8]) -> Fixture {
    Fixture::new(name, reason, role, frame.to_vec())
}

fn asked() -> Vec<u8> {
    arp_frame(ethernet::BROADCAST, &question(VIRTUAL_IP))
}

fn questions() -> Vec<Fixture> {
    let asked = asked();
    let directly = arp_frame(OWN_MAC, &question(VIRTUAL_IP));
    let from_a_group = arp::Repr {
        sender_mac: ethernet::BROADCAST,
        ..question(VIRTUAL_IP)
    };
    let from_a_group = arp_frame(ethernet::BROADCAST, &from_a_group);
    let once = tagged(&asked, &[vlan::TYPE_CUSTOMER]);
    let twice = tagged(&asked, &DOUBLE_TAG);
    use Reason::{ArpAnswered, ArpNotOwned, Unparsable};
    vec![
        case(ArpAnswered, Active, "a question", &asked),
        case(ArpAnswered, Active, "a question to our MAC", &directly),
        case(ArpAnswered, Active, "a question, tagged", &once),
        case(ArpAnswered, Active, "a question, tagged twice", &twice),
        case(Unparsable, Active, "a question from a group", &from_a_group),
        case(ArpNotOwned, Backup, "a question to a Backup", &asked),
        case(ArpNotOwned, Lapsed, "a question after the lease", &asked),
        case(ArpNotOwned, Lapsed, "the same to our MAC", &directly),
        case(ArpNotOwned, Lapsed, "the same, tagged", &twice),
    ]
}

fn questions_with_preparation() -> Vec<Fixture> {
    let asked = asked();
    vec![
        case(Reason::ArpNotOwned, Active, "after a fence", &asked).prepare(|director| {
            director.record().fence(clock::now());
            Ok(())
        }),
        case(Reason::ArpUnready, Active, "our MAC is not known", &asked)
            .prepare(|director| Ok(director.datapath.forget(IFINDEX)?)),
    ]
}

fn probes_and_announcements() -> Vec<Fixture> {
    let probe = arp::Repr {
        sender_ip: [0; 4],
        ..question(VIRTUAL_IP)
    };
    let probe = arp_frame(ethernet::BROADCAST, &probe);
    let reply = arp::Repr {
        operation: arp::Operation::Reply,
        ..question(VIRTUAL_IP)
    };
    let reply = arp_frame(OWN_MAC, &reply);
    let announced_by_reply = arp::Repr {
        operation: arp::Operation::Reply,
        ..arp::Repr::announcement(PEER_MAC, VIRTUAL_IP)
    };
    let announced_by_reply = arp_frame(ethernet::BROADCAST, &announced_by_reply);
    let announced = |mac| {
        arp_frame(
            ethernet::BROADCAST,
            &arp::Repr::announcement(mac, VIRTUAL_IP),
        )
    };
    let (ours, theirs) = (announced(OWN_MAC), announced(PEER_MAC));
    use Reason::{ArpAnnouncement, ArpConflict, ArpNotOwned, ArpProbe};
    vec![
        case(ArpProbe, Active, "a probe", &probe),
        case(ArpProbe, Backup, "a probe to a Backup", &probe),
        case(ArpNotOwned, Lapsed, "a probe after the lease", &probe),
        case(
            ArpAnnouncement,
            Backup,
            "keepalived's gratuitous ARP",
            &theirs,
        ),
        case(
            ArpAnnouncement,
            Lapsed,
            "the new owner's gratuitous ARP",
            &theirs,
        ),
        case(ArpAnnouncement, Active, "our own gratuitous ARP", &ours),
        case(ArpAnnouncement, Active, "a reply", &reply),
        case(
            ArpConflict,
            Active,
            "another host announces what we own",
            &theirs,
        ),
        case(
            ArpConflict,
            Active,
            "another host announces it by a reply",
            &announced_by_reply,
        ),
    ]
}

fn ping() -> Vec<u8> {
    ip_frame(OWN_MAC, VIRTUAL_IP, ICMP, &[8; 64])
}

fn packets() -> Vec<Fixture> {
    let ping = ping();
    use Reason::{VipOperator, VipOwned};
    vec![
        case(VipOwned, Active, "an echo request", &ping),
        case(
            VipOperator,
            Backup,
            "to an address of the operator's",
            &ping,
        ),
    ]
}

fn lapsed_packets() -> Vec<Fixture> {
    let ping = ping();
    let to_virtual_mac = ip_frame([0, 0, 0x5e, 0, 1, VRID], VIRTUAL_IP, UDP, &[0; 64]);
    let advert = Advert {
        vrid: VRID + 1,
        destination: VIRTUAL_IP,
        ..unicast()
    };
    [
        ("an echo request after the lease", ping.clone()),
        ("the same, tagged", tagged(&ping, &DOUBLE_TAG)),
        ("the same with options", with_options(&ping)),
        ("a first fragment of it", as_fragment(&ping, 0x2000)),
        ("a last fragment of it", as_fragment(&ping, 8)),
        ("to a virtual MAC", to_virtual_mac),
        ("a foreign advert to the virtual address", advert.frame()),
    ]
    .into_iter()
    .map(|(name, frame)| Fixture::new(name, Reason::VipNotOwned, Lapsed, frame))
    .collect()
}
