//! The parent process: keeps a worker running, passes signals on, owns the pid file.

use std::fs::File;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result};
use ha_common::Nanos;
use rustix::process::Signal;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::child::Child;
use super::errand::Beginning;
use super::estate::Estate;
use super::exit::Exit;
use super::link::{self, Word};
use super::manager::Manager;
use super::parting::{STOP_TIMEOUT, give_way, stop};
use super::pidfile::{self, PidFile};
use super::pulse::{Beat, Pulse};
use super::renewal::{self, Legacy};
use super::respite::Respite;
use super::role::{self, Role};
use super::signals::{self, Signals};
use super::successor::Successor;
use super::testament::Testament;
use crate::cli::Options;
use crate::net::{clock, urgency};

/// How long a worker that does nothing any more may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs until it is told to stop, or a worker ends in a way that starting it again cannot cure.
///
/// # Errors
/// If another daemon lives, or a worker or the pid file cannot be made.
pub(super) fn run(options: &Options, role: Role) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // When a worker is to be replaced, every moment counts.
    urgency::hasten();
    runtime.block_on(async {
        let (mut supervisor, worker) = match role {
            Role::RenewedSupervisor => Supervisor::renewed(options)?,
            _ => Supervisor::begin(options, role)?,
        };
        supervisor.supervise(worker).await
    })
}

struct Supervisor<'a> {
    options: &'a Options,
    pid_file: PidFile,
    signals: Signals,
    respite: Respite,
    testament: Testament,
    manager: Manager,
    pulse: Pulse,
    /// What runs before the first worker does anything.
    beginning: Beginning,
    /// The operator's pipes, for the moment in which no worker has them.
    pipes: Vec<File>,
    /// Who waits for the first worker to be ready.
    starter: Option<std::os::unix::net::UnixStream>,
    /// What a worker owned that is no more, and when the present one must have carried on with it.
    estate: Option<(Estate, Instant)>,
    /// The next worker, before its turn.
    successor: Option<Successor>,
    /// The present worker does its work.
    ready: bool,
    /// This process is to run the program as it is installed now.
    renewing: bool,
    /// Signals that a worker must hear, if late.
    missed: Vec<Signal>,
}

/// What the supervisor wakes up for.
enum Wake {
    Ended(Result<ExitStatus>),
    Said(Word),
    /// The operator's command before everything else has ended.
    Begun,
    /// The successor can take over, or cannot.
    Prepared(Result<bool, String>),
    /// The worker should have carried on by now.
    Overdue,
    /// Whoever manages the daemon should hear of it.
    Beat,
    /// Nothing else is left to do first, and signals are held back.
    Renew,
    PassOn(Signal),
    Stop,
}

/// How the care for a worker ended.
enum End {
    Died(ExitStatus),
    Stopped,
}

impl<'a> Supervisor<'a> {
    /// The first one, and its worker.
    fn begin(options: &'a Options, role: Role) -> Result<(Self, Child)> {
        let pid_file = PidFile::create(&options.pid)?;
        // The worker of a supervisor that was killed leaves in order, or is being killed as well.
        pidfile::refuse_if_alive(&options.vrrp_pid, STOP_TIMEOUT)?;
        if !options.dont_fork {
            rustix::process::setsid().context("cannot leave the terminal's session")?;
        }
        let was_launched = Role::of_this_process() == Some(role);
        let mut supervisor = Self::new(options, pid_file, Testament::new()?)?;
        supervisor.starter = was_launched.then(role::starter).transpose()?;
        let worker = supervisor.start_worker()?;
        Ok((supervisor, worker))
    }

    /// One that goes on as the program before did, and its worker.
    fn renewed(options: &'a Options) -> Result<(Self, Child)> {
        let Legacy {
            worker,
            testament,
            pid_file,
        } = Legacy::take(&role::starter()?)?;
        let pid_file = PidFile::locked(&options.pid, pid_file);
        let mut supervisor = Self::new(options, pid_file, testament)?;
        supervisor.ready = true;
        supervisor.beginning = Beginning::over();
        supervisor.hold_pipes();
        log::info!("Restarted: {}", super::version::line());
        Ok((supervisor, worker))
    }

    fn new(options: &'a Options, pid_file: PidFile, testament: Testament) -> Result<Self> {
        let signals = Signals::new()?;
        signals::release();
        let manager = Manager::of_environment();
        Ok(Self {
            pulse: Pulse::new(manager.watchdog(), Instant::now()),
            manager,
            beginning: Beginning::default(),
            pipes: Vec::new(),
            options,
            pid_file,
            signals,
            respite: Respite::default(),
            testament,
            starter: None,
            estate: None,
            successor: None,
            ready: false,
            renewing: false,
            missed: Vec::new(),
        })
    }

    fn start_worker(&mut self) -> Result<Child> {
        self.renewing = false;
        self.pulse.begin(Instant::now());
        Child::start(Path::new(role::SAME_PROGRAM), Role::Worker, &self.testament)
    }

