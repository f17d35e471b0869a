//! The parent process: keeps a worker running, passes signals on, owns the pid file.

use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::exit::Exit;
use super::pidfile::{self, PidFile};
use super::role::{self, Role};
use crate::cli::Options;

/// How long a worker may take to withdraw adverts and addresses before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Between the death of a worker and the start of the next.
const RESTART_DELAY: Duration = Duration::from_secs(1);

/// Runs until it is told to stop, or a worker ends in a way that starting it again cannot cure.
///
/// # Errors
/// If another daemon lives, or a worker or the pid file cannot be made.
pub(super) fn run(options: &Options) -> Result<ExitCode> {
    pidfile::refuse_if_alive(&[&options.pid, &options.vrrp_pid])?;
    let _pid = PidFile::create(&options.pid)?;
    if !options.dont_fork {
        rustix::process::setsid().context("cannot leave the terminal's session")?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(Supervisor::default().supervise(options))
}

#[derive(Default)]
struct Supervisor {
    stopping: bool,
}

/// What the supervisor wakes up for.
enum Wake {
    Ended(std::io::Result<ExitStatus>),
    PassOn(Signal),
    Stop,
}

impl Supervisor {
    async fn supervise(&mut self, options: &Options) -> Result<ExitCode> {
        let mut signals = Signals::new()?;
        let mut said_ready = false;
        loop {
            let (mut worker, ready) = start_worker()?;
            let announce = async {
                if spawn_blocking(move || ready.wait()).await.unwrap_or(false) && !said_ready {
                    role::say_ready(options)?;
                    said_ready = true;
                }
                anyhow::Ok(())
            };
            let (announced, ended) = tokio::join!(announce, self.watch(&mut worker, &mut signals));
            announced?;
            let status = ended?;
            if self.stopping {
                return Ok(Exit::Success.into());
            }
            if let Some(exit) = status.code().and_then(Exit::that_stops_the_parent) {
                return Ok(exit.into());
            }
            log::error!("the VRRP process ended ({status}); starting it again");
            if self.pause(&mut signals).await {
                return Ok(Exit::Success.into());
            }
        }
    }

    /// Passes signals on until the worker ends.
    async fn watch(&mut self, worker: &mut Child, signals: &mut Signals) -> Result<ExitStatus> {
        loop {
            let wake = tokio::select! {
                ended = worker.wait() => Wake::Ended(ended),
                wake = signals.next() => wake,
            };
            match wake {
                Wake::Ended(status) => return status.context("cannot wait for the VRRP process"),
                Wake::PassOn(number) => send(worker, number),
                Wake::Stop => {
                    self.stopping = true;
                    return stop(worker).await;
                }
            }
        }
    }

    /// Waits before a restart; `true` if told to stop meanwhile.
    async fn pause(&mut self, signals: &mut Signals) -> bool {
        let stopped = async { while !matches!(signals.next().await, Wake::Stop) {} };
        tokio::select! {
            () = sleep(RESTART_DELAY) => false,
            () = stopped => true,
        }
    }
}

fn start_worker() -> Result<(Child, role::Readiness)> {
    let (command, readiness) = role::again(Role::Worker)?;
    let child = Command::from(command)
        .spawn()
        .context("cannot start the VRRP process")?;
    Ok((child, readiness))
}

async fn stop(worker: &mut Child) -> Result<ExitStatus> {
    send(worker, Signal::TERM);
    match timeout(STOP_TIMEOUT, worker.wait()).await {
        Ok(status) => status.context("cannot wait for the VRRP process"),
        Err(_) => {
            log::error!("the VRRP process did not stop within {STOP_TIMEOUT:?}; killing it");
            send(worker, Signal::KILL);
            worker
                .wait()
                .await
                .context("cannot wait for the VRRP process")
        }
    }
}

fn send(worker: &Child, number: Signal) {
    let pid = worker
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // A worker that has just ended is noticed by the wait for it.
        let _ = kill_process(pid, number);
    }
}

struct Signals {
    hup: tokio::signal::unix::Signal,
    term: tokio::signal::unix::Signal,
    int: tokio::signal::unix::Signal,
    usr1: tokio::signal::unix::Signal,
    usr2: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self {
            hup: signal(SignalKind::hangup())?,
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            usr1: signal(SignalKind::user_defined1())?,
            usr2: signal(SignalKind::user_defined2())?,
        })
    }

    async fn next(&mut self) -> Wake {
        tokio::select! {
            _ = self.hup.recv() => Wake::PassOn(Signal::HUP),
            _ = self.usr1.recv() => Wake::PassOn(Signal::USR1),
            _ = self.usr2.recv() => Wake::PassOn(Signal::USR2),
            _ = self.term.recv() => Wake::Stop,
            _ = self.int.recv() => Wake::Stop,
        }
    }
}
