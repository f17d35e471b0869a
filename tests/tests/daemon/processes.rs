//! Processes, their names, their pid files, and what happens when one of them dies.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Signal, pause, until, vipctl};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, STOP, Solo, VIP};

const PID: &str = "/run/keepalived.pid";
const VRRP_PID: &str = "/run/keepalived_vrrp.pid";

#[test]
fn killall_is_one_graceful_stop() -> Result<()> {
    let solo = Solo::new()?;
    let mut daemon = solo.start(CONFIG)?;
    let told = Instant::now();
    solo.host.sh("killall keepalived")?;
    daemon.wait_gone(STOP)?;
    solo.check_nothing_left()?;
    pause(Duration::from_millis(300))?;
    solo.check_one_farewell(told)
}

#[test]
fn pid_files_name_parent_and_worker() -> Result<()> {
    let solo = Solo::new()?;
    let started = Instant::now();
    let mut daemon = solo.launch(CONFIG, &["-n", "-l"])?;
    let written = || Ok(solo.pid_in(PID).is_ok() && solo.pid_in(VRRP_PID).is_ok());
    until("pid files", Duration::from_secs(2), written)?;
    println!("pid files after {:?}", started.elapsed());
    let worker = solo.pid_in(VRRP_PID)?;
    let parent = solo.host.sh(&format!("ps -o ppid= -p {worker}"))?;
    ensure!(
        parent.trim() == solo.pid_in(PID)?.to_string(),
        "{parent} is not in {PID}"
    );
    let names = solo.host.sh("ps -e -o comm= | grep -c '^keepalived$'")?;
    ensure!(
        names.trim() == "2",
        "{names} processes are called keepalived"
    );
    daemon.stop()?;
    solo.check_nothing_left()
}

#[test]
fn one_of_several_has_files_of_its_own() -> Result<()> {
    let solo = Solo::new()?;
    let named = format!("instance lb\n{CONFIG}");
    for arguments in [&["-n", "-l"][..], &["-n", "-l", "-r", "/run/other.pid"]] {
        let mut daemon = solo.launch(&named, arguments)?;
        daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
        let parent = solo.pid_in("/run/keepalived/keepalived_lb.pid")?;
        let worker = match arguments.last() {
            Some(&"/run/other.pid") => "/run/other.pid",
            _ => "/run/keepalived/vrrp_lb.pid",
        };
        let above = solo.host.sh(&format!("ps -o ppid= -p $(cat {worker})"))?;
        ensure!(
            above.trim() == parent.to_string(),
            "{above} is not {parent}"
        );
        ensure!(solo.pid_in(PID).is_err(), "{PID} is there");
        let socket = ["--pid", "/run/keepalived/keepalived_lb.pid"];
        let status = vipctl(&solo.host, &[&socket[..], &["status"]].concat())?;
        ensure!(status.status.success(), "{status:?}");
        solo.host.sh("killall -HUP keepalived")?;
        daemon.stop()?;
        let left = solo
            .host
            .sh("ls /run/keepalived /run/*.pid 2>/dev/null || true")?;
        ensure!(!left.contains(".pid"), "{left}");
    }
    Ok(())
}

#[test]
fn a_second_start_refuses_and_names_the_pid() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let begun = Instant::now();
    for arguments in [&["-n", "-l"][..], &["-l"], &[]] {
        let second = solo
            .host
            .output(Command::new("keepalived").args(arguments))?;
        let said = String::from_utf8_lossy(&second.stderr).into_owned();
        let pid = solo.pid_in(PID)?;
        ensure!(!second.status.success(), "{arguments:?}: {}", second.status);
        ensure!(
            said.contains(&pid.to_string()),
            "{arguments:?}: does not name {pid}: {said}"
        );
    }
    pause(Duration::from_millis(500))?;
    ensure!(daemon.state(INSTANCE) == Some("MASTER"));
    ensure!(solo.longest_silence(begun) < Duration::from_millis(250));
    ensure!(solo.status()?.instances.len() == 1);
    Ok(())
}

#[test]
fn a_second_one_with_pid_files_of_its_own_is_refused_as_well() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let begun = Instant::now();
    let worker = solo.pid_in(VRRP_PID)?;
    let arguments = ["-n", "-l", "-p", "/run/b.pid", "-r", "/run/b_vrrp.pid"];
    let second = solo
        .host
        .output(Command::new("keepalived").args(arguments))?;
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    ensure!(!second.status.success(), "{}", second.status);
    ensure!(
        said.contains(&format!("another vipd (pid {worker})")),
        "{said}"
    );
    pause(Duration::from_millis(500))?;
    ensure!(daemon.state(INSTANCE) == Some("MASTER"));
    ensure!(solo.longest_silence(begun) < Duration::from_millis(250));
    Ok(())
}

