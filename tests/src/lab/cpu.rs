//! Processors: what a process has used of them, and what keeps them busy.

use std::fs;
use std::hint::spin_loop;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::param::clock_ticks_per_second;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};

use super::background::Background;

/// Time that the threads of `processes` have had on processors. Those of threads that have ended
/// meanwhile are not in it.
///
/// # Errors
/// When /proc cannot be read.
pub fn time_on_processors(processes: &[Pid]) -> Result<Duration> {
    let threads = threads(processes)?;
    Ok(threads.iter().filter_map(|task| time_of(task)).sum())
}

/// Time that the hypervisor has had others use processors which something here was to run on, of all
/// processors since this machine started; precise to a clock tick, 10 ms.
///
/// # Errors
/// When /proc cannot be read, or says something else.
pub fn time_stolen() -> Result<Duration> {
    let text = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    // The name, then user, nice, system, idle, iowait, irq, softirq, steal (proc(5)).
    let ticks: Option<f64> = text
        .split_whitespace()
        .nth(8)
        .and_then(|word| word.parse().ok());
    let ticks = ticks.context("/proc/stat tells of no stolen time")?;
    Ok(Duration::from_secs_f64(
        ticks / clock_ticks_per_second() as f64,
    ))
}

/// How often the threads of `processes` have gone to sleep, which is how often they were woken.
///
/// # Errors
/// When /proc cannot be read.
pub fn wake_ups(processes: &[Pid]) -> Result<u64> {
    let threads = threads(processes)?;
    Ok(threads.iter().filter_map(|task| sleeps_of(task)).sum())
}

fn threads(processes: &[Pid]) -> Result<Vec<PathBuf>> {
    let mut threads = Vec::new();
    for process in processes {
        let tasks = format!("/proc/{}/task", process.as_raw_pid());
        for task in fs::read_dir(&tasks).with_context(|| format!("cannot read {tasks}"))? {
            threads.push(task?.path());
        }
    }
    Ok(threads)
}

/// The first word of `schedstat`: nanoseconds. `None` if the thread has ended.
fn time_of(task: &Path) -> Option<Duration> {
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// `None` if the thread has ended.
fn sleeps_of(task: &Path) -> Option<u64> {
    let text = fs::read_to_string(task.join("status")).ok()?;
    let value = |line: &str| {
        line.strip_prefix("voluntary_ctxt_switches:")?
            .trim()
            .parse()
            .ok()
    };
    text.lines().find_map(value)
}

/// A loop on every processor that does nothing as fast as it can.
#[derive(Debug)]
pub struct BusyLoops(#[expect(dead_code, reason = "they end with it")] Vec<Background>);

impl BusyLoops {
    /// Starts them.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start() -> Result<Self> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let start = |processor| {
            Background::start("busy", move |stop| {
                let mut only = CpuSet::new();
                only.set(processor);
                sched_setaffinity(None, &only)?;
                while !stop.is_requested() {
                    spin_loop();
                }
                Ok(())
            })
        };
        (0..processors).map(start).collect::<Result<_>>().map(Self)
    }
}