    async fn supervise(&mut self, mut worker: Child) -> Result<ExitCode> {
        loop {
            let status = match self.watch(&mut worker).await? {
                End::Died(status) => status,
                End::Stopped => {
                    // A worker that stops in order owns nothing any more.
                    self.leave().await;
                    return Ok(Exit::Success.into());
                }
            };
            let last = status.code().and_then(Exit::that_stops_the_parent);
            let died_at = clock::now();
            self.ready = false;
            self.pulse.begin(Instant::now());
            let pause = self.respite.after_death(Instant::now().into_std());
            if last.is_some() || !self.respite.is_first() {
                self.hand_over();
            }
            if let Some(exit) = last {
                self.leave().await;
                log::error!("the VRRP process ended ({status}), and would again");
                return Ok(exit.into());
            }
            log::error!("the VRRP process ended ({status}); starting it again");
            if self.is_stopped_within(pause).await {
                self.leave().await;
                return Ok(Exit::Success.into());
            }
            worker = self.start_worker()?;
            if self.respite.is_first() {
                // Looked for while the next worker is under way: neither waits for the other.
                self.expect_heir(died_at);
            }
        }
    }

    /// Has the present worker carry on with what the one before owned when it ended.
    fn expect_heir(&mut self, ended_at: Nanos) {
        let estate = Estate::open(self.testament.read().farewells, ended_at);
        self.estate = estate.map(|estate| {
            let limit = Instant::now() + estate.patience();
            (estate, limit)
        });
    }

    /// Leaves to others what the dead worker owned.
    fn hand_over(&mut self) {
        self.estate = None;
        if let Some(estate) = Estate::open(self.testament.read().farewells, clock::now()) {
            estate.hand_over();
        }
    }

    fn hold_pipes(&mut self) {
        self.pipes = self.testament.read().fifos.hold();
    }

    /// Leaves nothing behind of a worker that no other one follows, and lets the operator know.
    async fn leave(&mut self) {
        self.hand_over();
        let mut will = self.testament.read();
        will.fifos.clear();
        if let Some(errand) = will.shutdown {
            errand.run().await;
        }
    }

    /// Cares for a worker, and whoever takes over from it, until one ends.
    async fn watch(&mut self, worker: &mut Child) -> Result<End> {
        loop {
            match self.wake(worker).await {
                Wake::Ended(status) => {
                    self.call_restart_off().await?;
                    return Ok(End::Died(status?));
                }
                Wake::Said(word) => self.hear(worker, word).await?,
                Wake::Begun => worker.link.say(&Word::Begin).await,
                Wake::Beat => self.beat(Some(worker)).await,
                Wake::Renew => self.renew(worker),
                Wake::Prepared(Ok(adopts)) => self.exchange(worker, adopts).await?,
                Wake::Prepared(Err(reason)) => {
                    self.call_restart_off().await?;
                    self.pass_on_missed(worker);
                    refuse(worker, reason).await;
                }
                Wake::Overdue => self.look_after_the_estate(worker).await?,
                Wake::PassOn(signal) => self.pass_on(worker, signal),
                Wake::Stop => {
                    self.manager.stopping();
                    self.call_restart_off().await?;
                    stop(worker).await?;
                    return Ok(End::Stopped);
                }
            }
        }
    }

    async fn wake(&mut self, worker: &mut Child) -> Wake {
        let limit = self.estate.as_ref().map(|(_, limit)| *limit);
        let is_settled = self.is_settled();
        if is_settled {
            signals::hold();
        }
        let wake = tokio::select! {
            biased;
            ended = worker.process.ended() => Wake::Ended(ended),
            wake = told(&mut self.signals) => wake,
            word = worker.link.word() => Wake::Said(word),
            prepared = prepared(&mut self.successor) => Wake::Prepared(prepared),
            () = self.beginning.ended() => Wake::Begun,
            () = at(limit) => Wake::Overdue,
            () = at(self.pulse.next()) => Wake::Beat,
            () = idle(is_settled) => Wake::Renew,
        };
        if is_settled && !matches!(wake, Wake::Renew) {
            signals::release();
        }
        wake
    }

    async fn hear(&mut self, worker: &mut Child, word: Word) -> Result<()> {
        match word {
            Word::StartUp(errand) => {
                // If it runs already, for a worker that has died, this one is told of its end.
                let is_over = self.beginning.want(errand);
                if is_over {
                    worker.link.say(&Word::Begin).await;
                }
            }
            Word::Ready => self.note_ready(worker)?,
            Word::Restart => self.prepare_successor(worker).await,
            Word::Reloading => self.manager.reloading(),
            Word::Reloaded => {
                self.manager.ready();
                self.hold_pipes();
            }
            Word::Status(line) => self.manager.status(&line),
            Word::Here if self.pulse.heard() => self.manager.alive(),
            _ => {}
        }
        Ok(())
    }

    /// Asks a worker whether it lives, if there is one that can be asked.
    async fn beat(&mut self, worker: Option<&mut Child>) {
        let worker = worker.filter(|_| self.ready);
        if self.beginning.is_running() {
            self.pulse.begin(Instant::now());
        }
        match (self.pulse.beat(Instant::now(), worker.is_some()), worker) {
            (Beat::Ask, Some(worker)) => worker.link.say(&Word::AreYouThere).await,
            (Beat::Alive, _) => self.manager.alive(),
            _ => {}
        }
    }

