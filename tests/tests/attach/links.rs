//! An address of a link is another one in a VLAN, also where the kernel has taken the tag off a frame
//! and keeps it beside the packet.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_common::Reason;
use ha_common::wire::vlan;
use ha_tests::lab::PacketSocket;
use ha_tests::owner::ROUTER;
use ha_tests::xdp::frame::tagged;
use ha_tests::xdp::ipv6::{LINK_LOCAL, Message};
use ha_user::datapath::{AttachMode, Datapath, VirtualAddress};
use ha_user::net::clock;

use crate::cable::{Cable, PATIENCE, SILENCE, attach, ifindex, load};

/// Tag control information that gives a priority and names no VLAN.
const PRIORITY_ALONE: [u8; 2] = [0xe0, 0];

/// How often `reason` was one.
fn counted(datapath: &Datapath, reason: Reason) -> Result<u64> {
    let counters = datapath.counters()?.into_iter();
    Ok(counters
        .filter(|(counted, _)| *counted == reason)
        .map(|(_, count)| count)
        .sum())
}

/// Has the client ask in a VLAN, and then on the cable itself: only the latter may be judged for `reason`.
fn ask(cable: &Cable, datapath: &Datapath, reason: Reason) -> Result<()> {
    let client = PacketSocket::open(&cable.client, "eth0")?;
    let in_a_vlan = tagged(
        &Message::solicitation(LINK_LOCAL).frame(),
        &[vlan::TYPE_CUSTOMER],
    );
    let mut with_priority = in_a_vlan.clone();
    with_priority[14..16].copy_from_slice(&PRIORITY_ALONE);
    client.send(&in_a_vlan)?;
    client.send(&with_priority)?;
    let deadline = Instant::now() + PATIENCE;
    while counted(datapath, reason)? == 0 {
        ensure!(Instant::now() < deadline, "nothing was {}", reason.name());
        sleep(Duration::from_millis(1));
    }
    sleep(SILENCE);
    assert_eq!(counted(datapath, reason)?, 1, "{}", reason.name());
    Ok(())
}

#[test]
fn an_address_of_the_link_is_another_one_behind_a_tag_that_was_taken_off() -> Result<()> {
    let cable = Cable::new()?;
    let mut datapath = load(&cable.director)?;
    let address = VirtualAddress::new(LINK_LOCAL.into(), ifindex(&cable.director, "eth0")?);
    datapath.set_address(address, ROUTER)?;
    datapath.gate().set_owned(1);
    attach(&cable.director, &mut datapath, AttachMode::Tc)?;
    ask(&cable, &datapath, Reason::NdNotOwned)?;

    let now = clock::now();
    let records = datapath.records();
    let record = records.record(ROUTER);
    record.set_owned_since(now);
    record.set_owned_until(now + Duration::from_secs(3600));
    ask(&cable, &datapath, Reason::NdAnswered)
}
