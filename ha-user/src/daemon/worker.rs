//! The process that runs VRRP: starts the advert thread, then serves everything that may take its
//! time - links, scripts, verdicts of probes, notifications, reloads, `vipctl`.

mod answers;
mod dumping;
mod leaving;
mod links;
mod reload;
mod services;
mod standing;
mod telling;
mod will;

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Signal as Number, set_parent_process_death_signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::attachments::Attachments;
use super::dumps::Dumps;
use super::errand::Errand;
use super::exit::Exit;
use super::fifos::Fifos;
use super::initial_files::InitialFiles;
use super::life::Life;
use super::link::{Link, Word};
use super::mailer::Mailer;
use super::opening::Opening;
use super::order::{Order, Report};
use super::outlook::Outlook;
use super::pidfile::PidFile;
use super::plan;
use super::prepared::Prepared;
use super::presence::Presence;
use super::role::Role;
use super::routers::Routers;
use super::sight::Sight;
use super::signals::Signals;
use super::sole::Sole;
use super::standings::Standings;
use super::startup::{self, Adverts};
use super::sync::Groups;
use super::testament::{Testament, Will};
use super::trackers::{Known, News, Trackers};
use super::whereabouts::Whereabouts;
use super::{configuration, gate, presence, role, watchdog};
use crate::cli::Options;
use crate::config::model::{Config, Instance};
use crate::control::protocol::Response;
use crate::control::server::{Question, Server};
use crate::datapath::{Datapath, Loaded};
use crate::dump::Kind;
use crate::net::clock;
use crate::net::urgency;
use crate::notify::Occasion;
use crate::vrrp::State;

/// Runs VRRP until told to stop; as a successor, when it is told to.
///
/// # Errors
/// If what cannot be done without - sockets, netlink, threads - is not to be had.
pub(super) fn run(options: &Options, role: Role) -> Result<ExitCode> {
    // Without its parent nobody would answer for this process.
    set_parent_process_death_signal(Some(Number::TERM)).context("cannot follow the parent")?;
    let starter = role::starter()?;
    if role == Role::Worker {
        // Somebody may wait to be carried on with.
        urgency::hasten();
    }
    let config = match configuration::at_start(options) {
        Ok(config) => config,
        Err(exit) => return Ok(exit.into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut supervisor = Link::new(starter)?;
        if role == Role::Worker && !startup::has_begun(&config, &mut supervisor).await {
            return Ok(Exit::Success.into());
        }
        let mut prepared = Prepared::new(options, config).await?;
        if role == Role::Successor {
            if !prepared.wait_for_turn(&mut supervisor).await? {
                return Ok(Exit::Success.into());
            }
            urgency::hasten();
        }
        let mut worker = Worker::start(options, prepared, supervisor)?;
        urgency::relax();
        match worker.serve().await? {
            End::Stop => worker.stop().await,
            End::GiveWay => worker.give_way().await,
        }
    })
}

/// The main loop's state.
struct Worker<'a> {
    options: &'a Options,
    config: Config,
    trial: Option<reload::Trial>,
    signals: Signals,
    monitor: Sight,
    datapath: Option<Datapath>,
    attachments: Attachments,
    routers: Routers,
    testament: Option<Testament>,
    /// When it is written down what was found since it was.
    testament_at: Option<Instant>,
    /// How long that took last.
    testament_cost: Duration,
    /// Programs for a data path that was inherited without.
    loading: Option<oneshot::Receiver<Loaded>>,
    presence: Presence,
    trackers: Trackers,
    groups: Groups,
    dumps: Dumps,
    /// Groups that have entered a state, which nobody was told of yet.
    entered: Vec<(String, State)>,
    /// Effective priorities, as the pipes know them.
    priorities: BTreeMap<String, u8>,
    /// Instances that a reload has removed, until their routers are gone.
    removed: BTreeMap<String, Instance>,
    whereabouts: Whereabouts,
    initial_files: InitialFiles,
    opening: Opening,
    fifos: Fifos,
    /// What runs when the daemon stops.
    shutdown: Option<Errand>,
    mailer: Mailer,
    /// Interfaces that the configuration names and the host lacks.
    missing: BTreeSet<String>,
    adverts: Adverts,
    supervisor: Link,
    life: Life,
    outlook: Outlook,
    /// Who waits to hear that there is no restart.
    restart: Option<oneshot::Sender<Response>>,
    questions: mpsc::Receiver<Question>,
    control: tokio::task::JoinHandle<()>,
    pid: PidFile,
    /// Held while the data path is ours.
    sole: Option<Sole>,
}

/// What the main loop wakes up for.
enum Wake {
    End(End),
    Reload,
    TrialOver,
    Opened,
    Dump(Kind),
    /// A dump has been written.
    Dumped,
    TestamentDue,
    Heartbeat,
    /// All threads have shown that they live.
    Alive,
    Loaded(Loaded),
    Links(std::io::Result<()>),
    Report(Report),
    News(News),
    Question(Question),
    Supervisor(Word),
}

