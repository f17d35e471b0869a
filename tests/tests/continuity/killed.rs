//! A process that is killed is replaced by one that carries on, and nobody notices.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::load::Load;
use crate::patient::Patient;

#[test]
fn a_killed_worker_is_adopted_at_a_tenth_of_a_second() -> Result<()> {
    killed_workers(100, 10)
}

#[test]
fn a_killed_worker_is_adopted_at_a_second() -> Result<()> {
    killed_workers(1000, 10)
}

fn killed_workers(interval_ms: u64, times: usize) -> Result<()> {
    let patient = Patient::new(interval_ms)?;
    let mut silences = Vec::new();
    for round in 0..times {
        if round > 0 {
            // A daemon that has never seen a death.
            patient.restart_well()?;
        }
        let fault = Instant::now();
        patient.kill_worker()?;
        patient.wait_for_adoption(fault)?;
        silences.push(patient.judge_calm(fault).with_context(|| patient.logs())?);
        patient.judge_processes()?;
    }
    report("worker killed", interval_ms, silences);
    Ok(())
}

#[test]
fn everything_killed_and_started_again_carries_on() -> Result<()> {
    let interval_ms = 500;
    let mut patient = Patient::new(interval_ms)?;
    let load = Load::start(&patient.pair)?;
    let mut silences = Vec::new();
    for _ in 0..10 {
        let fault = Instant::now();
        patient.daemons[0].kill()?;
        patient.start()?;
        patient.wait_for_adoption(fault)?;
        silences.push(patient.judge_calm(fault).with_context(|| patient.logs())?);
        patient.judge_processes()?;
    }
    report("everything killed and started", interval_ms, silences);
    load.losses()?;
    Ok(())
}

fn report(what: &str, interval_ms: u64, mut silences: Vec<Duration>) {
    silences.sort();
    println!(
        "{what}, {} times at {interval_ms} ms: no transition; without answers for {:.1?} in the \
         median, {:.1?} at most",
        silences.len(),
        silences
            .get(silences.len() / 2)
            .copied()
            .unwrap_or_default(),
        silences.last().copied().unwrap_or_default(),
    );
}
