//! A worker as its supervisor holds it.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process, waitid};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use super::link::Link;
use super::manager;
use super::role::{self, Role};
use super::testament::Testament;

/// A process that this one has started, or that the program did which this process ran before.
#[derive(Debug)]
pub(super) struct Child {
    /// To speak with it.
    pub(super) link: Link,
    /// To end it, and hear of its end.
    pub(super) process: Process,
}

/// A child process.
#[derive(Debug)]
pub(super) struct Process {
    pid: Pid,
    /// Some child has ended.
    ends: tokio::signal::unix::Signal,
    /// How this one did, which the kernel tells once. Until then its pid is nobody else's.
    ended: Option<ExitStatus>,
}

impl Child {
    /// Runs `program` as `role`, which finds `testament`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(program: &Path, role: Role, testament: &Testament) -> Result<Self> {
        let (mut command, stream) = role::again(program, role)?;
        testament.name_to(&mut command);
        manager::hide(&mut command);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Self::known(Pid::from_child(&child), Link::new(stream)?)
    }

    /// The child `pid` of this process, which hears `link`.
    ///
    /// # Errors
    /// As of the kernel and the runtime.
    pub(super) fn known(pid: Pid, link: Link) -> Result<Self> {
        let ends = signal(SignalKind::child()).context("cannot watch a process")?;
        let process = Process {
            pid,
            ends,
            ended: None,
        };
        Ok(Self { link, process })
    }
}

impl Process {
    /// Its id.
    pub(super) const fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits for its end. Can be cancelled.
    ///
    /// # Errors
    /// As of the kernel.
    pub(super) async fn ended(&mut self) -> Result<ExitStatus> {
        self.wait()
            .await
            .context("cannot wait for the VRRP process")
    }

    async fn wait(&mut self) -> io::Result<ExitStatus> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        loop {
            if let Some(status) = self.ended {
                return Ok(status);
            }
            match waitid(WaitId::Pid(self.pid), options)? {
                Some(status) => self.ended = Some(exit_status(&status)),
                None => drop(self.ends.recv().await),
            }
        }
    }

    /// Waits for its end, but kills it after `limit`: `None`.
    ///
    /// # Errors
    /// As [`Self::ended`].
    pub(super) async fn ended_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        match timeout(limit, self.ended()).await {
            Ok(status) => status.map(Some),
            Err(_) => self.kill().await.map(|_| None),
        }
    }

    /// Ends it at once.
    ///
    /// # Errors
    /// As [`Self::ended`].
    pub(super) async fn kill(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::KILL);
        self.ended().await
    }

    /// Sends `signal`.
    pub(super) fn signal(&self, signal: Signal) {
        if self.ended.is_none() {
            // A process that has just ended is noticed by the wait for it.
            let _ = kill_process(self.pid, signal);
        }
    }
}

/// As `wait(2)` packs it.
fn exit_status(status: &WaitIdStatus) -> ExitStatus {
    let code = status.exit_status().map(|code| code << 8);
    ExitStatus::from_raw(code.or(status.terminating_signal()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    use super::*;

    #[expect(clippy::zombie_processes, reason = "waiting is what is tested")]
    fn shell(script: &str) -> Child {
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        let mut command = Command::new("/bin/sh");
        let command = command.args(["-c", script]).stdin(OwnedFd::from(theirs));
        let child = command.spawn().expect("a shell");
        let link = Link::new(ours).expect("a link");
        Child::known(Pid::from_child(&child), link).expect("a child of ours")
    }

    #[tokio::test]
    async fn the_end_of_a_child_is_told_as_wait_tells_it() {
        let left = shell("exit 3").process.ended().await.expect("an end");
        assert_eq!((left.code(), left.signal()), (Some(3), None));
        let mut child = shell("read word");
        let killed = child.process.kill().await.expect("an end");
        assert_eq!((killed.code(), killed.signal()), (None, Some(9)));
    }

    #[tokio::test]
    async fn a_child_that_stays_is_killed() {
        let mut child = shell("read word");
        let limit = Duration::from_millis(20);
        assert_eq!(
            child.process.ended_within(limit).await.expect("an end"),
            None
        );
        let again = child.process.ended().await.expect("an end");
        assert_eq!(again.signal(), Some(9));
    }
}