impl Wake {
    /// What the supervisor says. Without one nobody would answer for this process: it may have died
    /// before the kernel was asked to tell.
    fn of(word: Option<Word>) -> Self {
        word.map_or(Self::End(End::Stop), Self::Supervisor)
    }
}

/// How the main loop ends.
enum End {
    /// In order.
    Stop,
    /// At once: the next worker carries on.
    GiveWay,
}

impl<'a> Worker<'a> {
    fn start(options: &'a Options, prepared: Prepared, supervisor: Link) -> Result<Self> {
        let Prepared {
            config,
            signals,
            monitor,
            mut datapath,
            loading,
            mut testament,
        } = prepared;
        let sole = datapath.as_ref().map(|_| Sole::claim()).transpose()?;
        let adverts = startup::start_adverts(&config, datapath.as_mut())?;
        let plans = plan::plan(&config, monitor.links());
        let routers = Routers::inherit(datapath.as_ref());
        let left = testament.as_mut().map(Testament::read);
        let Will {
            known,
            initialized,
            fifos,
            opening,
            ..
        } = left.unwrap_or_default();
        let opening = opening.unwrap_or_else(|| Opening::at_start(config.opening));
        let known = match routers.has_inherited() {
            true => known,
            false => Known::default(),
        };
        if !routers.has_inherited() {
            startup::remove_stale_addresses(&plans)
                .context("cannot take addresses off that a previous process has left")?;
        }
        let attachments =
            Attachments::attach(datapath.as_mut(), config.xdp.mode, &plans, monitor.links());
        gate::apply(adverts.records.gate(), &config.xdp);
        adverts.records.gate().beat(clock::now());
        adverts.orders.send(Order::Judged(attachments.guarded()));
        let server = Server::bind(&options.control_socket())?;
        let (question_sender, questions) = mpsc::channel(16);
        let control = tokio::spawn(async move { server.serve(question_sender).await });
        let pid = PidFile::create(&options.vrrp_pid)?;
        let mut worker = Self {
            options,
            config,
            trial: None,
            signals,
            monitor: Sight::new(monitor),
            datapath,
            attachments,
            routers,
            testament,
            testament_at: None,
            testament_cost: Duration::ZERO,
            loading,
            presence: Presence::default(),
            trackers: Trackers::new(known),
            groups: Groups::default(),
            dumps: Dumps::default(),
            entered: Vec::new(),
            priorities: BTreeMap::new(),
            removed: BTreeMap::new(),
            whereabouts: Whereabouts::default(),
            initial_files: InitialFiles::new(initialized),
            opening,
            fifos: Fifos::new(fifos),
            shutdown: None,
            mailer: Mailer::new(),
            missing: BTreeSet::new(),
            adverts,
            supervisor,
            life: Life::default(),
            outlook: Outlook::default(),
            restart: None,
            questions,
            control,
            pid,
            sole,
        };
        worker.fifos.follow(&worker.config, false);
        worker.look_after_config();
        worker.keep_priorities();
        worker.clear_inheritance();
        // Adverts must not wait for the verifier.
        if worker.loading.is_none() {
            worker.loading = startup::load_programs(worker.datapath.as_mut());
        }
        Ok(worker)
    }

