//! A VRRP daemon on a host: ours, or keepalived.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};

use super::process::{heeds, is_stopped, parent_of, signal_all};
use super::wait::until;
use super::{Host, Line, Log};

/// Where [`Daemon::start`] puts the configuration.
pub const CONFIG_PATH: &str = "/etc/keepalived/keepalived.conf";

/// Name of either daemon on a host, found through PATH, so that `killall keepalived` in the
/// scripts of the articles means it.
const PROGRAM: &str = "/usr/local/sbin/keepalived";
/// Variable that says where either writes what it is asked for.
const DUMPS: &str = "TMPDIR";
/// How long it may take to hear a signal that cannot be caught. A busy machine takes a while.
const DEAFNESS: Duration = Duration::from_secs(10);
/// Names (`comm`) that processes of either have.
const NAMES: [&str; 2] = ["keepalived", "vipd"];

/// A VRRP daemon that can be run on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Software {
    /// `vipd` at this path, called through a link named `keepalived`.
    Vipd(PathBuf),
    /// keepalived, or a script that executes it, at this path.
    Keepalived(PathBuf),
}

impl Software {
    /// For people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Vipd(_) => "vipd",
            Self::Keepalived(_) => "keepalived",
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Vipd(path) | Self::Keepalived(path) => path,
        }
    }

    /// Makes it the `keepalived` in `host`'s PATH.
    ///
    /// # Errors
    /// As of the file system.
    pub fn install(&self, host: &Host) -> Result<()> {
        match self {
            Self::Vipd(path) => link(host, path),
            // The script finds its libraries by its own path, which a link would hide.
            Self::Keepalived(path) => {
                let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", path.display());
                host.write_script(PROGRAM, &script)
            }
        }
    }
}

fn link(host: &Host, target: &Path) -> Result<()> {
    let outside = host.outside(PROGRAM);
    std::fs::create_dir_all(outside.parent().unwrap_or(Path::new("/")))?;
    if std::fs::symlink_metadata(&outside).is_ok() {
        std::fs::remove_file(&outside)?;
    }
    std::os::unix::fs::symlink(target, &outside)
        .with_context(|| format!("cannot link {PROGRAM} on {}", host.name()))
}

/// A running daemon; ended when dropped.
#[derive(Debug)]
pub struct Daemon {
    host: Host,
    child: Child,
    log: Log,
    started: Instant,
    /// Seen to have ended: what runs under its name now is not ours to end.
    gone: bool,
}

impl Daemon {
    /// Installs `software`, writes `config` to [`CONFIG_PATH`] and starts it in the foreground,
    /// logging transitions to us.
    ///
    /// # Errors
    /// When it cannot be started. That it works is for the caller to wait for.
    pub fn start(host: &Host, software: &Software, config: &str) -> Result<Self> {
        software.install(host)?;
        host.write(CONFIG_PATH, config)?;
        let mut command = Command::new(PROGRAM);
        Self::launch(host, command.args(["-f", CONFIG_PATH, "-n", "-l", "-D"]))
    }

