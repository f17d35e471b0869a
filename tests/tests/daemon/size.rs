//! Many routers, many addresses, and a flood of rubbish.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_common::wire::ethernet;
use ha_tests::lab::{Host, pause, until};
use ha_tests::stranger::Flood;

use crate::solo::{CONFIG, INSTANCE, PATIENCE, STOP, Solo};

#[test]
fn every_vrid_of_an_interface() -> Result<()> {
    let solo = Solo::new()?;
    let mut config = String::new();
    for vrid in 1..=255 {
        let instance = CONFIG.replace("VI_1", &format!("VI_{vrid}"));
        let instance = instance.replace("router_id 51", &format!("router_id {vrid}"));
        config += &instance.replace("192.0.2.100/24", &format!("198.51.100.{vrid}/32"));
    }
    let mut daemon = solo.launch(&config, &["-n", "-l"])?;
    let masters = || Ok(daemon.log().matching("Entering MASTER STATE").len() == 255);
    until("255 Active routers", 2 * PATIENCE, masters)?;
    until("255 addresses", PATIENCE, || {
        Ok(solo.host.addresses()?.len() == 256)
    })?;
    let begun = Instant::now();
    pause(Duration::from_secs(1))?;
    let adverts = solo.adverts(begun).len();
    ensure!(adverts > 255 * 8, "{adverts} adverts in a second");
    ensure!(
        daemon.log().matching("lease").is_empty(),
        "{}",
        daemon.log().tail(5)
    );
    solo.host.sh("killall keepalived")?;
    daemon.wait_gone(STOP)?;
    ensure!(solo.host.addresses()?.len() == 1);
    Ok(())
}

#[test]
fn thousands_of_addresses() -> Result<()> {
    let solo = Solo::new()?;
    let mut addresses = String::new();
    for number in 0..3000 {
        writeln!(addresses, "10.9.{}.{}/32", number / 250, number % 250)?;
    }
    let config = CONFIG.replace(
        "    priority",
        &format!("    virtual_ipaddress_excluded {{\n{addresses}}}\n    priority"),
    );
    let mut daemon = solo.start(&config)?;
    let begun = Instant::now();
    until("3000 addresses", PATIENCE, || {
        Ok(solo.host.addresses()?.len() == 3002)
    })?;
    pause(Duration::from_secs(1))?;
    let silence = solo.longest_silence(begun);
    ensure!(
        silence < Duration::from_millis(250),
        "silent for {silence:?}"
    );
    ensure!(daemon.state(INSTANCE) == Some("MASTER"));
    let reloaded = Instant::now();
    solo.reload(&daemon, CONFIG)?;
    until("one address", PATIENCE, || {
        Ok(solo.host.addresses()?.len() == 2)
    })?;
    pause(Duration::from_secs(1))?;
    ensure!(daemon.state(INSTANCE) == Some("MASTER"));
    let silence = solo.longest_silence(reloaded);
    ensure!(
        silence < Duration::from_millis(250),
        "silent for {silence:?}"
    );
    daemon.stop()?;
    solo.check_nothing_left()
}

/// Protocol 112 and nothing else right, at the daemon's own socket.
#[test]
fn a_flood_of_rubbish_without_data_path() -> Result<()> {
    let mut solo = Solo::new()?;
    let stranger = Host::new("stranger")?;
    let mac = solo.lan.attach(&stranger, "eth0", "192.0.2.66/24")?;
    let daemon = solo.start(&format!("xdp {{\n mode off\n}}\n{CONFIG}"))?;
    let before = adverts_sent(&solo)?;
    for version_and_type in [0x31, 0x21, 0x3f, 0x00] {
        let mut frame = [&ethernet::VRRP_GROUP, &mac.0, &[0x08, 0x00][..]].concat();
        frame.extend([
            0x45, 0, 0, 32, 0, 1, 0, 0, 255, 112, 0, 0, 192, 0, 2, 66, 224, 0, 0, 18,
        ]);
        let sum = frame[14..34]
            .chunks(2)
            .map(|two| u32::from(two[0]) << 8 | u32::from(two[1]));
        let sum = sum.sum::<u32>();
        let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
        frame[24..26].copy_from_slice(&sum.to_be_bytes());
        frame.extend([
            version_and_type,
            51,
            200,
            1,
            0,
            10,
            0xde,
            0xad,
            192,
            0,
            2,
            100,
        ]);
        let flood = Flood::start(stranger.netns(), "eth0", frame, Duration::from_secs(2))?;
        pause(Duration::from_millis(500))?;
        println!("{:.0} a second", flood.stop()?.per_second());
    }
    ensure!(
        daemon.state(INSTANCE) == Some("MASTER"),
        "{}",
        daemon.log().tail(10)
    );
    // Asked of the daemon: whoever listens on the link loses adverts in the flood himself.
    let adverts = adverts_sent(&solo)? - before;
    ensure!(adverts > 10, "{adverts} adverts in two seconds");
    let said = daemon.log().lines().len();
    ensure!(said < 100, "{said} lines of log");
    Ok(())
}

/// Adverts that the daemon says to have sent.
fn adverts_sent(solo: &Solo) -> Result<u64> {
    let status = solo.status()?;
    let mut counters = status.instances.iter().flat_map(|one| &one.statistics);
    let sent = counters.find(|counter| counter.name == "advert_sent");
    Ok(sent.context("a counter of adverts")?.value)
}
