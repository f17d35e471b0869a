//! Processes that an instance follows. The kernel does not tell a host of the lab of them, so they are
//! counted.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Daemon, pause};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo, VIP};
use crate::tracking::check_reloads;

const SERVER: &str = "/usr/local/bin/server";
/// Several times as long as it takes to count.
const SEVERAL_COUNTS: Duration = Duration::from_millis(1500);

/// A director on which a program can be run that is nothing but called so.
fn solo() -> Result<Solo> {
    let solo = Solo::new()?;
    solo.host
        .sh(&format!("cp $(readlink -f $(command -v sleep)) {SERVER}"))?;
    Ok(solo)
}

fn run(solo: &Solo, argument: &str) -> Result<Child> {
    solo.host.spawn(Command::new(SERVER).arg(argument))
}

fn end(mut child: Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// `server` is the process `server`, with these lines in its block.
fn tracking(lines: &str) -> String {
    following(&format!("process server\n {lines}"))
}

fn following(lines: &str) -> String {
    let block = format!("vrrp_track_process server {{\n {lines}\n}}\n");
    block
        + &CONFIG.replace(
            "    priority",
            "    track_process {\n server\n }\n    priority",
        )
}

fn launch(solo: &Solo, config: &str) -> Result<Daemon> {
    solo.launch(config, &["-n", "-l", "-D"])
}

#[test]
fn a_process_that_does_not_run_is_a_fault_that_is_named() -> Result<()> {
    let solo = solo()?;
    let daemon = launch(&solo, &tracking(""))?;
    daemon.wait_for(INSTANCE, "FAULT", PATIENCE)?;
    ensure!(solo.fault()?.as_deref() == Some("process server has no quorum"));
    let begun = Instant::now();
    let server = run(&solo, "1001")?;
    daemon
        .log()
        .wait_for("Quorum gained for tracked process server", begun, PATIENCE)?;
    daemon.wait_for_since(INSTANCE, "MASTER", begun, PATIENCE)?;
    ensure!(solo.fault()?.is_none());
    let ended = Instant::now();
    end(server)?;
    daemon
        .log()
        .wait_for("Quorum lost for tracked process server", ended, PATIENCE)?;
    daemon.wait_for_since(INSTANCE, "FAULT", ended, PATIENCE)?;
    solo.check_one_farewell(ended)?;
    ensure!(!solo.host.has_address(VIP)?);
    let said = daemon.log().matching("processes are counted every");
    ensure!(said.len() == 1, "{said:?}");
    Ok(())
}

/// What it advertises with none of it, one, two and three.
fn check_priorities(lines: &str, wanted: [u8; 4]) -> Result<()> {
    let solo = solo()?;
    let _daemon = solo.start(&tracking(lines))?;
    let mut servers = Vec::new();
    for priority in wanted {
        solo.wait_for_priority(priority)?;
        servers.push(run(&solo, "1001")?);
    }
    for priority in wanted.into_iter().rev() {
        servers.pop().map(end).transpose()?;
        solo.wait_for_priority(priority)?;
    }
    Ok(())
}

#[test]
fn there_must_be_enough() -> Result<()> {
    check_priorities("weight 20\n quorum 2", [100, 100, 120, 120])
}

#[test]
fn there_must_not_be_too_many() -> Result<()> {
    check_priorities("weight -20\n quorum_max 2", [80, 100, 100, 80])
}

#[test]
fn there_must_be_none() -> Result<()> {
    check_priorities("weight 20\n quorum_max 0", [120, 100, 100, 100])
}

#[test]
fn a_reversed_weight_counts_the_other_way_round() -> Result<()> {
    check_priorities("weight -20 reverse", [100, 80, 80, 80])
}

#[test]
fn a_command_line_tells_one_from_another() -> Result<()> {
    let solo = solo()?;
    let pattern = format!("process {SERVER} 1001\n weight 20");
    let _daemon = solo.start(&following(&pattern))?;
    let other = run(&solo, "1002")?;
    pause(SEVERAL_COUNTS)?;
    solo.wait_for_priority(100)?;
    let server = run(&solo, "1001")?;
    solo.wait_for_priority(120)?;
    end(other)?;
    pause(SEVERAL_COUNTS)?;
    solo.wait_for_priority(120)?;
    end(server)?;
    solo.wait_for_priority(100)
}

#[test]
fn one_that_is_replaced_in_time_is_not_missed() -> Result<()> {
    let solo = solo()?;
    let mut server = run(&solo, "1001")?;
    let daemon = solo.start(&tracking("terminate_delay 3"))?;
    let started = Instant::now();
    for _ in 0..2 {
        end(server)?;
        pause(Duration::from_secs(1))?;
        server = run(&solo, "1001")?;
        pause(Duration::from_secs(1))?;
    }
    solo.check_no_transition(&daemon, started)?;
    let ended = Instant::now();
    end(server)?;
    let line = daemon.wait_for_since(INSTANCE, "FAULT", ended, PATIENCE)?;
    let lasted = line.at - ended;
    ensure!(lasted >= Duration::from_secs(3), "{lasted:?}");
    Ok(())
}

#[test]
fn a_quorum_outlives_its_worker() -> Result<()> {
    let solo = solo()?;
    let server = run(&solo, "1001")?;
    let daemon = solo.start(&tracking(""))?;
    let killed = Instant::now();
    solo.replace_worker(&daemon)?;
    pause(SEVERAL_COUNTS)?;
    solo.check_no_transition(&daemon, killed)?;
    let ended = Instant::now();
    end(server)?;
    daemon.wait_for_since(INSTANCE, "FAULT", ended, PATIENCE)?;
    Ok(())
}

#[test]
fn a_reload_that_follows_a_process_misses_no_advert() -> Result<()> {
    let solo = solo()?;
    let server = run(&solo, "1001")?;
    let daemon = solo.start(CONFIG)?;
    check_reloads(&solo, &daemon, &tracking("weight 20"))?;
    end(server)?;
    let reloaded = Instant::now();
    solo.reload(&daemon, &tracking("weight 0"))?;
    daemon.wait_for_since(INSTANCE, "FAULT", reloaded, PATIENCE)?;
    Ok(())
}
