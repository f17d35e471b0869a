//! `vipctl restart`: the program is exchanged, and nobody notices.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::eyes::FLIGHT;
use ha_tests::lab::{CONFIG_PATH, Tools, pause, status, until};
use ha_tests::watched::INSTANCE;

use crate::load::Load;
use crate::patient::{DAEMON, PATIENCE, Patient};

const INTERVAL_MS: u64 = 100;
const TIMES: usize = 10;

#[test]
fn restarts_lose_nothing() -> Result<()> {
    let patient = Patient::new(INTERVAL_MS)?;
    let load = Load::start(&patient.pair)?;
    let begin = Instant::now();
    let parent = patient.parent()?;
    for _ in 0..TIMES {
        let before = patient.worker()?;
        let said = patient.restart_well()?;
        ensure!(
            said.contains(&format!("{INSTANCE}: MASTER")),
            "{said}{}",
            patient.logs()
        );
        ensure!(patient.worker()? != before, "the same process");
        pause(Duration::from_millis(500))?;
    }
    let lost = load.losses()?;
    ensure!(lost == (0, 0), "lost: {lost:?}\n{}", patient.logs());
    let silence = patient.judge_calm(begin)?;
    println!("{TIMES} restarts: no transition; without answers for {silence:.1?} at most");
    ensure!(patient.parent()? == parent, "another parent");
    patient.judge_processes()
}

#[test]
fn a_program_that_cannot_start_changes_nothing() -> Result<()> {
    let patient = Patient::new(INTERVAL_MS)?;
    let director = &patient.pair.directors[0];
    let begin = Instant::now();
    let before = patient.worker()?;
    director.write(CONFIG_PATH, "vrrp_instance VI_1 {\n interface eth0\n")?;
    let said = patient.restart()?;
    ensure!(said.status.code() == Some(1), "{said:?}");
    ensure!(
        text(&said.stderr).contains("the new program cannot start"),
        "{}",
        text(&said.stderr)
    );
    director.write(CONFIG_PATH, &patient.pair.setup().config(0))?;
    ensure!(patient.worker()? == before, "another process");
    patient.restart_well()?;
    pause(patient.pair.setup().active_down_interval(1))?;
    patient.judge_calm(begin)?;
    patient.judge_processes()
}

#[test]
fn a_program_that_was_installed_meanwhile_runs_in_both_processes() -> Result<()> {
    let patient = Patient::new(INTERVAL_MS)?;
    let installed = patient.pair.directors[0].outside("/usr/local/sbin/keepalived");
    let begin = Instant::now();
    for _ in 0..2 {
        // As a package manager does it: the running program's file is gone from its directory.
        let new = installed.with_extension("new");
        std::fs::copy(Tools::vipd()?.path(), &new)?;
        std::fs::rename(&new, &installed)?;
        patient.restart_well()?;
        until("the new program in both processes", PATIENCE, || {
            let processes = patient.daemons[0].processes()?;
            let programs = processes
                .iter()
                .map(|process| std::fs::metadata(format!("/proc/{}/exe", process.as_raw_pid())));
            let inodes = programs.map(|program| Ok(std::os::unix::fs::MetadataExt::ino(&program?)));
            let inodes = inodes.collect::<Result<Vec<u64>>>()?;
            let own = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&installed)?);
            Ok(inodes.len() == 2 && inodes.iter().all(|inode| *inode == own))
        })?;
    }
    pause(patient.pair.setup().active_down_interval(1))?;
    patient.judge_calm(begin)?;
    patient.judge_processes()
}

#[test]
fn what_comes_of_a_restart_is_said() -> Result<()> {
    let patient = Patient::new(INTERVAL_MS)?;
    let director = &patient.pair.directors[0];
    let vipctl = Tools::vipctl()?.display().to_string();
    // It takes its time, and cannot start.
    director.write_script("/usr/local/sbin/new", "#!/bin/sh\nsleep 3\nexit 3\n")?;
    director.sh("mv /usr/local/sbin/new /usr/local/sbin/keepalived")?;
    let begin = Instant::now();
    let said = director.sh(&format!(
        "{vipctl} restart 2>&1 & sleep 1; {vipctl} restart 2>&1; wait"
    ))?;
    ensure!(said.contains("the new program cannot start"), "{said}");
    ensure!(said.contains("it is being restarted already"), "{said}");
    let said = director.sh(&format!(
        "{vipctl} restart 2>&1 & sleep 1; kill -9 {}; wait",
        patient.worker()?
    ))?;
    ensure!(said.contains("no restart: "), "{said}");
    patient.judge_calm(begin)?;
    patient.judge_processes()
}

#[test]
fn signals_during_a_restart_are_not_lost() -> Result<()> {
    let mut patient = Patient::new(INTERVAL_MS)?;
    let director = patient.pair.directors[0].clone();
    for _ in 0..3 {
        let before = patient.worker()?;
        let begin = Instant::now();
        // While the new program gets ready, and while it takes over.
        let pid = patient.parent()?;
        let hail = format!(
            "for n in $(seq 100); do kill -HUP {pid}; kill -USR1 {pid}; kill -36 {pid}; kill -63 {pid}; sleep 0.01; done"
        );
        let script = format!("({hail}) & {} restart; wait", Tools::vipctl()?.display());
        director.sh(&script)?;
        ensure!(patient.worker()? != before, "it was not restarted");
        pause(patient.pair.setup().active_down_interval(1))?;
        patient.judge_calm(begin)?;
        patient.judge_processes()?;
        ensure!(status(&director)?.instances[0].state == "MASTER");
    }
    // Told to stop in the middle of it, it stops.
    let script = format!(
        "{} restart & sleep 0.05; kill -TERM {}; wait",
        Tools::vipctl()?.display(),
        patient.parent()?
    );
    director.sh(&script)?;
    patient.daemons[0].wait_gone(PATIENCE)?;
    ensure!(
        !director.has_address(ha_tests::watched::VIP)?,
        "the VIP is still there"
    );
    Ok(())
}

#[test]
fn where_nothing_can_be_adopted_it_leaves_in_order_and_comes_back() -> Result<()> {
    let mut patient = Patient::new(INTERVAL_MS)?;
    patient.daemons[0].stop()?;
    // One that shows what its programs see makes new ones at each start, as another version does.
    patient.launch(DAEMON, &["--debug-xdp"])?;

    let begin = Instant::now();
    patient.restart_well()?;
    patient.daemons[1].wait_for_since(INSTANCE, "MASTER", begin, PATIENCE)?;
    patient
        .eyes
        .wait_for_owner(patient.pair.macs[0], PATIENCE)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    let record = patient.eyes.take_before(end);
    let period = begin..end;
    ensure!(record.doubled(&period).is_none(), "two answered");
    let silence = record.silence(&period);
    let silence = silence.end - silence.start;
    println!("handed over and back; without answers for {silence:.1?}");
    ensure!(
        silence < Duration::from_millis(250),
        "nobody answered for {silence:?}"
    );
    patient.judge_processes()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
