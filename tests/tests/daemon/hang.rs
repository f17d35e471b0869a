//! One thread of the daemon hangs while the others go on.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Daemon, pause, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo, VIP};

const PTRACE_SEIZE: libc::c_uint = 0x4206;
const PTRACE_INTERRUPT: libc::c_uint = 0x4207;

/// An autonomous advert thread must not vouch for a main loop that hangs.
#[test]
fn a_hung_main_loop_is_a_fault_until_it_is_back() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let hung = Instant::now();
    while_thread_hangs(thread_of(&daemon, "keepalived")?, || {
        daemon.wait_for_since(INSTANCE, "FAULT", hung, PATIENCE)?;
        until("the end of the VIP", PATIENCE, || {
            Ok(!solo.host.has_address(VIP)?)
        })
    })?;
    let back = Instant::now();
    daemon.wait_for_since(INSTANCE, "MASTER", back, PATIENCE)?;
    until("the VIP", PATIENCE, || solo.host.has_address(VIP))
}

/// The other way round, the lease ends, and the advert thread notices when it is back.
#[test]
fn a_hung_advert_thread_loses_its_lease() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let hung = Instant::now();
    while_thread_hangs(thread_of(&daemon, "vrrp")?, || {
        pause(Duration::from_secs(1))
    })?;
    daemon.wait_for_since(INSTANCE, "BACKUP", hung, PATIENCE)?;
    daemon.wait_for_since(INSTANCE, "MASTER", hung, PATIENCE)?;
    ensure!(solo.status()?.instances[0].lease_left_seconds.is_some());
    Ok(())
}

/// Thread `name` of the process that runs VRRP.
pub(crate) fn thread_of(daemon: &Daemon, name: &str) -> Result<libc::pid_t> {
    for process in daemon.processes()? {
        let tasks = format!("/proc/{}/task", process.as_raw_pid());
        let tasks: Vec<_> = fs::read_dir(tasks)?.flatten().collect();
        let comm = |task: &fs::DirEntry| fs::read_to_string(task.path().join("comm"));
        let named = |task: &&fs::DirEntry| comm(task).is_ok_and(|comm| comm.trim() == name);
        // Only that process has a thread for adverts.
        if tasks
            .iter()
            .any(|task| comm(task).is_ok_and(|comm| comm.trim() == "vrrp"))
        {
            let found = tasks.iter().find(named).context("no such thread")?;
            return Ok(found.file_name().to_string_lossy().parse()?);
        }
    }
    anyhow::bail!("no process runs VRRP")
}

/// Runs `work` while `thread`, and no other one of its process, is stopped.
pub(crate) fn while_thread_hangs(
    thread: libc::pid_t,
    work: impl FnOnce() -> Result<()> + Send,
) -> Result<()> {
    // Only the tracing thread can let go again.
    thread::scope(|scope| {
        let traced = scope.spawn(|| {
            trace(PTRACE_SEIZE, thread)?;
            trace(PTRACE_INTERRUPT, thread)?;
            // SAFETY: a null status is allowed.
            unsafe { libc::waitpid(thread, std::ptr::null_mut(), libc::__WALL) };
            let done = work();
            trace(libc::PTRACE_DETACH, thread)?;
            done
        });
        traced.join().map_err(|_| anyhow::anyhow!("panicked"))?
    })
}

fn trace(request: libc::c_uint, thread: libc::pid_t) -> Result<()> {
    // SAFETY: none of the requests above reads or writes memory of ours.
    let result = unsafe { libc::ptrace(request, thread, 0, 0) };
    ensure!(result == 0, "ptrace: {}", io::Error::last_os_error());
    Ok(())
}