    /// Starts `command`, which runs an installed daemon in whatever way, and collects what it and
    /// its children print. Unless `command` says otherwise, its dumps go to the host's /run.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn launch(host: &Host, command: &mut Command) -> Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if !command.get_envs().any(|(name, _)| name == DUMPS) {
            command.env(DUMPS, "/run");
        }
        let started = Instant::now();
        let mut child = host.spawn(command)?;
        let log = Log::default();
        child
            .stdout
            .take()
            .into_iter()
            .for_each(|output| log.collect(output));
        child
            .stderr
            .take()
            .into_iter()
            .for_each(|output| log.collect(output));
        Ok(Self {
            host: host.clone(),
            child,
            log,
            started,
            gone: false,
        })
    }

    /// What it has printed.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The host it runs on.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Waits for the line that says that `instance` has entered `state` (`MASTER`, `BACKUP` or
    /// `FAULT`), printed since the start.
    ///
    /// # Errors
    /// When it does not come within `limit`.
    pub fn wait_for(&self, instance: &str, state: &str, limit: Duration) -> Result<Line> {
        self.wait_for_since(instance, state, self.started, limit)
    }

    /// As [`Self::wait_for`], printed at or after `since`.
    ///
    /// # Errors
    /// When it does not come within `limit`.
    pub fn wait_for_since(
        &self,
        instance: &str,
        state: &str,
        since: Instant,
        limit: Duration,
    ) -> Result<Line> {
        let phrase = entering(instance, state);
        let line = self.log.wait_for(&phrase, since, limit);
        line.with_context(|| format!("{} on {}", phrase, self.host.name()))
    }

    /// The state that `instance` has last entered by its log.
    #[must_use]
    pub fn state(&self, instance: &str) -> Option<&'static str> {
        const STATES: [&str; 3] = ["MASTER", "BACKUP", "FAULT"];
        let phrases = STATES.map(|state| entering(instance, state));
        let (_, last) = self.log.last_of(&phrases.each_ref().map(String::as_str))?;
        STATES.into_iter().find(|state| last.contains(state))
    }

    /// All its processes, or rather all of its name on the host.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn processes(&self) -> Result<Vec<Pid>> {
        self.host.processes(&NAMES)
    }

    /// The processes that do the work: those of its name that the one which was started has started.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn workers(&self) -> Result<Vec<Pid>> {
        let parent = Some(Pid::from_child(&self.child));
        let mut processes = self.processes()?;
        processes.retain(|process| parent_of(*process) == parent);
        Ok(processes)
    }

    /// Sends `signal` to the process that was started: the parent, with `-n`.
    pub fn signal(&self, signal: Signal) {
        signal_all(&[Pid::from_child(&self.child)], signal);
    }

    /// Whether the process that was started hears `signal`, rather than being ended by it as any
    /// program is in its first moments.
    #[must_use]
    pub fn heeds(&self, signal: Signal) -> bool {
        heeds(Pid::from_child(&self.child), signal)
    }

    /// Sends `signal` to all its processes.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn signal_all(&self, signal: Signal) -> Result<()> {
        signal_all(&self.processes()?, signal);
        Ok(())
    }

    /// Stops all its processes where they are (SIGSTOP), and returns when they have: the signal
    /// takes effect only when a thread of the process next runs, and SIGCONT would undo it before.
    ///
    /// # Errors
    /// When one still runs after ten seconds.
    pub fn freeze(&self) -> Result<()> {
        until("the freeze of every thread", DEAFNESS, || {
            // Again and again: one that was just being started was not there to hear it.
            self.signal_all(Signal::STOP)?;
            Ok(self.processes()?.into_iter().all(is_stopped))
        })
    }

    /// Ends [`Self::freeze`].
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn thaw(&self) -> Result<()> {
        self.signal_all(Signal::CONT)
    }

    /// Kills all its processes (SIGKILL).
    ///
    /// # Errors
    /// When one is still there after ten seconds.
    pub fn kill(&mut self) -> Result<()> {
        // A parent that is killed a moment after its child must not start another one.
        self.freeze()?;
        self.signal_all(Signal::KILL)?;
        self.wait_gone(DEAFNESS)
    }

    /// Stops it in order (SIGTERM); returns how long that took.
    ///
    /// # Errors
    /// When a process is still there after ten seconds.
    pub fn stop(&mut self) -> Result<Duration> {
        let started = Instant::now();
        self.signal(Signal::TERM);
        self.wait_gone(Duration::from_secs(10))?;
        Ok(started.elapsed())
    }

    /// Whether any of its processes is left.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn is_running(&mut self) -> Result<bool> {
        let _ = self.child.try_wait()?;
        Ok(!self.processes()?.is_empty())
    }

    /// Waits for all its processes to end.
    ///
    /// # Errors
    /// When one is still there after `limit`; shows the end of its log.
    pub fn wait_gone(&mut self, limit: Duration) -> Result<()> {
        let what = format!("the end of the daemon on {}", self.host.name());
        let gone = until(&what, limit, || Ok(!self.is_running()?));
        gone.with_context(|| {
            let (log, processes) = (self.log.tail(12), self.host.picture());
            format!("its log ends with\n{log}and these are there\n{processes}")
        })?;
        self.gone = true;
        Ok(())
    }
}

/// What both daemons log at a transition.
fn entering(instance: &str, state: &str) -> String {
    format!("({instance}) Entering {state} STATE")
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.gone {
            return;
        }
        // Nobody is left to hear of an error, and the host's end takes what we could not.
        let _ = self.signal_all(Signal::KILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
