//! A reload changes what has changed, and costs nothing else.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Signal, pause, until, vipctl};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo, VIP};

/// Two and a half intervals of [`CONFIG`]: the lease is longer.
const SHORT: Duration = Duration::from_millis(250);

#[test]
fn a_storm_of_reloads_costs_neither_ownership_nor_adverts_nor_descriptors() -> Result<()> {
    let solo = Solo::new()?;
    let script = "vrrp_script chk {\n script \"/bin/true\"\n interval 1\n weight 5\n}\n";
    let config = format!(
        "{script}{}",
        CONFIG.replace("    priority", "    track_script { chk }\n    priority")
    );
    let daemon = solo.start(&config)?;
    pause(Duration::from_secs(1))?;
    let descriptors = || -> Result<usize> {
        let listing = solo.host.sh(
            "ls /proc/$(cat /run/keepalived_vrrp.pid)/fd /proc/$(cat /run/keepalived.pid)/fd",
        )?;
        Ok(listing.lines().count())
    };
    let before = descriptors()?;
    let begun = Instant::now();
    for _ in 0..100 {
        daemon.signal(Signal::HUP);
        pause(Duration::from_millis(30))?;
    }
    pause(Duration::from_millis(1500))?;
    solo.check_no_transition(&daemon, begun)?;
    let silence = solo.longest_silence(begun);
    ensure!(silence < SHORT, "silent for {silence:?}");
    let after = descriptors()?;
    println!("descriptors {before} -> {after}, longest silence {silence:?}");
    ensure!(
        after <= before + 4,
        "descriptors: {before} before, {after} after"
    );
    Ok(())
}

#[test]
fn priority_interval_and_addresses_change_at_once() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let begun = Instant::now();
    let other = Ipv4Addr::new(192, 0, 2, 101);
    let changed = CONFIG
        .replace("priority 100", "priority 77")
        .replace("advert_int 0.1", "advert_int 0.05")
        .replace("192.0.2.100/24", "192.0.2.101/24");
    solo.reload(&daemon, &changed)?;
    until("the new address", PATIENCE, || solo.host.has_address(other))?;
    until("the end of the old one", PATIENCE, || {
        Ok(!solo.host.has_address(VIP)?)
    })?;
    let changed_at = Instant::now();
    pause(Duration::from_millis(500))?;
    let adverts = solo.adverts(changed_at);
    ensure!(
        adverts.iter().all(|(_, priority)| *priority == 77),
        "{adverts:?}"
    );
    ensure!(
        adverts.len() >= 7,
        "{} adverts in half a second",
        adverts.len()
    );
    let status = solo.status()?;
    let instance = status.instances.first().context("an instance")?;
    ensure!((instance.priority, instance.state.as_str()) == (77, "MASTER"));
    ensure!(
        instance.addresses == ["192.0.2.101/24 dev eth0"],
        "{:?}",
        instance.addresses
    );
    solo.reload(&daemon, CONFIG)?;
    until("the old address", PATIENCE, || solo.host.has_address(VIP))?;
    solo.check_no_transition(&daemon, begun)
}

#[test]
fn a_broken_file_changes_nothing() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    for broken in [
        "",
        "vrrp_instance VI_1 {\n",
        "\u{0}\u{1}{{{{",
        "vrrp_instance {\n}\n",
    ] {
        let begun = Instant::now();
        solo.reload(&daemon, broken)?;
        pause(Duration::from_millis(400))?;
        println!("{broken:?}: {}", daemon.log().tail(3));
        solo.check_no_transition(&daemon, begun)
            .with_context(|| format!("{broken:?}"))?;
        ensure!(solo.host.has_address(VIP)?, "{broken:?}: the VIP is gone");
    }
    Ok(())
}

/// Exit status of `vipctl reload`, and what it says.
fn ask(solo: &Solo, config: &str) -> Result<(Option<i32>, String, String)> {
    solo.configure(config)?;
    let output = vipctl(&solo.host, &["reload"])?;
    let [answer, remarks] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok((output.status.code(), answer, remarks))
}

#[test]
fn who_asks_for_a_reload_hears_what_became_of_it() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let begun = Instant::now();
    let other = CONFIG.replace("priority 100", "priority 90\n    prioritty 5");
    let (status, answer, remarks) = ask(&solo, &other)?;
    ensure!(status == Some(0) && answer == "reloaded\n", "{answer}");
    ensure!(
        remarks.contains("keepalived.conf:7:5: warning: Unknown keyword 'prioritty'"),
        "{remarks}"
    );
    let (status, answer, remarks) = ask(&solo, &CONFIG.replace("192.0.2.100/24", "192.0.2.300"))?;
    ensure!(status == Some(1) && answer.is_empty(), "{answer}");
    ensure!(
        remarks.contains("keepalived.conf:9:9: error") && remarks.contains("stays in force"),
        "{remarks}"
    );
    ensure!(solo.host.has_address(VIP)?);
    ensure!(solo.status()?.instances[0].priority == 90);
    solo.check_no_transition(&daemon, begun)
}

#[test]
fn instances_come_and_go() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let second = CONFIG
        .replace("VI_1", "VI_2")
        .replace("51", "52")
        .replace(".100", ".101");
    let other = Ipv4Addr::new(192, 0, 2, 101);
    let begun = Instant::now();
    solo.reload(&daemon, &format!("{CONFIG}{second}"))?;
    daemon.wait_for_since("VI_2", "MASTER", begun, PATIENCE)?;
    until("its address", PATIENCE, || solo.host.has_address(other))?;
    let removed = Instant::now();
    solo.reload(&daemon, CONFIG)?;
    until("the end of its address", PATIENCE, || {
        Ok(!solo.host.has_address(other)?)
    })?;
    pause(Duration::from_millis(200))?;
    solo.check_one_farewell(removed)?;
    ensure!(daemon.state(INSTANCE) == Some("MASTER"));
    ensure!(solo.status()?.instances.len() == 1);
    Ok(())
}
