//! Routers and their addresses on VLANs, bonds and dummies.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::Result;
use ha_tests::lab::{Host, Lan, pause};

use crate::scene::{CABLE, INTERVAL, Place, Scene, assert_calm};

pub(crate) const VLAN: &str = "eth0.10";

pub(crate) fn make_vlan(host: &Host) -> Result<()> {
    host.netns().ip(&format!(
        "link add link {CABLE} name {VLAN} type vlan id 10"
    ))?;
    host.netns().ip(&format!("link set {VLAN} up"))?;
    Ok(())
}

/// A second cable, and a bond of both.
fn make_bond(lan: &mut Lan, host: &Host) -> Result<()> {
    lan.attach(host, "eth1", "")?;
    let netns = host.netns();
    netns.ip("link add bond0 type bond mode active-backup miimon 50")?;
    for slave in [CABLE, "eth1"] {
        netns.ip(&format!("link set {slave} down"))?;
        netns.ip(&format!("link set {slave} master bond0"))?;
        netns.ip(&format!("link set {slave} up"))?;
    }
    netns.ip("link set bond0 up")?;
    Ok(())
}

#[test]
fn a_router_on_a_vlan_fails_over() -> Result<()> {
    let place = Place {
        router: VLAN,
        address: VLAN,
        client: VLAN,
        ..Place::PLAIN
    };
    fail_over_with_vlans(place)
}

/// The router speaks on the interface below, where the questions for its address arrive as well.
#[test]
fn an_address_on_a_vlan_of_the_routers_interface_is_answered_for() -> Result<()> {
    let place = Place {
        address: VLAN,
        client: VLAN,
        vip: Ipv4Addr::new(198, 51, 100, 100),
        ..Place::PLAIN
    };
    fail_over_with_vlans(place)
}

/// Every host has a VLAN beside its interface.
fn fail_over_with_vlans(place: Place) -> Result<()> {
    let scene = Scene::new(Lan::new()?, place, |_, host| make_vlan(host))?;
    make_vlan(&scene.client)?;
    scene.settle_client()?;
    let daemons = scene.start()?;
    scene.fail_over(&daemons)
}

#[test]
fn an_address_on_a_dummy_is_answered_for_by_its_owner_alone() -> Result<()> {
    let place = Place {
        address: "dummy0",
        length: 32,
        ..Place::PLAIN
    };
    let scene = Scene::new(Lan::new()?, place, |_, host| {
        host.netns().ip("link add dummy0 type dummy")?;
        host.netns().ip("link set dummy0 up")?;
        Ok(())
    })?;
    scene.settle_client()?;
    let daemons = scene.start()?;
    scene.fail_over(&daemons)
}

#[test]
fn a_bond_that_changes_its_cable_changes_no_owner() -> Result<()> {
    let place = Place {
        router: "bond0",
        address: "bond0",
        ..Place::PLAIN
    };
    let scene = Scene::new(Lan::new()?, place, make_bond)?;
    scene.settle_client()?;
    let daemons = scene.start()?;
    let begun = Instant::now();
    scene.lan.unplug(&scene.directors[0], CABLE)?;
    // Longer than lb2 waits for adverts.
    pause(5 * INTERVAL)?;
    assert_calm(&daemons, begun)?;
    scene.expect_owner(0, Duration::from_secs(2))?;
    scene.fail_over(&daemons)
}
