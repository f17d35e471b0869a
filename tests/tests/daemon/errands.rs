//! `startup_script` and `shutdown_script`.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Signal, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, STOP, Solo, VIP};

const SAID: &str = "/run/said";
/// Says by whom it is run, and which addresses there are, then takes its time.
const SCRIPT: &str = "#!/bin/sh
echo \"$1 begins: $(id -un) $(ip -o -4 address show dev eth0 | awk '{print $4}' | tr '\\n' ' ')\" >>/run/said
[ -z \"$2\" ] || sleep \"$2\"
echo \"$1 ends\" >>/run/said
exit ${3:-0}
";

fn config(errands: &str) -> String {
    format!("global_defs {{\n enable_script_security\n script_user root\n {errands}\n}}\n{CONFIG}")
}

fn solo() -> Result<Solo> {
    let solo = Solo::new()?;
    solo.host.write_script("/usr/local/bin/errand", SCRIPT)?;
    solo.host.sh(&format!("touch {SAID}; chmod 666 {SAID}"))?;
    Ok(solo)
}

/// All that one does that lasts is to sleep.
fn wait_for_the_end_of_commands(solo: &Solo) -> Result<()> {
    until("the end of the commands", PATIENCE, || {
        Ok(solo.host.processes(&["sleep"])?.is_empty())
    })
}

fn said(solo: &Solo) -> Result<Vec<String>> {
    let said = solo.host.sh(&format!("cat {SAID}"))?;
    Ok(said.lines().map(str::to_owned).collect())
}

#[test]
fn one_command_runs_before_everything_and_one_after() -> Result<()> {
    let solo = solo()?;
    let started = Instant::now();
    let mut daemon = solo.start(&config(
        "startup_script \"/usr/local/bin/errand startup 1 3\"
         shutdown_script \"/usr/local/bin/errand shutdown\"",
    ))?;
    let log = daemon.log();
    let failed = log.wait_for(
        "startup script failed: it exited with status 3",
        started,
        PATIENCE,
    )?;
    let entered = log.wait_for("Entering BACKUP STATE", started, PATIENCE)?;
    ensure!(
        failed.at <= entered.at,
        "before {} it was {}",
        failed.text,
        entered.text
    );
    ensure!(solo.adverts(started).iter().all(|(at, _)| *at > failed.at));
    // Neither a reload nor another worker is a start.
    solo.reload(
        &daemon,
        &config(
            "startup_script \"/usr/local/bin/errand startup\"
         shutdown_script \"/usr/local/bin/errand later\" nobody",
        ),
    )?;
    solo.replace_worker(&daemon)?;
    ensure!(said(&solo)?.len() == 2, "{:?}", said(&solo)?);
    daemon.signal(Signal::TERM);
    daemon.wait_gone(STOP)?;
    let said = said(&solo)?;
    let said: Vec<&str> = said.iter().map(|line| line.trim()).collect();
    let expected = [
        "startup begins: root 192.0.2.1/24",
        "startup ends",
        "later begins: nobody 192.0.2.1/24",
        "later ends",
    ];
    ensure!(said == expected, "{said:?}");
    Ok(())
}

#[test]
fn commands_that_take_too_long_hold_nobody_up() -> Result<()> {
    let solo = solo()?;
    let started = Instant::now();
    let mut daemon = solo.start(&config(
        "startup_script \"/usr/local/bin/errand startup 1001\"
         startup_script_timeout 1
         shutdown_script \"/usr/local/bin/errand shutdown 1002\"
         shutdown_script_timeout 1",
    ))?;
    daemon
        .log()
        .wait_for("startup script timed out", started, PATIENCE)?;
    let told = Instant::now();
    daemon.signal(Signal::TERM);
    until("the address gone", STOP, || {
        Ok(!solo.host.has_address(VIP)?)
    })?;
    daemon.wait_gone(Duration::from_secs(4))?;
    ensure!(told.elapsed() >= Duration::from_secs(1));
    wait_for_the_end_of_commands(&solo)?;
    ensure!(said(&solo)?.iter().all(|line| !line.contains("ends")));
    Ok(())
}

#[test]
fn a_stop_does_not_wait_for_the_start() -> Result<()> {
    let solo = solo()?;
    let started = Instant::now();
    let mut daemon = solo.launch(
        &config(
            "startup_script \"/usr/local/bin/errand startup 1003\"
             shutdown_script \"/usr/local/bin/errand shutdown\"",
        ),
        &["-n", "-l", "-D"],
    )?;
    daemon
        .log()
        .wait_for("Running startup script", started, PATIENCE)?;
    until("the command", PATIENCE, || Ok(!said(&solo)?.is_empty()))?;
    ensure!(daemon.state(INSTANCE).is_none());
    daemon.signal(Signal::TERM);
    daemon.wait_gone(STOP)?;
    wait_for_the_end_of_commands(&solo)?;
    ensure!(said(&solo)?.len() == 1, "{:?}", said(&solo)?);
    Ok(())
}
