//! One reading of a file, and one reload.

use std::fmt;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::files::Size;
use crate::lab::{
    CONFIG_PATH, Daemon, Host, Software, Tools, pause, time_on_processors, until, vipctl,
};

/// How long the daemon has for its first probes and gratuitous ARPs.
pub(super) const SETTLES: Duration = Duration::from_secs(12);
/// How long the worker's work is watched for after `vipctl` has its answer.
pub(super) const AFTERMATH: Duration = Duration::from_millis(500);
/// Longest election.
const ELECTION: Duration = Duration::from_secs(60);

/// A host with one interface, and nobody on the other end.
pub(super) fn host() -> Result<Host> {
    let host = Host::new("lb1")?;
    let netns = host.netns();
    netns.ip("link add eth0 type veth peer name far0")?;
    for interface in ["far0", "eth0"] {
        netns.ip(&format!("link set {interface} up"))?;
    }
    netns.ip("address add 192.0.2.11/24 dev eth0")?;
    Ok(host)
}

/// How long `software` takes to test the file on `host`.
pub(super) fn test(software: &Software, host: &Host) -> Result<Duration> {
    let mut command = Command::new(software.path());
    command.args(["-t", "-f", CONFIG_PATH]);
    let begun = Instant::now();
    let output = host.output(&mut command)?;
    let taken = begun.elapsed();
    // 5 is faults: each has some to find that the other does not look for.
    let code = output.status.code();
    ensure!(
        matches!(code, Some(0 | 5)),
        "{} -t ended with {}: {}",
        software.name(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(taken)
}

/// What a reload took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reload {
    /// Until `vipctl` had its answer.
    pub(super) answer: Duration,
    /// Of the worker, on processors, less what it takes in such a time without a reload.
    pub(super) work: Duration,
}

impl fmt::Display for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answer, work } = self;
        write!(f, "answered after {answer:.0?}, {work:.0?} on processors")
    }
}

/// A running vipd whose file is edited.
pub(super) struct Edited {
    daemon: Daemon,
    files: [String; 2],
}

impl Edited {
    pub(super) fn start(host: &Host, size: Size) -> Result<Self> {
        let files = size.files();
        let daemon = Daemon::start(host, &Tools::vipd()?, &files[0])?;
        daemon.wait_for("VI_1", "MASTER", ELECTION)?;
        until("its worker", ELECTION, || Ok(!daemon.workers()?.is_empty()))?;
        pause(SETTLES)?;
        Ok(Self { daemon, files })
    }

    /// Edits one line, and has it read.
    pub(super) fn reload(&mut self) -> Result<Reload> {
        self.files.reverse();
        let host = self.daemon.host();
        host.write(CONFIG_PATH, &self.files[0])?;
        let idle = self.work_during(|| pause(AFTERMATH))?.1;
        let ((answer, _), work) = self.work_during(|| {
            let begun = Instant::now();
            let output = vipctl(host, &["reload"])?;
            let answer = begun.elapsed();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            ensure!(output.status.success(), "vipctl reload: {said}");
            Ok((answer, pause(AFTERMATH)?))
        })?;
        let work = work.saturating_sub(idle);
        Ok(Reload { answer, work })
    }

    fn work_during<T>(&self, act: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
        let workers = self.daemon.workers().context("the worker")?;
        let before = time_on_processors(&workers)?;
        let done = act()?;
        let work = time_on_processors(&workers)?.saturating_sub(before);
        Ok((done, work))
    }
}
