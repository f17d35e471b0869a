//! The parent process: keeps a worker running, passes signals on, owns the pid file.

use std::pin::pin;
use std::process::{ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::estate::Estate;
use super::exit::Exit;
use super::pidfile::{self, PidFile};
use super::respite::Respite;
use super::role::{self, Role};
use super::testament::Testament;
use crate::cli::Options;

/// How long a worker may take to withdraw adverts and addresses before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs until it is told to stop, or a worker ends in a way that starting it again cannot cure.
///
/// # Errors
/// If another daemon lives, or a worker or the pid file cannot be made.
pub(super) fn run(options: &Options) -> Result<ExitCode> {
    let _pid = PidFile::create(&options.pid)?;
    // The worker of a supervisor that was killed leaves in order, or is being killed as well.
    pidfile::refuse_if_alive(&options.vrrp_pid, STOP_TIMEOUT)?;
    if !options.dont_fork {
        rustix::process::setsid().context("cannot leave the terminal's session")?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(Supervisor::new()?.supervise(options))
}

struct Supervisor {
    stopping: bool,
    respite: Respite,
    testament: Testament,
    /// What the last worker owned when it died.
    estate: Option<Estate>,
}

/// What the supervisor wakes up for.
enum Wake {
    Ended(std::io::Result<ExitStatus>),
    /// The worker should have carried on by now.
    Overdue,
    PassOn(Signal),
    Stop,
}

impl Supervisor {
    fn new() -> Result<Self> {
        Ok(Self {
            stopping: false,
            respite: Respite::default(),
            testament: Testament::new()?,
            estate: None,
        })
    }

    async fn supervise(&mut self, options: &Options) -> Result<ExitCode> {
        let mut signals = Signals::new()?;
        let mut said_ready = false;
        loop {
            let (mut worker, ready) = start_worker(&self.testament)?;
            if self.respite.is_first() {
                // Looked for while the next worker is under way: neither waits for the other.
                self.estate = Estate::open(self.testament.read());
            }
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
                // A worker that stops in order owns nothing any more.
                self.hand_over();
                return Ok(Exit::Success.into());
            }
            let last = status.code().and_then(Exit::that_stops_the_parent);
            let pause = self.respite.after_death(Instant::now());
            if last.is_some() || !self.respite.is_first() {
                self.hand_over();
            }
            if let Some(exit) = last {
                log::error!("the VRRP process ended ({status}), and would again");
                return Ok(exit.into());
            }
            log::error!("the VRRP process ended ({status}); starting it again");
            if wait(pause, &mut signals).await {
                self.hand_over();
                return Ok(Exit::Success.into());
            }
        }
    }

    /// Leaves to others what the dead worker owned.
    fn hand_over(&mut self) {
        self.estate = None;
        if let Some(estate) = Estate::open(self.testament.read()) {
            estate.hand_over();
        }
    }

    /// Passes signals on until the worker ends.
    async fn watch(&mut self, worker: &mut Child, signals: &mut Signals) -> Result<ExitStatus> {
        let patience = self.estate.as_ref().map(Estate::patience);
        let mut overdue = pin!(after(patience));
        let mut looked = false;
        loop {
            let wake = tokio::select! {
                ended = worker.wait() => Wake::Ended(ended),
                wake = signals.next() => wake,
                () = &mut overdue, if !looked => Wake::Overdue,
            };
            match wake {
                Wake::Ended(status) => return status.context("cannot wait for the VRRP process"),
                Wake::PassOn(number) => send(worker, number),
                Wake::Overdue => {
                    looked = true;
                    self.look_after_the_estate(worker).await?;
                }
                Wake::Stop => {
                    self.stopping = true;
                    return stop(worker).await;
                }
            }
        }
    }

    /// Ends a worker that has not carried on in time: it could do so at the moment at which others
    /// are told that nobody does.
    async fn look_after_the_estate(&mut self, worker: &mut Child) -> Result<()> {
        let unclaimed = self.estate.take().filter(Estate::is_unclaimed);
        let Some(estate) = unclaimed else {
            return Ok(());
        };
        log::error!("the VRRP process does not carry on in time: ending it");
        kill(worker).await?;
        estate.hand_over();
        Ok(())
    }
}

/// Waits for `patience`; without, for ever.
async fn after(patience: Option<Duration>) {
    match patience {
        Some(patience) => sleep(patience).await,
        None => std::future::pending().await,
    }
}

/// Waits before a restart; `true` if told to stop meanwhile.
async fn wait(pause: Duration, signals: &mut Signals) -> bool {
    let stopped = async { while !matches!(signals.next().await, Wake::Stop) {} };
    tokio::select! {
        () = sleep(pause) => false,
        () = stopped => true,
    }
}

fn start_worker(testament: &Testament) -> Result<(Child, role::Readiness)> {
    let (mut command, readiness) = role::again(Role::Worker)?;
    testament.name_to(&mut command);
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
            kill(worker).await
        }
    }
}

async fn kill(worker: &mut Child) -> Result<ExitStatus> {
    send(worker, Signal::KILL);
    let ended = worker.wait().await;
    ended.context("cannot wait for the VRRP process")
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
