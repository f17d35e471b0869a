//! Virtual addresses of a link, in VLANs: there they are other ones, of another interface.

use ha_common::Reason;
use ha_common::wire::vlan;
use ha_tests::xdp::frame::{DOUBLE_TAG, OWN_MAC, tagged};
use ha_tests::xdp::ipv6::{LINK_LOCAL, Message, Packet};

use crate::fixture::Fixture;
use crate::fixture::Role::{self, Active, Backup, Lapsed};

const UDP: u8 = 17;
/// Tag control information that gives a priority and names no VLAN.
const PRIORITY_ALONE: [u8; 2] = [0xe0, 0];

pub(crate) fn incoming() -> impl Iterator<Item = Fixture> {
    in_vlans().chain(with_a_priority())
}

pub(crate) fn outgoing() -> impl Iterator<Item = Fixture> {
    leaving_in_vlans().chain(leaving_with_a_priority())
}

fn in_a_vlan(frame: &[u8]) -> Vec<u8> {
    tagged(frame, &[vlan::TYPE_CUSTOMER])
}

fn with_priority(frame: &[u8]) -> Vec<u8> {
    let mut frame = in_a_vlan(frame);
    frame[14..16].copy_from_slice(&PRIORITY_ALONE);
    frame
}

/// The frame in a VLAN, behind a tag that names none.
fn in_a_vlan_with_priority(frame: &[u8]) -> Vec<u8> {
    let mut frame = tagged(frame, &DOUBLE_TAG);
    frame[14..16].copy_from_slice(&PRIORITY_ALONE);
    frame
}

fn asked() -> Vec<u8> {
    Message::solicitation(LINK_LOCAL).frame()
}

fn datagram() -> Vec<u8> {
    Packet::to(LINK_LOCAL, UDP).frame(OWN_MAC)
}

fn advertised() -> Vec<u8> {
    Message::advertisement(LINK_LOCAL).packet().leaving()
}

fn spoken() -> Vec<u8> {
    let packet = Packet {
        source: LINK_LOCAL,
        ..Packet::to(LINK_LOCAL, UDP)
    };
    packet.leaving()
}

fn case((reason, role, name, frame): (Reason, Role, &'static str, Vec<u8>)) -> Fixture {
    Fixture::new(name, reason, role, frame)
}

fn in_vlans() -> impl Iterator<Item = Fixture> {
    let claimed = Message::advertisement(LINK_LOCAL).frame();
    use Reason::Foreign;
    [
        (Active, "VLAN: a solicitation", in_a_vlan(&asked())),
        (Backup, "VLAN: one to a Backup", in_a_vlan(&asked())),
        (
            Lapsed,
            "two VLANs: a solicitation",
            tagged(&asked(), &DOUBLE_TAG),
        ),
        (
            Active,
            "VLAN behind a priority: a solicitation",
            in_a_vlan_with_priority(&asked()),
        ),
        (Active, "VLAN: its owner advertises", in_a_vlan(&claimed)),
        (Lapsed, "VLAN: a datagram", in_a_vlan(&datagram())),
    ]
    .into_iter()
    .map(|(role, name, frame)| case((Foreign, role, name, frame)))
}

fn with_a_priority() -> impl Iterator<Item = Fixture> {
    use Reason::{NdAnswered, NdNotOwned, VipNotOwned};
    [
        (
            NdAnswered,
            Active,
            "priority: a solicitation",
            with_priority(&asked()),
        ),
        (
            NdNotOwned,
            Backup,
            "priority: one to a Backup",
            with_priority(&asked()),
        ),
        (
            VipNotOwned,
            Lapsed,
            "priority: a datagram",
            with_priority(&datagram()),
        ),
    ]
    .into_iter()
    .map(case)
}

fn leaving_in_vlans() -> impl Iterator<Item = Fixture> {
    [
        ("VLAN: its owner's advertisement", in_a_vlan(&advertised())),
        ("VLAN: its owner's datagram", in_a_vlan(&spoken())),
        (
            "two VLANs: its owner's datagram",
            tagged(&spoken(), &DOUBLE_TAG),
        ),
    ]
    .into_iter()
    .map(|(name, frame)| case((Reason::OutPassed, Lapsed, name, frame)))
}

fn leaving_with_a_priority() -> impl Iterator<Item = Fixture> {
    use Reason::{OutNdNotOwned, OutVipNotOwned};
    [
        (
            OutNdNotOwned,
            Lapsed,
            "priority: a late advertisement",
            with_priority(&advertised()),
        ),
        (
            OutVipNotOwned,
            Lapsed,
            "priority: a late datagram",
            with_priority(&spoken()),
        ),
    ]
    .into_iter()
    .map(case)
}
