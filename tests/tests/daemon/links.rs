//! Interfaces that go down, lose their address, vanish, come back, or change their name.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{pause, until};

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

#[test]
fn a_source_that_is_tracked_must_be_there() -> Result<()> {
    let solo = Solo::new()?;
    let config = |more: &str| {
        let source = format!("mcast_src_ip 192.0.2.7\n    {more}\n    priority");
        CONFIG.replace("priority", &source)
    };
    solo.host.netns().ip("address add 192.0.2.7/24 dev eth0")?;
    let daemon = solo.start(&config("track_src_ip"))?;
    let removed = Instant::now();
    solo.host.netns().ip("address del 192.0.2.7/24 dev eth0")?;
    daemon.wait_for_since(INSTANCE, "FAULT", removed, PATIENCE)?;
    let added = Instant::now();
    solo.host.netns().ip("address add 192.0.2.7/24 dev eth0")?;
    daemon.wait_for_since(INSTANCE, "MASTER", added, PATIENCE)?;
    // Without the word nobody misses it.
    solo.reload(&daemon, &config(""))?;
    let removed = Instant::now();
    solo.host.netns().ip("address del 192.0.2.7/24 dev eth0")?;
    pause(Duration::from_secs(1))?;
    solo.check_no_transition(&daemon, removed)
}

/// With adverts that are far apart, and delays of eth0.
fn delayed(interval: &str, delays: &str) -> String {
    let config = CONFIG
        .replace("advert_int 0.1", &format!("advert_int {interval}"))
        .replace("state BACKUP", "state MASTER");
    format!("{config}interface_up_down_delays {{\n eth0 {delays}\n}}\n")
}

#[test]
fn down_for_a_moment_is_no_fault_where_it_may_be() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(&delayed("2", "3 3"))?;
    let down = Instant::now();
    solo.host.netns().ip("link set eth0 down")?;
    pause(Duration::from_millis(500))?;
    solo.host.netns().ip("link set eth0 up")?;
    pause(Duration::from_secs(4))?;
    solo.check_no_transition(&daemon, down)?;
    let adverts = solo.adverts(down + Duration::from_secs(1));
    ensure!(!adverts.is_empty(), "it has fallen silent");
    ensure!(solo.host.has_address(VIP)?);
    Ok(())
}

#[test]
fn a_fault_is_held_back_and_so_is_its_end() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(&delayed("1", "1 2"))?;
    let down = Instant::now();
    solo.host.netns().ip("link set eth0 down")?;
    let fault = daemon.wait_for_since(INSTANCE, "FAULT", down, PATIENCE)?;
    let held = fault.at - down;
    ensure!(held >= Duration::from_millis(990), "held back for {held:?}");
    let up = Instant::now();
    solo.host.netns().ip("link set eth0 up")?;
    let backup = daemon.wait_for_since(INSTANCE, "BACKUP", up, PATIENCE)?;
    let held = backup.at - up;
    ensure!(
        held >= Duration::from_millis(1990),
        "held back for {held:?}"
    );
    // A reload without delays shows the link as it is.
    solo.reload(&daemon, CONFIG)?;
    daemon.wait_for_since(INSTANCE, "MASTER", up, PATIENCE)?;
    let down = Instant::now();
    solo.host.netns().ip("link set eth0 down")?;
    let fault = daemon.wait_for_since(INSTANCE, "FAULT", down, PATIENCE)?;
    let held = fault.at - down;
    ensure!(held < Duration::from_millis(900), "held back for {held:?}");
    Ok(())
}

#[test]
fn no_delay_outlives_the_lease() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(&delayed("1", "60"))?;
    let down = Instant::now();
    solo.host.netns().ip("link set eth0 down")?;
    daemon.wait_for_since(INSTANCE, "FAULT", down, PATIENCE)?;
    let entered = daemon.log().matching("Entering");
    let first = entered.iter().find(|line| line.at >= down);
    ensure!(
        first.is_some_and(|line| line.text.contains("FAULT")),
        "{entered:?}"
    );
    Ok(())
}
