//! Finding and signalling processes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// Processes named (`comm`) one of `names` that share the PID namespace of `member`.
pub(super) fn in_namespace_of(member: u32, names: &[&str]) -> Result<Vec<Pid>> {
    let namespace = namespace_of(member).context("the host has ended")?;
    let entries = fs::read_dir("/proc").context("cannot read /proc")?;
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids
        .filter(|pid| names.contains(&name_of(*pid).as_str()))
        .filter(|pid| namespace_of(*pid).as_ref() == Some(&namespace))
        .filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
        .collect())
}

/// Sends `signal` to each of `pids`; those that have ended meanwhile are passed over.
pub fn signal_all(pids: &[Pid], signal: Signal) {
    for pid in pids {
        // The only errors are "no such process", and that root may not, which cannot be.
        let _ = kill_process(*pid, signal);
    }
}

/// What the processes that share the PID namespace of `member` are doing, a line each.
pub(super) fn picture(member: u32) -> String {
    let Some(namespace) = namespace_of(member) else {
        return "its host has ended\n".to_owned();
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let here = pids.filter(|pid| namespace_of(*pid).as_ref() == Some(&namespace));
    here.map(|pid| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let value = |key| status.lines().find_map(|line| line.strip_prefix(key));
        let [state, parent, caught] =
            ["State:\t", "PPid:\t", "SigCgt:\t"].map(|key| value(key).unwrap_or_default());
        let waits_in = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        let name = name_of(pid);
        format!("{pid} {name} of {parent}: {state} in {waits_in}, catches {caught}\n")
    })
    .collect()
}

/// Whether `signal` would not end `pid` at once: it listens, or will when it lets the signal through.
pub(super) fn heeds(pid: Pid, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid()));
    let status = status.unwrap_or_default();
    let is_in = |key| {
        let mask = status.lines().find_map(|line| line.strip_prefix(key));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
    };
    is_in("SigBlk:") || is_in("SigCgt:")
}

/// Whether every thread of `pid`, which a stop was sent to as to all its children, is stopped, or
/// has ended.
pub(super) fn is_stopped(pid: Pid) -> bool {
    let tasks = fs::read_dir(format!("/proc/{}/task", pid.as_raw_pid()));
    let mut tasks = tasks.into_iter().flatten().flatten();
    tasks.all(|task| is_still(&task.path()))
}

/// Whether a thread does nothing until somebody tells it to, or has ended.
fn is_still(task: &Path) -> bool {
    let status = fs::read_to_string(task.join("status")).unwrap_or_default();
    let state = status
        .lines()
        .find_map(|line| line.strip_prefix("State:\t"));
    // A zombie does nothing, either: its parent may be stopped before it has looked.
    let has_stopped = |state: &str| state.starts_with(['T', 'Z']);
    state.is_none_or(has_stopped) || waits_for_child(task)
}

/// Whether it waits for its child to run another program (`vfork(2)`), which one that is stopped does
/// not: no signal is heard meanwhile.
fn waits_for_child(task: &Path) -> bool {
    const WAITS: [&str; 2] = ["kernel_clone", "wait_for_vfork_done"];
    let waits_in = fs::read_to_string(task.join("wchan")).unwrap_or_default();
    WAITS.contains(&waits_in.as_str())
}

/// The process that started `pid`, if both are still there.
pub(super) fn parent_of(pid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid())).ok()?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Pid::from_raw(parent.trim().parse().ok()?)
}

fn namespace_of(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

fn name_of(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}
