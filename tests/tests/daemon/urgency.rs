//! What the advert thread takes before others: the processor, and memory that stays.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::Daemon;

use crate::solo::{CONFIG, Solo};

/// Its name.
const THREAD: &str = "vrrp";
/// SCHED_RR, as `stat` has it.
const ROUND_ROBIN: &str = "2";

/// Directory of the advert thread in /proc.
fn advert_thread(daemon: &Daemon) -> Result<PathBuf> {
    for process in daemon.workers()? {
        let tasks = format!("/proc/{}/task", process.as_raw_pid());
        for task in fs::read_dir(tasks)? {
            let task = task?.path();
            if fs::read_to_string(task.join("comm"))?.trim_end() == THREAD {
                return Ok(task);
            }
        }
    }
    anyhow::bail!("no advert thread")
}

/// Real-time priority and policy: fields 40 and 41, counted from the one after the name.
fn urgency(daemon: &Daemon) -> Result<(String, String)> {
    let stat = fs::read_to_string(advert_thread(daemon)?.join("stat"))?;
    let (_, fields) = stat.rsplit_once(") ").context("no name")?;
    let mut fields = fields.split_whitespace().skip(40 - 3);
    let mut next = || fields.next().map(str::to_owned).context("too short");
    Ok((next()?, next()?))
}

fn check_urgency(config: &str, priority: &str) -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(config)?;
    let found = urgency(&daemon)?;
    ensure!(
        found == (priority.to_owned(), ROUND_ROBIN.to_owned()),
        "{found:?}"
    );
    let status = fs::read_to_string(advert_thread(&daemon)?.join("status"))?;
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:"));
    let locked: u64 = locked
        .and_then(|size| size.trim().strip_suffix(" kB")?.parse().ok())
        .context("no VmLck")?;
    ensure!(locked > 0, "memory may be swapped out");
    ensure!(daemon.log().matching("adverts may be late").is_empty());
    Ok(())
}

#[test]
fn the_advert_thread_goes_before_others_and_its_memory_stays() -> Result<()> {
    check_urgency(CONFIG, "2")
}

#[test]
fn vrrp_rt_priority_says_how_far_before_others() -> Result<()> {
    let global = "global_defs {\n    vrrp_rt_priority 7\n    vrrp_no_swap\n}\n";
    check_urgency(&format!("{global}{CONFIG}"), "7")
}
