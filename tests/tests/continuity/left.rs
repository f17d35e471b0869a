//! Where nobody can carry on, the supervisor hands over in the dead process's name.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::eyes::FLIGHT;
use ha_tests::lab::{CONFIG_PATH, pause, until};
use ha_tests::watched::{INSTANCE, VIP};

use crate::patient::{DAEMON, PATIENCE, Patient};

/// Of version 3 at this interval, silence alone would be waited for 3.6 s.
const INTERVAL_MS: u64 = 1000;
/// Far less than that.
const SOON: Duration = Duration::from_millis(1500);

#[test]
fn a_worker_that_dies_again_is_handed_over() -> Result<()> {
    let patient = Patient::new(INTERVAL_MS)?;
    let first = Instant::now();
    patient.kill_worker()?;
    patient.wait_for_adoption(first)?;
    patient.judge_calm(first)?;

    let second = Instant::now();
    patient.kill_worker()?;
    judge_handover(&patient, second)?;
    // It comes back as Backup, and as the better one preempts.
    patient
        .eyes
        .wait_for_owner(patient.pair.macs[0], PATIENCE)?;
    patient.judge_processes()
}

#[test]
fn a_worker_that_cannot_be_replaced_is_handed_over() -> Result<()> {
    let mut patient = Patient::new(INTERVAL_MS)?;
    patient.pair.directors[0].write(CONFIG_PATH, "vrrp_instance VI_1 {\n interface eth0\n")?;
    let fault = Instant::now();
    patient.kill_worker()?;
    judge_handover(&patient, fault)?;
    patient.daemons[0].wait_gone(PATIENCE)?;
    ensure!(
        !patient.pair.directors[0].has_address(VIP)?,
        "the VIP is still there"
    );
    Ok(())
}

#[test]
fn a_worker_that_is_told_to_stop_by_itself_leaves_in_order_and_comes_back() -> Result<()> {
    let patient = Patient::new(INTERVAL_MS)?;
    let told = Instant::now();
    let kill = format!("kill -TERM {}", patient.worker()?);
    patient.pair.directors[0].sh(&kill)?;
    judge_handover(&patient, told)?;
    patient
        .eyes
        .wait_for_owner(patient.pair.macs[0], PATIENCE)?;
    patient.judge_processes()
}

#[test]
fn of_a_process_group_that_is_killed_nobody_starts_again() -> Result<()> {
    let mut patient = Patient::new(100)?;
    patient.daemons[0].stop()?;
    // At the head of a group of its own, as a shell or a service manager would have it.
    patient.launch("setsid", &[DAEMON])?;
    let fault = Instant::now();
    let kill = format!("env kill -KILL -- -{}", patient.parent()?);
    patient.pair.directors[0].sh(&kill)?;
    patient.daemons[0].wait_gone(PATIENCE)?;
    patient.daemons[1].wait_for_since(INSTANCE, "MASTER", fault, PATIENCE)?;
    pause(FLIGHT)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    let record = patient.eyes.take_before(end);
    ensure!(record.doubled(&(fault..end)).is_none(), "two answered");
    ensure!(!patient.daemons[0].is_running()?, "it was started again");
    patient.start()?;
    patient.eyes.wait_for_owner(patient.pair.macs[0], PATIENCE)
}

#[test]
fn a_worker_whose_parent_died_as_it_began_leaves() -> Result<()> {
    let mut patient = Patient::new(INTERVAL_MS)?;
    patient.daemons[0].stop()?;
    let (_, theirs) = UnixStream::pair()?;
    let mut command = Command::new(DAEMON);
    command
        .args(["-f", CONFIG_PATH, "-n", "-l"])
        .env("VIPD_ROLE", "worker")
        .stdin(OwnedFd::from(theirs));
    let mut orphan = patient.pair.directors[0].spawn(&mut command)?;
    let ended = until("the end of the orphan", PATIENCE, || {
        Ok(orphan.try_wait()?.is_some())
    });
    orphan.kill()?;
    orphan.wait()?;
    ended
}

/// lb2 has taken over soon after `fault`, and never did both answer.
fn judge_handover(patient: &Patient, fault: Instant) -> Result<()> {
    let daemons = &patient.daemons;
    let taken = daemons[1].wait_for_since(INSTANCE, "MASTER", fault, PATIENCE)?;
    let took = taken.at.duration_since(fault);
    ensure!(
        took < SOON,
        "lb2 took over after {took:?}\n{}",
        patient.logs()
    );
    pause(FLIGHT)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    let record = patient.eyes.take_before(end);
    let period = fault..end;
    ensure!(record.doubled(&period).is_none(), "two answered");
    let silence = record.silence(&period);
    let silence = silence.end - silence.start;
    println!("handed over {took:.1?} after the death; without answers for {silence:.1?}");
    ensure!(silence < SOON, "nobody answered for {silence:?}");
    Ok(())
}
