//! Random and truncated frames: nothing that is not ours is dropped or altered.

use anyhow::Result;
use ha_common::reason::Verdict;
use ha_common::wire::{arp, ethernet, ipv4, vlan};
use ha_tests::lab::Tools;
use ha_tests::rng::Rng;
use ha_tests::xdp::frame::{OWN_MAC, VIRTUAL_IP};
use ha_tests::xdp::{Director, can_run};
use ha_user::datapath::{Hook, LoadOptions};

use crate::every_fixture;

/// Frames below this length the kernel does not take for a test run.
const SHORTEST: usize = ethernet::HEADER_LEN;
/// Changed frames for each fixture and role, on a real machine.
const CHANGES: usize = 100;
/// Frames of noise, on a real machine.
const NOISE: usize = 9_000;
/// Where headers are, and changes matter.
const HEADERS: usize = 64;

/// Emulated processors do less in the same time.
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

/// `frame` with one to four octets of its headers changed.
fn change(random: &mut Rng, frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    for _ in 0..=below(random, 4) {
        let at = below(random, frame.len().min(HEADERS));
        frame[at] = octet(random);
    }
    frame
}

/// Whether the data path may do more with `frame` at `hook` than pass it, by plain reading.
fn is_ours(hook: Hook, frame: &[u8]) -> bool {
    match hook {
        Hook::Xdp | Hook::Ingress => is_for_us(frame),
        Hook::Egress => speaks_for_us(frame),
    }
}

/// An ARP request or an IPv4 packet for the virtual address, in a frame that may be for us.
fn is_for_us(frame: &[u8]) -> bool {
    let Some((ethertype, payload)) = payload(frame) else {
        return false;
    };
    let for_us = frame[0] & 1 != 0 || frame[..6] == OWN_MAC || frame[..5] == [0, 0, 0x5e, 0, 1];
    let about_us = match ethertype {
        ethernet::TYPE_ARP => arp::Packet::new_checked(payload)
            .and_then(|packet| arp::Repr::parse(&packet))
            .is_ok_and(|message| {
                message.operation == arp::Operation::Request
                    && message.target_ip == VIRTUAL_IP
                    && message.sender_ip != VIRTUAL_IP
            }),
        ethernet::TYPE_IPV4 => ipv4::Header::new_checked(payload)
            .is_ok_and(|header| header.destination() == VIRTUAL_IP),
        _ => false,
    };
    for_us && about_us
}

/// ARP or an IPv4 packet that comes from the virtual address.
fn speaks_for_us(frame: &[u8]) -> bool {
    let Some((ethertype, payload)) = payload(frame) else {
        return false;
    };
    match ethertype {
        ethernet::TYPE_ARP => {
            arp::Packet::new_checked(payload).is_ok_and(|packet| packet.sender_ip() == VIRTUAL_IP)
        }
        ethernet::TYPE_IPV4 => {
            ipv4::Header::new_checked(payload).is_ok_and(|header| header.source() == VIRTUAL_IP)
        }
        _ => false,
    }
}

fn payload(frame: &[u8]) -> Option<(u16, &[u8])> {
    let mut at = ethernet::HEADER_LEN - 2;
    loop {
        let ethertype = u16::from_be_bytes(*frame.get(at..)?.first_chunk()?);
        let tags = (at + 2 - ethernet::HEADER_LEN) / vlan::TAG_LEN;
        if !vlan::is_tag(ethertype) || tags == vlan::MAX_TAGS {
            return Some((ethertype, frame.get(at + 2..)?));
        }
        at += vlan::TAG_LEN;
    }
}

fn check(director: &Director, frame: &[u8]) -> Result<()> {
    if !can_run(director.hook, frame) {
        return Ok(());
    }
    let outcome = director.receive(frame)?;
    let changed = outcome.frame != frame;
    assert_eq!(
        changed,
        outcome.verdict == Verdict::Transmit,
        "only an answer is rewritten: {frame:02x?}"
    );
    if outcome.verdict != Verdict::Pass {
        let ours = is_ours(director.hook, frame);
        assert!(ours, "{:?}: {frame:02x?}", outcome.reason);
    }
    Ok(())
}

#[test]
fn what_is_not_ours_passes_whatever_it_looks_like() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    let mut random = Rng::from_seed(51);
    for role in [Director::take_over, Director::lose_lease] {
        for (hook, fixture) in every_fixture() {
            director.hook = hook;
            for _ in 0..CHANGES / slowness() {
                director.record().reset();
                director.record().set_election(Director::election());
                role(&director);
                check(&director, &change(&mut random, &fixture.frame))?;
            }
        }
    }
    Ok(())
}

#[test]
fn truncated_frames_pass_or_are_ours() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    director.lose_lease();
    for (hook, fixture) in every_fixture() {
        director.hook = hook;
        let longest = fixture.frame.len().min(HEADERS + 32);
        for len in (SHORTEST..longest).step_by(slowness()) {
            check(&director, &fixture.frame[..len])?;
        }
    }
    Ok(())
}

#[test]
fn noise_passes_or_is_ours() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    director.lose_lease();
    let mut random = Rng::from_seed(112);
    for hook in Hook::ALL.into_iter().cycle().take(NOISE / slowness()) {
        director.hook = hook;
        let len = SHORTEST + below(&mut random, 200);
        let frame: Vec<u8> = (0..len).map(|_| octet(&mut random)).collect();
        check(&director, &frame)?;
    }
    Ok(())
}
