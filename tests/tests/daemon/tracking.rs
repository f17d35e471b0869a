//! What an instance follows besides its own interface: others, here; files and processes, below.

mod files;
mod processes;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Daemon, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo, VIP};

/// A director with a second interface.
fn solo() -> Result<Solo> {
    let mut solo = Solo::new()?;
    solo.lan.attach(&solo.host, "eth1", "198.51.100.1/24")?;
    Ok(solo)
}

/// Following something that is worth 20, and not any more, and so on, costs neither an advert nor a
/// transition.
pub(crate) fn check_reloads(solo: &Solo, daemon: &Daemon, tracking: &str) -> Result<()> {
    let begun = Instant::now();
    for _ in 0..5 {
        solo.reload(daemon, tracking)?;
        solo.wait_for_priority(120)?;
        solo.reload(daemon, CONFIG)?;
        solo.wait_for_priority(100)?;
    }
    solo.check_no_transition(daemon, begun)?;
    let silence = solo.longest_silence(begun);
    ensure!(silence < Duration::from_millis(250), "{silence:?}");
    Ok(())
}

fn tracking(lines: &str) -> String {
    let block = format!("    track_interface {{\n{lines}\n    }}\n    priority");
    CONFIG.replace("    priority", &block)
}

#[test]
fn an_interface_without_weight_is_a_fault_while_it_is_down() -> Result<()> {
    let solo = solo()?;
    let daemon = solo.start(&tracking("eth1"))?;
    let down = Instant::now();
    solo.host.netns().ip("link set eth1 down")?;
    daemon.wait_for_since(INSTANCE, "FAULT", down, PATIENCE)?;
    solo.check_one_farewell(down)?;
    ensure!(!solo.host.has_address(VIP)?);
    let status = solo.status()?;
    let fault = status.instances[0].fault.as_deref().context("a reason")?;
    ensure!(fault.contains("eth1"), "{fault}");
    let up = Instant::now();
    solo.host.netns().ip("link set eth1 up")?;
    daemon.wait_for_since(INSTANCE, "MASTER", up, PATIENCE)?;
    ensure!(solo.status()?.instances[0].fault.is_none());
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))
}

#[test]
fn an_interface_that_does_not_exist_yet_is_waited_for() -> Result<()> {
    let mut solo = solo()?;
    let config = format!(
        "global_defs {{\n dynamic_interfaces\n}}\n{}",
        tracking("eth2")
    );
    let daemon = solo.launch(&config, &["-n", "-l", "-D"])?;
    daemon.wait_for(INSTANCE, "FAULT", PATIENCE)?;
    let added = Instant::now();
    solo.lan.attach(&solo.host, "eth2", "203.0.113.1/24")?;
    daemon.wait_for_since(INSTANCE, "MASTER", added, PATIENCE)?;
    let deleted = Instant::now();
    solo.host.netns().ip("link del eth2")?;
    daemon.wait_for_since(INSTANCE, "FAULT", deleted, PATIENCE)?;
    ensure!(!solo.host.has_address(VIP)?);
    Ok(())
}

/// What it advertises, whether eth1 is up and whether it is down.
fn check_priorities(weight: &str, up: u8, down: u8) -> Result<()> {
    let solo = solo()?;
    let _daemon = solo.start(&tracking(&format!("eth1 weight {weight}")))?;
    solo.wait_for_priority(up)?;
    solo.host.netns().ip("link set eth1 down")?;
    solo.wait_for_priority(down)?;
    solo.host.netns().ip("link set eth1 up")?;
    solo.wait_for_priority(up)
}

#[test]
fn a_negative_weight_counts_while_the_interface_is_down() -> Result<()> {
    check_priorities("-20", 100, 80)
}

#[test]
fn a_positive_weight_counts_while_the_interface_is_up() -> Result<()> {
    check_priorities("20", 120, 100)
}

#[test]
fn a_reversed_weight_counts_the_other_way_round() -> Result<()> {
    check_priorities("-20 reverse", 80, 100)
}

#[test]
fn a_reload_that_follows_an_interface_finds_it_down() -> Result<()> {
    let solo = solo()?;
    let daemon = solo.start(CONFIG)?;
    solo.host.netns().ip("link set eth1 down")?;
    let reloaded = Instant::now();
    solo.reload(&daemon, &tracking("eth1"))?;
    daemon.wait_for_since(INSTANCE, "FAULT", reloaded, PATIENCE)?;
    let again = Instant::now();
    solo.reload(&daemon, CONFIG)?;
    daemon.wait_for_since(INSTANCE, "MASTER", again, PATIENCE)?;
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))
}
