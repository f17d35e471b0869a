//! Finding and signalling processes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// Processes named (`comm`) one of `names` that share the PID namespace of `member`.
pub(super) fn in_namespace_of(member: u32, names: &[&str]) -> Result<Vec<Pid>> {
    let inhabitants = inhabitants_with(member)?;
    let named = inhabitants.filter(|pid| names.contains(&name_of(*pid).as_str()));
    Ok(named
        .filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
        .collect())
}

/// Processes that share the PID namespace of `member`.
fn inhabitants_with(member: u32) -> Result<impl Iterator<Item = u32>> {
    let namespace = namespace_of(member).context("the host has ended")?;
    let entries = fs::read_dir("/proc").context("cannot read /proc")?;
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(pids.filter(move |pid| namespace_of(*pid).as_ref() == Some(&namespace)))
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
    let draw = |pid: u32| {
        let task = PathBuf::from(format!("/proc/{pid}"));
        let [state, parent, caught] =
            ["State", "PPid", "SigCgt"].map(|key| status_of(&task, key).unwrap_or_default());
        let (name, waits_in) = (name_of(pid), waits_in(&task));
        format!("{pid} {name} of {parent}: {state} in {waits_in}, catches {caught}\n")
    };
    match inhabitants_with(member) {
        Ok(inhabitants) => inhabitants.map(draw).collect(),
        Err(error) => format!("{error:#}\n"),
    }
}

/// Whether `signal` would not end `pid` at once: it listens, or will when it lets the signal through.
pub(super) fn heeds(pid: Pid, signal: Signal) -> bool {
    let is_in = |key| {
        let mask = status_of(&directory_of(pid), key);
        let mask = mask.and_then(|mask| u64::from_str_radix(&mask, 16).ok());
        mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
    };
    is_in("SigBlk") || is_in("SigCgt")
}

/// Whether every thread of `pid`, which a stop was sent to as to all its children, is stopped, or
/// has ended.
pub(super) fn is_stopped(pid: Pid) -> bool {
    let tasks = fs::read_dir(directory_of(pid).join("task"));
    let mut tasks = tasks.into_iter().flatten().flatten();
    tasks.all(|task| is_still(&task.path()))
}

/// Whether a thread does nothing until somebody tells it to, or has ended.
fn is_still(task: &Path) -> bool {
    // A zombie does nothing, either: its parent may be stopped before it has looked.
    let has_stopped = |state: String| state.starts_with(['T', 'Z']);
    status_of(task, "State").is_none_or(has_stopped) || waits_for_child(task)
}

/// Whether it waits for its child to run another program (`vfork(2)`), which one that is stopped does
/// not: no signal is heard meanwhile.
fn waits_for_child(task: &Path) -> bool {
    const WAITS: [&str; 2] = ["kernel_clone", "wait_for_vfork_done"];
    WAITS.contains(&waits_in(task).as_str())
}

/// The process that started `pid`, if both are still there.
pub(super) fn parent_of(pid: Pid) -> Option<Pid> {
    Pid::from_raw(status_of(&directory_of(pid), "PPid")?.parse().ok()?)
}

fn directory_of(pid: Pid) -> PathBuf {
    PathBuf::from(format!("/proc/{}", pid.as_raw_pid()))
}

/// What the status of a process or a thread says of `key`; `None` if it has ended.
fn status_of(task: &Path, key: &str) -> Option<String> {
    let status = fs::read_to_string(task.join("status")).ok()?;
    let value = |line: &str| Some(line.strip_prefix(key)?.strip_prefix(':')?.trim().to_owned());
    status.lines().find_map(value)
}

/// The function of the kernel that a process or a thread waits in.
fn waits_in(task: &Path) -> String {
    fs::read_to_string(task.join("wchan")).unwrap_or_default()
}

fn namespace_of(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

fn name_of(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}
