//! Files whose number moves the priority, whatever happens to them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{pause, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo, VIP};
use crate::tracking::check_reloads;

/// `load` is the file `/run/app/load`, with these lines in its block.
fn tracking(lines: &str) -> String {
    let block = format!("track_file load {{\n file /run/app/load\n {lines}\n}}\n");
    block + &CONFIG.replace("    priority", "    track_file {\n load\n }\n    priority")
}

#[test]
fn a_priority_follows_a_file_whatever_happens_to_it() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(&tracking("weight 2"))?;
    let started = Instant::now();
    for (change, priority) in [
        ("true", 100),
        ("mkdir /run/app && echo 10 >/run/app/load", 120),
        ("echo -20 >/run/app/load", 60),
        ("echo '  0x10 and more' >/run/app/load", 132),
        ("echo nonsense >/run/app/load", 100),
        ("echo 30 >/run/next && mv /run/next /run/app/load", 160),
        (": >/run/app/load", 100),
        ("echo 99999999999999999999 >/run/app/load", 254),
        ("rm /run/app/load", 100),
        ("echo 5 >/run/app/load", 110),
        ("mv /run/app /run/away", 100),
        ("ln -s away /run/app", 110),
        ("echo -126 >/run/away/load", 1),
        ("rm /run/away/load && mkfifo /run/away/load", 100),
        ("rm /run/away/load && mkdir /run/away/load", 100),
        ("rmdir /run/away/load && echo 1 >/run/away/load", 102),
        ("rm -r /run/away", 100),
    ] {
        solo.host.sh(change)?;
        solo.wait_for_priority(priority)
            .with_context(|| change.to_owned())?;
    }
    solo.check_no_transition(&daemon, started)
}

#[test]
fn a_change_is_seen_at_once_and_not_with_the_next_beat() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.sh("mkdir /run/app")?;
    let _daemon = solo.start(&tracking("weight 2"))?;
    let mut soon = 0;
    for turn in 0..10 {
        let number = 1 + turn % 2;
        let written = Instant::now();
        solo.host.sh(&format!("echo {number} >/run/app/load"))?;
        solo.wait_for_priority(100 + 2 * number)?;
        // An advert every 100 ms tells of it. Once a second would take 0.5 s on average.
        soon += u32::from(written.elapsed() < Duration::from_millis(400));
    }
    ensure!(soon >= 8, "{soon} of 10");
    Ok(())
}

#[test]
fn a_number_that_is_too_low_is_a_fault_that_is_named() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.sh("mkdir /run/app")?;
    for (lines, number, fault) in [
        ("weight 1", -254, "file load is -254, which counts as -254"),
        (
            "weight 2 reverse",
            127,
            "file load is 127, which counts as -254",
        ),
        ("weight 0", 3, "file load is 3"),
    ] {
        let mut daemon = solo.start(&tracking(lines))?;
        let written = Instant::now();
        solo.host.sh(&format!("echo {number} >/run/app/load"))?;
        daemon.wait_for_since(INSTANCE, "FAULT", written, PATIENCE)?;
        solo.check_one_farewell(written)?;
        ensure!(!solo.host.has_address(VIP)?);
        ensure!(
            solo.fault()?.as_deref() == Some(fault),
            "{:?}",
            solo.fault()?
        );
        let removed = Instant::now();
        solo.host.sh("rm /run/app/load")?;
        daemon.wait_for_since(INSTANCE, "MASTER", removed, PATIENCE)?;
        ensure!(solo.fault()?.is_none());
        daemon.stop()?;
    }
    Ok(())
}

#[test]
fn with_weight_0_reverse_a_missing_file_is_a_fault_from_the_start() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.launch(&tracking("weight 0 reverse"), &["-n", "-l", "-D"])?;
    daemon.wait_for(INSTANCE, "FAULT", PATIENCE)?;
    ensure!(solo.fault()?.as_deref() == Some("file load is 0"));
    let written = Instant::now();
    solo.host.sh("mkdir /run/app && echo 1 >/run/app/load")?;
    daemon.wait_for_since(INSTANCE, "MASTER", written, PATIENCE)?;
    Ok(())
}

#[test]
fn a_file_begins_with_the_number_of_init_file() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.sh("mkdir /run/app")?;
    let daemon = solo.start(&tracking("weight -2\n init_file 10"))?;
    solo.wait_for_priority(80)?;
    solo.host.sh("echo 3 >/run/app/load")?;
    solo.wait_for_priority(94)?;
    // It is given its first number once.
    solo.reload(&daemon, &tracking("weight -3\n init_file 10"))?;
    solo.wait_for_priority(91)
}

#[test]
fn a_number_outlives_its_worker() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.sh("mkdir /run/app && echo 10 >/run/app/load")?;
    let daemon = solo.start(&tracking("weight 2"))?;
    solo.wait_for_priority(120)?;
    let killed = Instant::now();
    solo.replace_worker(&daemon)?;
    pause(Duration::from_secs(1))?;
    solo.check_no_transition(&daemon, killed)?;
    let priorities = solo
        .adverts(killed)
        .into_iter()
        .map(|(_, priority)| priority);
    let others: Vec<u8> = priorities.filter(|priority| *priority != 120).collect();
    ensure!(others.is_empty(), "{others:?}");
    solo.host.sh("echo 11 >/run/app/load")?;
    solo.wait_for_priority(122)
}

#[test]
fn a_reload_that_follows_a_file_misses_no_advert() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.sh("mkdir /run/app && echo 10 >/run/app/load")?;
    let daemon = solo.start(CONFIG)?;
    check_reloads(&solo, &daemon, &tracking("weight 2"))
}

#[test]
fn a_group_follows_a_file_with_all_its_members() -> Result<()> {
    let mut solo = Solo::new()?;
    solo.lan.attach(&solo.host, "eth1", "198.51.100.1/24")?;
    let second = CONFIG
        .replace("VI_1", "VI_2")
        .replace("eth0", "eth1")
        .replace("router_id 51", "router_id 52")
        .replace("192.0.2", "198.51.100");
    let config = format!(
        "track_file drain {{\n file /run/drain\n}}\n\
         vrrp_sync_group G {{\n group {{\n VI_1\n VI_2\n }}\n track_file {{\n drain weight 0\n }}\n}}\n\
         {CONFIG}{second}"
    );
    let _daemon = solo.start(&config)?;
    let states = |wanted: &str| {
        until(&format!("{wanted} twice"), PATIENCE, || {
            let instances = solo.status()?.instances;
            Ok(instances.iter().all(|one| one.state == wanted))
        })
    };
    states("MASTER")?;
    solo.host.sh("echo 1 >/run/drain")?;
    states("FAULT")?;
    for instance in solo.status()?.instances {
        ensure!(
            instance.fault.as_deref() == Some("file drain is 1"),
            "{instance:?}"
        );
    }
    solo.host.sh("rm /run/drain")?;
    states("MASTER")
}