#[test]
fn in_the_background_it_returns_when_ready_and_holds_nothing() -> Result<()> {
    let solo = Solo::new()?;
    solo.configure(CONFIG)?;
    let started = Instant::now();
    // Returns only when nobody holds the pipes any more.
    let launcher = solo.host.output(&mut Command::new("keepalived"))?;
    ensure!(launcher.status.success(), "{launcher:?}");
    ensure!(
        started.elapsed() < Duration::from_secs(5),
        "after {:?}",
        started.elapsed()
    );
    ensure!(
        solo.status()?.instances.len() == 1,
        "not ready when it returned"
    );
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))?;
    let session = solo
        .host
        .sh(&format!("ps -o tty= -p {}", solo.pid_in(PID)?))?;
    ensure!(session.trim() == "?", "it has a terminal: {session}");
    solo.host.sh(&format!("kill $(cat {PID})"))?;
    until("its end", STOP, || {
        Ok(solo.host.processes(&["keepalived"])?.is_empty())
    })?;
    solo.check_nothing_left()
}

#[test]
fn in_the_background_a_bad_start_is_told() -> Result<()> {
    let solo = Solo::new()?;
    let missing = solo
        .host
        .output(Command::new("keepalived").args(["-f", "/etc/missing"]))?;
    ensure!(missing.status.code() == Some(6), "{missing:?}");
    solo.configure("vrrp_instance VI_1 {\n interface eth0\n")?;
    let broken = solo.host.output(&mut Command::new("keepalived"))?;
    ensure!(!broken.status.success(), "{broken:?}");
    solo.check_nothing_left()
}

#[test]
fn a_killed_worker_is_replaced() -> Result<()> {
    let solo = Solo::new()?;
    let mut daemon = solo.start(CONFIG)?;
    let killed = Instant::now();
    let worker = solo.pid_in(VRRP_PID)?;
    solo.host.sh(&format!("kill -9 {worker}"))?;
    let carries_on = "carrying on as the process before";
    daemon.log().wait_for(carries_on, killed, PATIENCE)?;
    ensure!(solo.host.has_address(VIP)?, "the VIP has gone");
    let replaced = || Ok(solo.pid_in(VRRP_PID).is_ok_and(|pid| pid != worker));
    until("the new worker's pid file", PATIENCE, replaced)?;
    solo.status()?;
    daemon.stop()?;
    solo.check_nothing_left()
}

#[test]
fn a_killed_parent_takes_its_worker_along() -> Result<()> {
    let solo = Solo::new()?;
    let mut daemon = solo.start(CONFIG)?;
    let killed = Instant::now();
    daemon.signal(Signal::KILL);
    daemon.wait_gone(STOP)?;
    ensure!(!solo.host.has_address(VIP)?, "the VIP is still there");
    pause(Duration::from_millis(100))?;
    solo.check_one_farewell(killed)?;
    // The parent's pid file is stale now.
    drop(daemon);
    let mut next = solo.start(CONFIG)?;
    next.stop()?;
    solo.check_nothing_left()
}

#[test]
fn a_stop_during_the_start_leaves_nothing() -> Result<()> {
    let solo = Solo::new()?;
    for delay in [0, 5, 20, 50, 100, 200, 400] {
        let mut daemon = solo.launch(CONFIG, &["-n", "-l"])?;
        pause(Duration::from_millis(delay))?;
        solo.host.sh("killall keepalived || true")?;
        if daemon.wait_gone(STOP).is_err() {
            // Before it had a name, or a handler for the signal.
            solo.host.sh("killall keepalived")?;
            daemon.wait_gone(STOP)?;
        }
        solo.check_nothing_left()?;
    }
    Ok(())
}

#[test]
fn a_frozen_parent_does_not_stop_the_worker() -> Result<()> {
    let solo = Solo::new()?;
    let mut daemon = solo.start(CONFIG)?;
    let frozen = Instant::now();
    daemon.signal(Signal::STOP);
    pause(Duration::from_secs(1))?;
    ensure!(solo.longest_silence(frozen) < Duration::from_millis(250));
    daemon.signal(Signal::CONT);
    daemon.stop()?;
    solo.check_nothing_left()
}

#[test]
fn the_config_test_ends_as_keepalived_does() -> Result<()> {
    let solo = Solo::new()?;
    solo.configure(CONFIG)?;
    let test = |file: &str| -> Result<Option<i32>> {
        let mut command = Command::new("keepalived");
        Ok(solo
            .host
            .output(command.args(["-t", "-f", file]))?
            .status
            .code())
    };
    ensure!(test(CONFIG_PATH)? == Some(0));
    ensure!(test("/etc/missing")? == Some(4));
    solo.host.write(
        "/etc/odd.conf",
        &CONFIG.replace("priority 100", "priority 1000"),
    )?;
    ensure!(test("/etc/odd.conf")? == Some(5));
    Ok(())
}
