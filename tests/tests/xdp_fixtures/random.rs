//! Random and truncated frames: the programs and an independent reader agree on each of them.

use std::collections::BTreeSet;

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::{Election, ServicePolicy, ServiceState, flag};
use ha_common::reason::Verdict;
use ha_common::wire::{ethernet, ipv4};
use ha_tests::lab::Tools;
use ha_tests::rng::Rng;
use ha_tests::xdp::frame::LESSER_PEER_IP;
use ha_tests::xdp::ipv6::LESSER_PEER;
use ha_tests::xdp::service;
use ha_tests::xdp::{Director, ROUTER, can_run};
use ha_user::datapath::{Hook, LoadOptions};
use pnet_packet::util;

use crate::every_fixture;
use crate::fixture::Role;
use crate::oracle::Oracle;

/// Frames below this length the kernel does not take for a test run.
const SHORTEST: usize = ethernet::HEADER_LEN;
/// Changed frames for each fixture, on a real machine.
const CHANGES: usize = 150;
/// Frames of noise, on a real machine.
const NOISE: usize = 9_000;
/// Where headers are, and changes matter.
const HEADERS: usize = 64;
/// Where the advert begins in a frame without tags and options.
const ADVERT: usize = ethernet::HEADER_LEN + ipv4::HEADER_LEN;
const PASSWORD: [u8; 8] = *b"1111\0\0\0\0";
const ROLES: [Role; 3] = [Role::Backup, Role::Active, Role::Lapsed];

/// Emulated processors judge fewer frames in the same time.
fn slowness() -> usize {
    usize::try_from(Tools::slowness()).unwrap_or(1)
}

fn below(random: &mut Rng, limit: usize) -> usize {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
    usize::try_from(random.number() % limit).unwrap_or(0)
}

fn octet(random: &mut Rng) -> u8 {
    random.number().to_le_bytes()[0]
}

/// One of `values`.
fn one<'a, T>(random: &mut Rng, values: &'a [T]) -> &'a T {
    &values[below(random, values.len())]
}

/// `frame` with up to four octets of its headers changed: to anything, or to what `other` has there.
fn change(random: &mut Rng, frame: &[u8], other: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    for _ in 0..below(random, 5) {
        let at = below(random, frame.len().min(HEADERS));
        let new = octet(random);
        frame[at] = match other.get(at) {
            Some(there) if new.is_multiple_of(2) => *there,
            _ => new,
        };
    }
    if octet(random).is_multiple_of(2) {
        repair(&mut frame);
    }
    frame
}

/// Gives an advert without options the checksum that its version demands.
fn repair(frame: &mut [u8]) {
    let Some((packet, message)) = frame.split_at_mut_checked(ADVERT) else {
        return;
    };
    let len = usize::from(u16::from_be_bytes([packet[16], packet[17]]));
    let Some(message) = message.get_mut(..len.saturating_sub(ipv4::HEADER_LEN)) else {
        return;
    };
    let Some(version) = message.get(..8).map(|header| header[0] >> 4) else {
        return;
    };
    let address = |at: usize| <[u8; 4]>::try_from(&packet[at..at + 4]).unwrap_or_default();
    let (source, destination) = (address(26).into(), address(30).into());
    let protocol = pnet_packet::ip::IpNextHeaderProtocol(ipv4::PROTOCOL_VRRP);
    let sum = match version {
        2 => util::checksum(message, 3),
        _ => util::ipv4_checksum(message, 3, &[], &source, &destination, protocol),
    };
    message[6..8].copy_from_slice(&sum.to_be_bytes());
}

/// Directors that are configured differently, in each role.
fn oracles() -> Vec<Oracle> {
    let plain = Director::election();
    let elections = [
        plain,
        Election {
            flags: flag::CHECK_SOURCE,
            accept_min_priority: 0,
            ..plain
        },
        Election {
            flags: flag::NO_ACCEPT,
            ..plain
        },
        Election {
            flags: flag::IGNORE_ADVERTS,
            ..plain
        },
        Election {
            version: 2,
            ..plain
        },
        Election {
            version: 2,
            flags: flag::PLAIN_TEXT_AUTH,
            ..plain
        },
    ];
    let in_each_role = |election| {
        ROLES.map(|role| Oracle {
            role,
            election,
            password: PASSWORD,
            closed: None,
        })
    };
    let closed = [
        ServicePolicy::Drop,
        ServicePolicy::Reject,
        ServicePolicy::Pass,
    ];
    let closed = closed.map(|policy| Oracle {
        role: Role::Active,
        election: plain,
        password: PASSWORD,
        closed: Some(policy),
    });
    let open = elections.into_iter().flat_map(in_each_role);
    open.chain(closed).collect()
}

