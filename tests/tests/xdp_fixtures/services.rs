//! Services on the virtual address: open, closed, and what is none.

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::{ServicePolicy, ServiceState};
use ha_common::wire::{ethernet, vlan};
use ha_tests::xdp::Director;
use ha_tests::xdp::frame::{
    DOUBLE_TAG, OWN_MAC, PEER_MAC, VIRTUAL_IP, as_fragment, ip_frame, tagged, with_options,
};
use ha_tests::xdp::service::{
    ACK, CORE, FIN, NAMES, RST, Segment, TCP, UDP, WEB, association, datagram, keys,
};

use crate::fixture::Fixture;
use crate::fixture::Role::{self, Active, Backup, Lapsed};

const ICMP: u8 = 1;
const IP: usize = ethernet::HEADER_LEN;
const L4: usize = IP + 20;
const MORE_FRAGMENTS: u16 = 0x2000;

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    open()
        .into_iter()
        .chain(dropped())
        .chain(passed())
        .chain(refused())
        .chain(unanswered_resets())
        .chain(unanswered())
        .chain(of_no_service())
        .chain(not_owned())
}

/// Gives the virtual address its services.
fn serve(director: &mut Director, healthy: u32, policy: ServicePolicy) -> Result<()> {
    for key in keys() {
        let state = ServiceState { healthy, policy };
        director.datapath.add_service(key, state)?;
    }
    Ok(())
}

pub(crate) fn opened(director: &mut Director) -> Result<()> {
    serve(director, 1, ServicePolicy::Reject)
}

fn drops(director: &mut Director) -> Result<()> {
    serve(director, 0, ServicePolicy::Drop)
}

fn passes(director: &mut Director) -> Result<()> {
    serve(director, 0, ServicePolicy::Pass)
}

pub(crate) fn rejects(director: &mut Director) -> Result<()> {
    serve(director, 0, ServicePolicy::Reject)
}

fn syn() -> Vec<u8> {
    Segment::default().frame()
}

fn data() -> Vec<u8> {
    Segment::with_data().frame()
}

fn of_flags(flags: u8) -> Vec<u8> {
    let segment = Segment {
        flags,
        ..Segment::with_data()
    };
    segment.frame()
}

fn asked() -> Vec<u8> {
    datagram(NAMES, b"who is it?")
}

/// `frame` with other octets from `at` on.
fn with(frame: Vec<u8>, at: usize, octets: &[u8]) -> Vec<u8> {
    let mut frame = frame;
    frame[at..at + octets.len()].copy_from_slice(octets);
    frame
}