    async fn serve(&mut self) -> Result<End> {
        let mut heartbeat = interval(watchdog::HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.supervisor.say(&Word::Ready).await;
        role::let_go(self.options)?;
        loop {
            let wake = tokio::select! {
                biased;
                _ = self.signals.term.recv() => Wake::End(End::Stop),
                _ = self.signals.int.recv() => Wake::End(End::Stop),
                word = self.supervisor.next() => Wake::of(word),
                Some(report) = self.adverts.reports.recv() => Wake::Report(report),
                () = will::is_due(self.testament_at) => Wake::TestamentDue,
                news = self.trackers.next() => Wake::News(news?),
                _ = self.signals.hup.recv() => Wake::Reload,
                () = reload::Trial::is_over(self.trial.as_ref()) => Wake::TrialOver,
                () = self.opening.is_over() => Wake::Opened,
                kind = self.signals.dumps.next() => Wake::Dump(kind),
                () = self.dumps.ended() => Wake::Dumped,
                Some(programs) = arrival(&mut self.loading) => Wake::Loaded(programs),
                changed = self.monitor.changed() => Wake::Links(changed),
                Some(question) = self.questions.recv() => Wake::Question(question),
                _ = heartbeat.tick() => Wake::Heartbeat,
                () = self.life.shown() => Wake::Alive,
            };
            match wake {
                Wake::End(end) => return Ok(end),
                Wake::Supervisor(Word::GiveWay) => return Ok(End::GiveWay),
                wake => self.take(wake).await?,
            }
        }
    }

    async fn take(&mut self, wake: Wake) -> Result<()> {
        match wake {
            Wake::End(_) => {}
            Wake::Reload => drop(self.reload(None).await),
            Wake::TrialOver => self.go_back(),
            Wake::Opened => self.open(),
            Wake::Dump(kind) => {
                self.dumps.want(kind);
                self.dump();
            }
            Wake::Dumped => self.dump(),
            Wake::TestamentDue => self.write_testament(),
            Wake::Heartbeat => self.beat().await,
            Wake::Alive => self.supervisor.say(&Word::Here).await,
            Wake::Loaded(programs) => self.complete(programs),
            Wake::Links(Ok(())) => {
                self.settle();
                self.notify_priorities();
                self.restore_addresses();
            }
            Wake::Links(Err(error)) => self.watch_links_again(&error).await?,
            Wake::Report(Report::Transition {
                router,
                to,
                priority,
                adopted,
            }) => {
                self.note_activity(router, to == State::Active);
                self.note_state(router, to, priority.get(), adopted);
                self.notify_groups();
            }
            Wake::Report(Report::DualActive { router, priority }) => {
                self.notify(router, Occasion::DualActive, priority.get());
                self.notify_groups();
            }
            Wake::Report(Report::HeardLower { router, priority }) => {
                self.notify_lower(router, priority.get());
            }
            Wake::Report(Report::Retired(router)) => {
                self.notify_removal(router);
                self.routers.retired(router, self.datapath.as_mut());
                self.dumps.forget(router);
                self.outlook.forget(router);
                self.note_activity(router, false);
                self.notify_groups();
            }
            Wake::Report(Report::Stopped) => bail!("the advert thread has ended by itself"),
            Wake::News(news) => self.take_news(news),
            Wake::Question(question) => self.answer(question).await,
            Wake::Supervisor(Word::Refused(reason)) => self.refuse_restart(reason),
            Wake::Supervisor(Word::AreYouThere) => {
                self.life.ask(&self.adverts.orders, &self.trackers.checks);
            }
            // Not for one that works.
            Wake::Supervisor(_) => {}
        }
        Ok(())
    }

    /// Shows the advert thread and the data path that this process lives, and the supervisor how.
    async fn beat(&mut self) {
        self.adverts.orders.send(Order::Heartbeat);
        self.adverts.records.gate().beat(clock::now());
        self.attachments
            .follow(self.datapath.as_mut(), self.monitor.links());
        if let Some(line) = self.outlook.news() {
            self.supervisor.say(&Word::Status(line.to_owned())).await;
        }
    }

    /// Brings everything in line with a configuration that is new.
    fn look_after_config(&mut self) {
        // Before anybody reads them.
        self.initial_files.follow(&self.config.initial_files);
        self.shutdown = Errand::shutdown(&self.config);
        self.monitor.follow(&self.config.link_delays);
        self.look_after_probes();
        self.settle();
    }

    /// Brings routers and attachments in line with the configuration and the links.
    fn settle(&mut self) {
        let plans = plan::plan(&self.config, self.monitor.links());
        self.say_missing_interfaces();
        let news = self.attachments.extend(
            self.datapath.as_mut(),
            self.config.xdp.mode,
            &plans,
            self.monitor.links(),
        );
        if news {
            let judged = Order::Judged(self.attachments.guarded());
            self.adverts.orders.send(judged);
        }
        let (config, links) = (&self.config, self.monitor.links());
        let standings = Standings::new(config, &self.trackers, links, &plans);
        let standings = standings.before(self.opening.waits());
        self.routers.reconcile(
            plans,
            &config.sync_groups,
            |plan| standings.of(plan),
            self.datapath.as_mut(),
            &self.adverts.orders,
        );
        self.look_for_addresses();
        self.write_testament();
    }

    /// Ends what a previous process has left and the configuration does not name any more.
    fn clear_inheritance(&mut self) {
        if let Some(datapath) = &mut self.datapath {
            let strays = self.routers.disinherit(datapath);
            let changes = presence::removals(&strays, self.monitor.links());
            if let Err(error) = startup::remove_addresses(changes) {
                log::error!("cannot remove what the process before has left: {error}");
            }
        }
    }

    /// From now on the programs on the interfaces are of this build, and what needs one that the
    /// process before took along has it.
    fn complete(&mut self, programs: Loaded) {
        let Some(datapath) = &mut self.datapath else {
            return;
        };
        datapath.complete(programs);
        let filter = datapath.socket_filter();
        match filter.map(|program| program.as_fd().try_clone_to_owned()) {
            Some(Ok(filter)) => self.adverts.orders.send(Order::FilterBy(filter)),
            Some(Err(error)) => log::warn!("every advert will wake vipd: {error}"),
            None => {}
        }
        self.attachments.renew();
        self.settle();
    }
}

/// Waits for programs that are being loaded, if any are. Can be cancelled.
async fn arrival(loading: &mut Option<oneshot::Receiver<Loaded>>) -> Option<Loaded> {
    let arrived = loading.as_mut()?.await;
    *loading = None;
    arrived.ok()
}
