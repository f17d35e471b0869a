//! Somebody else says that the VIP is theirs.

use std::time::Instant;

use anyhow::Result;
use ha_common::Reason;
use ha_common::wire::arp;
use ha_common::wire::ethernet;
use ha_tests::lab::{Frame, Mac, Witness, until};
use ha_tests::watched::{INTERFACE, VIP};
use ha_tests::xdp::frame::arp_frame;

use crate::scene::{PATIENCE, Scene, V3};

#[test]
fn a_gratuitous_arp_for_our_vip_is_seen_and_answered() -> Result<()> {
    let scene = Scene::new(V3)?;
    let host = &scene.pair.witness;
    let _knocks = Witness::start(host, INTERFACE, VIP)?;
    let (_, Mac(mac)) = scene.pair.stranger()?;
    let owner = scene.pair.macs[0].to_string();
    let knows_owner = || -> Result<bool> {
        let entry = host.netns().ip(&format!("neighbour show {VIP}"))?;
        Ok(entry.contains(&owner))
    };
    let lie = arp::Repr {
        operation: arp::Operation::Request,
        sender_mac: mac,
        sender_ip: VIP.octets(),
        target_mac: [0; 6],
        target_ip: VIP.octets(),
    };
    until("the witness knows the owner", PATIENCE, knows_owner)?;
    let lied = Instant::now();
    scene.send(&arp_frame(ethernet::BROADCAST, &lie))?;
    until("an announcement of the owner", PATIENCE, || {
        let spoken = scene.spoken(0, lied);
        Ok(spoken.iter().any(is_announcement))
    })?;
    until("the witness is put right", PATIENCE, knows_owner)?;
    scene.check_calm()?;
    scene.wait_for_packets(0, Reason::ArpConflict)?;
    scene.wait_for_packets(1, Reason::ArpAnnouncement)?;
    scene.wait_for_line(0, "another host announces")
}

/// Whether it is a gratuitous ARP for the VIP.
fn is_announcement(frame: &Frame) -> bool {
    let target = frame.bytes.get(38..42);
    frame.is_arp() && frame.speaks_as(VIP) && target == Some(&VIP.octets())
}