/// Names of fixtures, their frames, in a role and after a preparation.
fn cases<const N: usize>(
    reason: Reason,
    prepare: fn(&mut Director) -> Result<()>,
    cases: [(&'static str, Vec<u8>); N],
) -> Vec<Fixture> {
    in_role(Active, reason, prepare, cases)
}

fn in_role<const N: usize>(
    role: Role,
    reason: Reason,
    prepare: fn(&mut Director) -> Result<()>,
    cases: [(&'static str, Vec<u8>); N],
) -> Vec<Fixture> {
    let fixture = |(name, frame)| Fixture::new(name, reason, role, frame).prepare(prepare);
    cases.into_iter().map(fixture).collect()
}

fn open() -> Vec<Fixture> {
    cases(
        Reason::VipOwned,
        opened,
        [
            ("open: SYN", syn()),
            ("open: data", data()),
            ("open: UDP", asked()),
            ("open: SCTP", association(CORE)),
        ],
    )
}

fn dropped() -> Vec<Fixture> {
    cases(
        Reason::ServiceClosed,
        drops,
        [
            ("drop: SYN", syn()),
            ("drop: data", data()),
            ("drop: RST", of_flags(RST)),
            ("drop: UDP", asked()),
            ("drop: SCTP", association(CORE)),
            ("drop: options", with_options(&syn())),
            ("drop: tagged", tagged(&syn(), &[vlan::TYPE_CUSTOMER])),
            ("drop: tagged twice", tagged(&asked(), &DOUBLE_TAG)),
            ("drop: first fragment", as_fragment(&data(), MORE_FRAGMENTS)),
        ],
    )
}

fn passed() -> Vec<Fixture> {
    cases(
        Reason::ServicePassed,
        passes,
        [
            ("pass: SYN", syn()),
            ("pass: data", data()),
            ("pass: RST", of_flags(RST)),
            ("pass: UDP", asked()),
            ("pass: SCTP", association(CORE)),
            ("pass: options", with_options(&asked())),
            ("pass: tagged", tagged(&syn(), &DOUBLE_TAG)),
        ],
    )
}

/// What they become is for `refusals`.
fn refused() -> Vec<Fixture> {
    let resets = cases(
        Reason::ServiceReset,
        rejects,
        [
            ("reject: SYN", syn()),
            ("reject: data", data()),
            ("reject: FIN", of_flags(FIN | ACK)),
            ("reject: options", with_options(&data())),
            ("reject: tagged", tagged(&data(), &DOUBLE_TAG)),
        ],
    );
    let unreachable = cases(
        Reason::ServiceUnreachable,
        rejects,
        [
            ("reject: UDP", asked()),
            ("reject: UDP without data", datagram(NAMES, &[])),
            ("reject: UDP with options", with_options(&asked())),
            ("reject: UDP, tagged", tagged(&asked(), &DOUBLE_TAG)),
        ],
    );
    resets.into_iter().chain(unreachable).collect()
}

fn unanswered_resets() -> Vec<Fixture> {
    let longest = with(syn(), L4 + 12, &[0xf0]);
    let shortest = with(syn(), L4 + 12, &[0x40]);
    cases(
        Reason::ServiceUnanswered,
        rejects,
        [
            ("reject: RST", of_flags(RST)),
            ("reject: RST, ACK", of_flags(RST | ACK)),
            ("reject: a header beyond the segment", longest),
            ("reject: a header too short", shortest),
            ("reject: fragment", as_fragment(&data(), MORE_FRAGMENTS)),
        ],
    )
}

fn unanswered() -> Vec<Fixture> {
    let to_all = with(asked(), 0, &ethernet::BROADCAST);
    let to_group = with(syn(), 0, &[1, 0, 0x5e, 0, 0, 1]);
    let source = |octets: [u8; 4]| with(asked(), IP + 12, &octets);
    cases(
        Reason::ServiceUnanswered,
        rejects,
        [
            ("reject: SCTP", association(CORE)),
            (
                "reject: UDP fragment",
                as_fragment(&asked(), MORE_FRAGMENTS),
            ),
            ("reject: a broadcast frame", to_all),
            ("reject: a group's frame", to_group),
            ("reject: from a group's MAC", with(syn(), 6, &[1])),
            ("reject: from nowhere", source([0; 4])),
            ("reject: from loopback", source([127, 0, 0, 1])),
            ("reject: from a group", source([224, 0, 0, 5])),
            ("reject: from all", source([255; 4])),
            ("reject: from ourselves", source(VIRTUAL_IP)),
        ],
    )
}

fn of_no_service() -> Vec<Fixture> {
    let other_port = Segment {
        port: WEB + 1,
        ..Segment::default()
    };
    let short = |mut frame: Vec<u8>, by: usize| {
        // The IP header says so, too.
        let len = u16::try_from(frame.len() - IP - by).unwrap_or_default();
        frame[IP + 2..IP + 4].copy_from_slice(&len.to_be_bytes());
        frame
    };
    cases(
        Reason::VipOwned,
        rejects,
        [
            ("another port", other_port.frame()),
            ("another protocol's port", datagram(WEB, &[])),
            ("an echo", ip_frame(OWN_MAC, VIRTUAL_IP, ICMP, &[8; 64])),
            ("a later fragment", as_fragment(&data(), 1)),
            ("the last fragment", as_fragment(&asked(), 185)),
            ("a segment that is cut short", syn()[..L4 + 19].to_vec()),
            ("UDP that is cut short", asked()[..L4 + 7].to_vec()),
            (
                "SCTP that is cut short",
                association(CORE)[..L4 + 11].to_vec(),
            ),
            ("a segment behind the packet's end", short(syn(), 13)),
            (
                "UDP behind the packet's end",
                short(datagram(NAMES, &[]), 1),
            ),
            ("no header", ip_frame(OWN_MAC, VIRTUAL_IP, TCP, &[])),
        ],
    )
}

fn not_owned() -> Vec<Fixture> {
    let elsewhere = with(syn(), 0, &PEER_MAC);
    let other_address = ip_frame(OWN_MAC, [192, 0, 2, 101], UDP, &[0; 8]);
    let removed: fn(&mut Director) -> Result<()> = |director| {
        rejects(director)?;
        keys()
            .into_iter()
            .try_for_each(|key| Ok(director.datapath.remove_service(key)?))
    };
    let lapsed = [("closed, after the lease", syn())];
    let backup = [("closed, a Backup", syn())];
    let foreign = [
        ("closed, behind another MAC", elsewhere),
        ("closed, another address", other_address),
    ];
    [
        in_role(Lapsed, Reason::VipNotOwned, rejects, lapsed),
        in_role(Backup, Reason::VipOperator, rejects, backup),
        cases(Reason::Foreign, rejects, foreign),
        cases(Reason::VipOwned, removed, [("removed", syn())]),
    ]
    .into_iter()
    .flatten()
    .collect()
}
