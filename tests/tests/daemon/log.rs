//! A line for every transition, and nobody waits for the log.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Signal, pause, until};

use crate::solo::{CONFIG, PATIENCE, STOP, Solo, VIP};

#[test]
fn transitions_of_two_instances_are_never_merged() -> Result<()> {
    let solo = Solo::new()?;
    let second = CONFIG
        .replace("VI_1", "VI_2")
        .replace("51", "52")
        .replace(".100", ".101");
    let config = format!("{CONFIG}{second}");
    let daemon = solo.launch(&config, &["-n", "-l"])?;
    for round in 1..=5 {
        for instance in ["VI_1", "VI_2"] {
            let count = |state| {
                daemon
                    .log()
                    .matching(&format!("({instance}) Entering {state} STATE"))
                    .len()
            };
            until("MASTER", PATIENCE, || Ok(count("MASTER") == round))?;
            ensure!(
                (count("BACKUP"), count("FAULT")) == (round, round - 1),
                "round {round}"
            );
        }
        solo.host.netns().ip("link set eth0 down")?;
        pause(Duration::from_millis(100))?;
        solo.host.netns().ip("link set eth0 up")?;
    }
    Ok(())
}

#[test]
fn a_log_that_nobody_reads_holds_nothing_up() -> Result<()> {
    let solo = Solo::new()?;
    solo.configure(CONFIG)?;
    let mut command = Command::new("keepalived");
    command
        .args(["-n", "-l", "-D"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = solo.host.spawn(&mut command)?;
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))?;
    let begun = Instant::now();
    let hup =
        || rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::HUP);
    // More than a pipe holds.
    for _ in 0..300 {
        hup()?;
        pause(Duration::from_millis(5))?;
    }
    let silence = solo.longest_silence(begun);
    ensure!(
        silence < Duration::from_millis(250),
        "silent for {silence:?}"
    );
    ensure!(solo.status()?.instances[0].state == "MASTER");
    let told = Instant::now();
    solo.host.sh("killall keepalived")?;
    until("its end", STOP, || Ok(child.try_wait()?.is_some()))?;
    println!("stopped after {:?}", told.elapsed());
    ensure!(!solo.host.has_address(VIP)?);
    let mut text = Vec::new();
    child
        .stderr
        .take()
        .context("its standard error")?
        .read_to_end(&mut text)?;
    println!("{} octets of log", text.len());
    Ok(())
}
