//! Interfaces that go down, lose their address, vanish, come back, or change their name.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::until;

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo, VIP};

#[test]
fn down_is_a_fault_and_up_ends_it() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let down = Instant::now();
    solo.host.netns().ip("link set eth0 down")?;
    daemon.wait_for_since(INSTANCE, "FAULT", down, PATIENCE)?;
    let status = solo.status()?;
    let instance = status.instances.first().context("an instance")?;
    ensure!(
        instance.state == "FAULT" && instance.fault.is_some(),
        "{instance:?}"
    );
    let up = Instant::now();
    solo.host.netns().ip("link set eth0 up")?;
    daemon.wait_for_since(INSTANCE, "MASTER", up, PATIENCE)?;
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))
}

#[test]
fn without_an_own_address_it_is_a_fault() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let removed = Instant::now();
    solo.host.netns().ip("address del 192.0.2.1/24 dev eth0")?;
    daemon.wait_for_since(INSTANCE, "FAULT", removed, PATIENCE)?;
    let added = Instant::now();
    solo.host.netns().ip("address add 192.0.2.1/24 dev eth0")?;
    daemon.wait_for_since(INSTANCE, "MASTER", added, PATIENCE)?;
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))
}

#[test]
fn an_address_that_somebody_takes_off_is_put_back() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let taken_off = Instant::now();
    solo.host
        .netns()
        .ip("address del 192.0.2.100/24 dev eth0")?;
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))?;
    let entered = daemon.log().matching("Entering");
    ensure!(
        entered.iter().all(|line| line.at < taken_off),
        "{entered:?}"
    );
    Ok(())
}

#[test]
fn a_deleted_interface_is_waited_for() -> Result<()> {
    let mut solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    solo.host.netns().ip("link del eth0")?;
    until("FAULT", PATIENCE, || {
        Ok(solo.status()?.instances[0].state == "FAULT")
    })?;
    let added = Instant::now();
    solo.lan.attach(&solo.host, "eth0", "192.0.2.1/24")?;
    daemon.wait_for_since(INSTANCE, "MASTER", added, PATIENCE)?;
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))?;
    let status = solo.status()?;
    ensure!(
        status
            .interfaces
            .iter()
            .all(|interface| interface.xdp != "off"),
        "{status:?}"
    );
    Ok(())
}

#[test]
fn a_renamed_interface_is_another_one() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    solo.host.netns().ip("link set eth0 down")?;
    solo.host.netns().ip("link set eth0 name lan0")?;
    solo.host.netns().ip("link set lan0 up")?;
    until("FAULT", PATIENCE, || {
        Ok(solo.status()?.instances[0].state == "FAULT")
    })?;
    until("the end of the VIP", PATIENCE, || {
        Ok(!solo.host.has_address(VIP)?)
    })?;
    let renamed = Instant::now();
    solo.host.netns().ip("link set lan0 down")?;
    solo.host.netns().ip("link set lan0 name eth0")?;
    solo.host.netns().ip("link set eth0 up")?;
    daemon.wait_for_since(INSTANCE, "MASTER", renamed, PATIENCE)?;
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))
}