/// Makes `director` what `oracle` judges for.
fn prepare(director: &mut Director, oracle: &Oracle) -> Result<()> {
    director.reset()?;
    director.record().set_election(oracle.election);
    director.record().set_auth(oracle.password);
    for peer in [LESSER_PEER_IP.into(), LESSER_PEER.into()] {
        director.datapath.set_peer(ROUTER, peer, &(0..=u8::MAX))?;
    }
    for key in service::keys() {
        if let Some(policy) = oracle.closed {
            let state = ServiceState { healthy: 0, policy };
            director.datapath.add_service(key, state)?;
        }
    }
    match oracle.role {
        Role::Backup => {}
        Role::Active => director.take_over(),
        Role::Lapsed => director.lose_lease(),
    }
    Ok(())
}

/// Has the director judge `frame` at `hook`. Returns what it said, if the kernel takes the frame.
fn check(
    director: &mut Director,
    oracle: &Oracle,
    hook: Hook,
    frame: &[u8],
) -> Result<Option<Reason>> {
    if !can_run(hook, frame) {
        return Ok(None);
    }
    prepare(director, oracle)?;
    director.hook = hook;
    let outcome = director.receive(frame)?;
    assert_eq!(
        outcome.reason,
        oracle.judge(hook, frame),
        "{hook:?}, {oracle:?}: {frame:02x?}"
    );
    assert_eq!(
        outcome.frame != frame,
        outcome.verdict == Verdict::Transmit,
        "only an answer is rewritten: {frame:02x?}"
    );
    Ok(Some(outcome.reason))
}

/// What takes another director, or more than one frame.
const BEYOND_REACH: [Reason; 5] = [
    Reason::Idle,
    Reason::ArpUnready,
    Reason::Orphaned,
    Reason::AdvertFloodBad,
    Reason::AdvertFloodRepeated,
];

#[test]
fn changed_frames_are_judged_as_others_read_them() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    let mut random = Rng::from_seed(51);
    let fixtures: Vec<_> = every_fixture().collect();
    let oracles = oracles();
    let mut seen = BTreeSet::new();
    for (hook, fixture) in &fixtures {
        for _ in 0..CHANGES / slowness() {
            let (_, other) = one(&mut random, &fixtures);
            let frame = change(&mut random, &fixture.frame, &other.frame);
            let oracle = one(&mut random, &oracles);
            seen.extend(check(&mut director, oracle, *hook, &frame)?);
        }
    }
    let unseen = |reason: &&Reason| !seen.contains(*reason) && !BEYOND_REACH.contains(*reason);
    let unseen: Vec<_> = Reason::ALL.iter().filter(unseen).collect();
    // A slow machine's fewer frames do not reach everything.
    if slowness() == 1 {
        assert!(unseen.is_empty(), "the frames never led to {unseen:?}");
    }
    Ok(())
}

#[test]
fn truncated_frames_are_judged_as_others_read_them() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    let lapsed = oracles()[2];
    for (hook, fixture) in every_fixture() {
        let longest = fixture.frame.len().min(HEADERS + 32);
        for len in (SHORTEST..longest).step_by(slowness()) {
            check(&mut director, &lapsed, hook, &fixture.frame[..len])?;
        }
    }
    Ok(())
}

#[test]
fn noise_is_judged_as_others_read_it() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    let lapsed = oracles()[2];
    let mut random = Rng::from_seed(51);
    for hook in Hook::ALL.into_iter().cycle().take(NOISE / slowness()) {
        let len = SHORTEST + below(&mut random, 200);
        let frame: Vec<u8> = (0..len).map(|_| octet(&mut random)).collect();
        check(&mut director, &lapsed, hook, &frame)?;
    }
    Ok(())
}
