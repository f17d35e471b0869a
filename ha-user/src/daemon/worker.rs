//! The process that runs VRRP: starts the advert thread, then serves everything that may take its
//! time - links, scripts, verdicts of probes, notifications, reloads, `vipctl`.

mod answers;
mod leaving;
mod reload;
mod services;

use std::collections::BTreeSet;
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Signal as Number, set_parent_process_death_signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

use super::attachments::Attachments;
use super::exit::Exit;
use super::initial_files::InitialFiles;
use super::link::{Link, Word};
use super::order::{Order, Report};
use super::pidfile::PidFile;
use super::plan::{self, RouterPlan};
use super::prepared::Prepared;
use super::presence::Presence;
use super::role::Role;
use super::routers::Routers;
use super::signals::Signals;
use super::sole::Sole;
use super::startup::{self, Adverts};
use super::testament::{Farewell, Testament, Will};
use super::trackers::{Known, News, Trackers};
use super::whereabouts::Whereabouts;
use super::{configuration, gate, health, notifier, presence, role, watchdog};
use crate::cli::Options;
use crate::config::model::{Config, Instance};
use crate::control::protocol::Response;
use crate::control::server::{Question, Server};
use crate::datapath::{Datapath, Loaded};
use crate::net::clock;
use crate::net::link::Monitor;
use crate::net::urgency;
use crate::notify::Occasion;
use crate::vrrp::{RouterId, State};

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
    signals: Signals,
    monitor: Monitor,
    datapath: Option<Datapath>,
    attachments: Attachments,
    routers: Routers,
    testament: Option<Testament>,
    /// Programs for a data path that was inherited without.
    loading: Option<oneshot::Receiver<Loaded>>,
    presence: Presence,
    trackers: Trackers,
    whereabouts: Whereabouts,
    initial_files: InitialFiles,
    /// Interfaces that the configuration names and the host lacks.
    missing: BTreeSet<String>,
    adverts: Adverts,
    supervisor: Link,
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
    /// keepalived would write files.
    Dump,
    Heartbeat,
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
            known, initialized, ..
        } = left.unwrap_or_default();
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
            signals,
            monitor,
            datapath,
            attachments,
            routers,
            testament,
            loading,
            presence: Presence::default(),
            trackers: Trackers::new(known),
            whereabouts: Whereabouts::default(),
            initial_files: InitialFiles::new(initialized),
            missing: BTreeSet::new(),
            adverts,
            supervisor,
            restart: None,
            questions,
            control,
            pid,
            sole,
        };
        worker.look_after_config();
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
                news = self.trackers.next() => Wake::News(news?),
                _ = self.signals.hup.recv() => Wake::Reload,
                _ = self.signals.usr1.recv() => Wake::Dump,
                _ = self.signals.usr2.recv() => Wake::Dump,
                Some(programs) = arrival(&mut self.loading) => Wake::Loaded(programs),
                changed = self.monitor.changed() => Wake::Links(changed.map(|_| ())),
                Some(question) = self.questions.recv() => Wake::Question(question),
                _ = heartbeat.tick() => Wake::Heartbeat,
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
            Wake::Reload => drop(self.reload()),
            Wake::Dump => log::info!("no file is written on USR1 or USR2: ask `vipctl status`"),
            Wake::Heartbeat => self.beat(),
            Wake::Loaded(programs) => self.complete(programs),
            Wake::Links(Ok(())) => {
                self.settle();
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
                // What was adopted has not changed for anyone: no script runs.
                if !adopted {
                    self.notify(router, Occasion::Entered(to), priority.get());
                }
            }
            Wake::Report(Report::DualActive { router, priority }) => {
                self.notify(router, Occasion::DualActive, priority.get());
            }
            Wake::Report(Report::Retired(router)) => {
                self.routers.retired(router, self.datapath.as_mut());
                self.note_activity(router, false);
            }
            Wake::Report(Report::Stopped) => bail!("the advert thread has ended by itself"),
            Wake::News(news) => self.take_news(news),
            Wake::Question(question) => self.answer(question).await,
            Wake::Supervisor(Word::Refused(reason)) => self.refuse_restart(reason),
            // Not for one that works.
            Wake::Supervisor(_) => {}
        }
        Ok(())
    }

    /// Shows the advert thread and the data path that this process lives.
    fn beat(&self) {
        self.adverts.orders.send(Order::Heartbeat);
        self.adverts.records.gate().beat(clock::now());
    }

    /// Brings everything in line with a configuration that is new.
    fn look_after_config(&mut self) {
        // Before anybody reads them.
        self.initial_files.follow(&self.config.initial_files);
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
        let (config, trackers, links) = (&self.config, &self.trackers, self.monitor.links());
        let standing = |plan: &RouterPlan| trackers.stand(config, links, plan);
        self.routers.reconcile(
            plans,
            standing,
            self.datapath.as_mut(),
            &self.adverts.orders,
        );
        self.look_for_addresses();
        self.write_testament();
    }

    fn write_testament(&mut self) {
        if let Some(testament) = &mut self.testament {
            let plans = self.routers.iter().map(|(_, known)| &known.plan);
            testament.write(&Will {
                farewells: plans.map(Farewell::of).collect(),
                known: self.trackers.known(),
                initialized: self.initial_files.paths().clone(),
            });
        }
    }

    /// Ends what a previous process has left and the configuration does not name any more.
    fn clear_inheritance(&mut self) {
        if let Some(datapath) = self
            .datapath
            .as_mut()
            .filter(|_| self.routers.has_inherited())
        {
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

    fn restore_addresses(&mut self) {
        for router in self.presence.look(&self.routers, self.monitor.links()) {
            self.adverts.orders.send(Order::AddressVanished(router));
        }
    }

    async fn watch_links_again(&mut self, error: &std::io::Error) -> Result<()> {
        log::warn!("lost sight of the interfaces ({error}); looking again");
        self.monitor = Monitor::open()
            .await
            .context("cannot watch the interfaces")?;
        self.settle();
        Ok(())
    }

    /// Says once which interfaces are missed.
    fn say_missing_interfaces(&mut self) {
        let links = self.monitor.links();
        let interfaces = self
            .config
            .instances
            .iter()
            .map(|instance| &instance.interface);
        let missing: BTreeSet<String> = interfaces
            .filter(|name| links.named(name).is_none())
            .cloned()
            .collect();
        for name in missing.difference(&self.missing) {
            log::warn!("interface {name} does not exist; its instances wait for it");
        }
        self.missing = missing;
    }

    fn take_news(&mut self, news: News) {
        match news {
            News::Script(verdict) => self.trackers.note_script(&verdict),
            News::Health(health::News::Verdict(verdict)) => self.trackers.note_check(&verdict),
            News::Health(health::News::Run(command)) => {
                return notifier::start_command(&self.config, &command);
            }
            News::Health(health::News::Following) => return self.clear_services(),
        }
        let (config, trackers, links) = (&self.config, &self.trackers, self.monitor.links());
        let standing = |plan: &RouterPlan| trackers.stand(config, links, plan);
        self.routers.restate(standing, &self.adverts.orders);
        self.write_testament();
    }

    fn notify(&self, router: RouterId, occasion: Occasion, priority: u8) {
        let Some(known) = self.routers.get(router) else {
            return;
        };
        let named = |instance: &&Instance| instance.name == known.plan.name;
        if let Some(instance) = self.config.instances.iter().find(named) {
            notifier::start(&self.config, instance, occasion, priority);
        }
    }
}

/// Waits for programs that are being loaded, if any are. Can be cancelled.
async fn arrival(loading: &mut Option<oneshot::Receiver<Loaded>>) -> Option<Loaded> {
    let arrived = loading.as_mut()?.await;
    *loading = None;
    arrived.ok()
}
