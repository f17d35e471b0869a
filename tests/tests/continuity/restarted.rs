//! `vipctl restart`: the program is exchanged, and nobody notices.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Tools, pause, status, until};
use ha_tests::watched::INSTANCE;

use crate::load::Load;
use crate::patient::{PATIENCE, Patient};

const INTERVAL_MS: u64 = 100;
const TIMES: usize = 10;

#[test]
fn restarts_lose_nothing() -> Result<()> {
    let patient = Patient::new(INTERVAL_MS)?;
    let load = Load::start(&patient.pair)?;
    let begin = Instant::now();
    let parent = parent(&patient)?;
    for _ in 0..TIMES {
        let before = patient.worker()?;
        let said = restart(&patient)?;
        ensure!(said.status.success(), "{}", text(&said.stderr));
        ensure!(
            text(&said.stdout).contains(&format!("{INSTANCE}: MASTER")),
            "{}{}",
            text(&said.stdout),
            patient.logs()
        );
        ensure!(patient.worker()? != before, "the same process");
        pause(Duration::from_millis(500))?;
    }
    load.judge_nothing_lost()?;
    let silence = patient.judge_calm(begin)?;
    println!("{TIMES} restarts: no transition; without answers for {silence:.1?} at most");
    ensure!(self::parent(&patient)? == parent, "another parent");
    patient.judge_processes()
}

#[test]
fn a_program_that_cannot_start_changes_nothing() -> Result<()> {
    let patient = Patient::new(INTERVAL_MS)?;
    let director = &patient.pair.directors[0];
    let begin = Instant::now();
    let before = patient.worker()?;
    director.write(CONFIG_PATH, "vrrp_instance VI_1 {\n interface eth0\n")?;
    let said = restart(&patient)?;
    ensure!(said.status.code() == Some(1), "{said:?}");
    ensure!(
        text(&said.stderr).contains("the new program cannot start"),
        "{}",
        text(&said.stderr)
    );
    director.write(CONFIG_PATH, &patient.pair.setup().config(0))?;
    ensure!(patient.worker()? == before, "another process");
    ensure!(restart(&patient)?.status.success(), "it does not restart");
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
        let said = restart(&patient)?;
        ensure!(said.status.success(), "{}", text(&said.stderr));
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
fn signals_during_a_restart_are_not_lost() -> Result<()> {
    let mut patient = Patient::new(INTERVAL_MS)?;
    let director = patient.pair.directors[0].clone();
    for _ in 0..3 {
        let before = patient.worker()?;
        let begin = Instant::now();
        // While the new program gets ready, and while it takes over.
        let pid = parent(&patient)?;
        let hail =
            format!("for n in $(seq 100); do kill -HUP {pid}; kill -USR1 {pid}; sleep 0.01; done");
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
        parent(&patient)?
    );
    director.sh(&script)?;
    patient.daemons[0].wait_gone(PATIENCE)?;
    ensure!(
        !director.has_address(ha_tests::watched::VIP)?,
        "the VIP is still there"
    );
    Ok(())
}

fn restart(patient: &Patient) -> Result<Output> {
    let mut vipctl = Command::new(Tools::vipctl()?);
    patient.pair.directors[0].output(vipctl.arg("restart"))
}

fn parent(patient: &Patient) -> Result<i32> {
    let pid = patient.pair.directors[0].sh("cat /run/keepalived.pid")?;
    pid.trim().parse().context("a pid")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