    fn note_ready(&mut self, worker: &Child) -> Result<()> {
        self.ready = true;
        self.manager.ready();
        self.hold_pipes();
        self.pass_on_missed(worker);
        if let Some(starter) = self.starter.take() {
            link::say_ready(starter);
            role::let_go(self.options)?;
        }
        Ok(())
    }

    /// Passes a signal on to a worker that listens, else keeps it for the one that will. A worker that
    /// is about to be replaced must not begin what its successor does not know of.
    fn pass_on(&mut self, worker: &Child, signal: Signal) {
        let waits = signal == Signal::HUP && self.successor.is_some();
        if self.ready && !waits {
            worker.process.signal(signal);
        } else if !self.missed.contains(&signal) {
            self.missed.push(signal);
        }
    }

    fn pass_on_missed(&mut self, worker: &Child) {
        for signal in self.missed.drain(..) {
            worker.process.signal(signal);
        }
    }

    async fn prepare_successor(&mut self, worker: &mut Child) {
        if self.successor.is_some() {
            return refuse(worker, "it is being restarted already".to_owned()).await;
        }
        match Successor::start(&self.testament) {
            Ok(successor) => self.successor = Some(successor),
            Err(error) => refuse(worker, format!("{error:#}")).await,
        }
    }

    /// Has the successor take over from `worker`, and be it.
    async fn exchange(&mut self, worker: &mut Child, adopts: bool) -> Result<()> {
        let Some(successor) = self.successor.take() else {
            return Ok(());
        };
        if adopts {
            give_way(worker).await?;
        } else {
            stop(worker).await?;
        }
        let ended_at = clock::now();
        let mut former = std::mem::replace(worker, successor.child);
        worker.link.say(&Word::TakeOver).await;
        self.ready = false;
        self.pulse.begin(Instant::now());
        self.renewing = true;
        // What killed the program before may be cured.
        self.respite = Respite::default();
        self.expect_heir(ended_at);
        former.process.ended_within(END_TIMEOUT).await?;
        Ok(())
    }

    /// Ends a successor before its turn.
    async fn call_restart_off(&mut self) -> Result<()> {
        if let Some(mut successor) = self.successor.take() {
            successor.child.process.kill().await?;
        }
        Ok(())
    }

    /// Whether the worker that this program was exchanged with has shown that it works.
    fn is_settled(&self) -> bool {
        self.renewing && self.ready && self.estate.is_none() && self.successor.is_none()
    }

    /// Runs the installed program here, too.
    fn renew(&mut self, worker: &Child) {
        self.renewing = false;
        let Err(error) = renewal::renew(worker, &self.testament, &self.pid_file);
        log::error!("this process goes on as it was: {error:#}");
    }

    /// Ends a worker that has not carried on in time: it could do so at the moment at which others
    /// are told that nobody does.
    async fn look_after_the_estate(&mut self, worker: &mut Child) -> Result<()> {
        let estate = self.estate.take().map(|(estate, _)| estate);
        if let Some(estate) = estate.filter(Estate::is_unclaimed) {
            log::error!("the VRRP process does not carry on in time: ending it");
            // Its end is heard of in a moment.
            worker.process.kill().await?;
            estate.hand_over();
        }
        Ok(())
    }

    /// Waits before a restart; `true` if told to stop meanwhile.
    async fn is_stopped_within(&mut self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        loop {
            tokio::select! {
                wake = told(&mut self.signals) => if matches!(wake, Wake::Stop) {
                    self.manager.stopping();
                    return true;
                },
                () = at(self.pulse.next()) => self.beat(None).await,
                () = sleep_until(end) => return false,
            }
        }
    }
}

/// Waits for a successor to be prepared; without one, for ever.
async fn prepared(successor: &mut Option<Successor>) -> Result<bool, String> {
    match successor {
        Some(successor) => successor.prepared().await,
        None => std::future::pending().await,
    }
}

/// Lets everything that has come so far be seen first; for ever unless `wanted`.
async fn idle(wanted: bool) {
    if wanted {
        yield_now().await;
    } else {
        std::future::pending().await
    }
}

/// Waits until `limit`; without, for ever.
async fn at(limit: Option<Instant>) {
    match limit {
        Some(limit) => sleep_until(limit).await,
        None => std::future::pending().await,
    }
}

async fn refuse(worker: &mut Child, reason: String) {
    log::error!("no restart: {reason}");
    worker.link.say(&Word::Refused(reason)).await;
}

/// What a signal means here.
async fn told(signals: &mut Signals) -> Wake {
    tokio::select! {
        _ = signals.hup.recv() => Wake::PassOn(Signal::HUP),
        kind = signals.dumps.next() => Wake::PassOn(signals::asking_for(kind)),
        _ = signals.term.recv() => Wake::Stop,
        _ = signals.int.recv() => Wake::Stop,
    }
}
