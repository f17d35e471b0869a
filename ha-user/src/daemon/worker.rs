//! The process that runs VRRP: starts the advert thread, then serves everything that may take its
//! time - links, scripts, notifications, reloads, `vipctl`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::adverts::AdvertThread;
use super::attachments::Attachments;
use super::execute::{Executor, Means};
use super::exit::Exit;
use super::notifier;
use super::order::{self, Order, Orders, Report};
use super::pidfile::PidFile;
use super::plan::{self, RouterPlan};
use super::routers::Routers;
use super::{configuration, realtime, role, status, watchdog};
use crate::cli::Options;
use crate::config::model::{Config, XdpMode};
use crate::control::protocol::{Request, Response};
use crate::control::server::{Question, Server};
use crate::datapath::{Datapath, DebugLog, LoadOptions, RecordTable};
use crate::net::address::{AddressWorker, Operation};
use crate::net::announce::Announcer;
use crate::net::link::{Links, Monitor};
use crate::net::socket::AdvertSocket;
use crate::notify::Occasion;
use crate::script::Script;
use crate::track::script::{Verdict, Watch};
use crate::track::standing::{self, Tracked};
use crate::vrrp::{RouterId, Standing};

/// How long the farewell and the removal of addresses may take before the process ends anyway.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// How long scripts that are told of the end may run.
const STOP_SCRIPTS: Duration = Duration::from_secs(1);

/// Runs VRRP until told to stop.
///
/// # Errors
/// If what cannot be done without - sockets, netlink, threads - is not to be had.
pub(super) fn run(options: &Options) -> Result<ExitCode> {
    // Without its parent nobody would answer for this process.
    set_parent_process_death_signal(Some(Signal::TERM)).context("cannot follow the parent")?;
    let config = match configuration::at_start(&options.config) {
        Ok(config) => config,
        Err(exit) => return Ok(exit.into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut worker = Worker::start(options, config).await?;
        worker.serve().await?;
        worker.stop().await
    })
}

/// The main loop's state.
struct Worker<'a> {
    options: &'a Options,
    config: Config,
    monitor: Monitor,
    datapath: Option<Datapath>,
    attachments: Attachments,
    routers: Routers,
    watches: BTreeMap<String, Watch>,
    /// Interfaces that the configuration names and the host lacks.
    missing: BTreeSet<String>,
    orders: Orders,
    reports: UnboundedReceiver<Report>,
    verdicts: UnboundedReceiver<Verdict>,
    verdict_sender: UnboundedSender<Verdict>,
    questions: mpsc::Receiver<Question>,
    advert_thread: JoinHandle<Result<()>>,
    control: tokio::task::JoinHandle<()>,
    pid: PidFile,
}

/// What the main loop wakes up for.
enum Wake {
    Stop,
    Reload,
    Heartbeat,
    Links(std::io::Result<()>),
    Report(Report),
    Verdict(Verdict),
    Question(Question),
}

impl<'a> Worker<'a> {
    async fn start(options: &'a Options, config: Config) -> Result<Self> {
        let monitor = Monitor::open()
            .await
            .context("cannot watch the interfaces")?;
        let addresses = AddressWorker::spawn().context("cannot start the address thread")?;
        let plans = plan::plan(&config, monitor.links());
        remove_stale_addresses(&addresses, &plans).await;
        let mut datapath = load_datapath(config.xdp.mode, options.debug_xdp);
        let attachments =
            Attachments::attach(datapath.as_mut(), config.xdp.mode, &plans, monitor.links());
        let (orders, order_queue) = order::queue()?;
        let (report_sender, reports) = mpsc::unbounded_channel();
        let executor = Executor::new(Means {
            socket: AdvertSocket::open().context("cannot open the socket for adverts")?,
            records: datapath
                .as_ref()
                .map_or_else(RecordTable::in_memory, Datapath::records),
            announcer: Announcer::open().context("cannot open the socket for gratuitous ARP")?,
            addresses,
            orders: orders.clone(),
            reports: report_sender.clone(),
            guarded: attachments.any(),
        });
        let notices = datapath.as_mut().and_then(Datapath::notices);
        if let Some(debug_log) = datapath.as_mut().and_then(Datapath::debug_log) {
            follow(debug_log).context("cannot follow what the XDP program logs")?;
        }
        for ifindex in attachments.guarded() {
            orders.send(Order::Judged {
                ifindex,
                by_xdp: true,
            });
        }
        let thread = AdvertThread::new(executor, order_queue, notices, report_sender)?;
        let advert_thread = realtime::spawn(thread)?;
        let server = Server::bind(&options.control_socket())?;
        let (question_sender, questions) = mpsc::channel(16);
        let control = tokio::spawn(async move { server.serve(question_sender).await });
        let (verdict_sender, verdicts) = mpsc::unbounded_channel();
        let pid = PidFile::create(&options.vrrp_pid)?;
        let mut worker = Self {
            options,
            config,
            monitor,
            datapath,
            attachments,
            routers: Routers::default(),
            watches: BTreeMap::new(),
            missing: BTreeSet::new(),
            orders,
            reports,
            verdicts,
            verdict_sender,
            questions,
            advert_thread,
            control,
            pid,
        };
        worker.settle();
        Ok(worker)
    }

    async fn serve(&mut self) -> Result<()> {
        let mut hup = signal(SignalKind::hangup())?;
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        let mut heartbeat = interval(watchdog::HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        role::say_ready(self.options)?;
        loop {
            let wake = tokio::select! {
                biased;
                _ = term.recv() => Wake::Stop,
                _ = int.recv() => Wake::Stop,
                Some(report) = self.reports.recv() => Wake::Report(report),
                Some(verdict) = self.verdicts.recv() => Wake::Verdict(verdict),
                _ = hup.recv() => Wake::Reload,
                changed = self.monitor.changed() => Wake::Links(changed.map(|_| ())),
                Some(question) = self.questions.recv() => Wake::Question(question),
                _ = heartbeat.tick() => Wake::Heartbeat,
            };
            match wake {
                Wake::Stop => return Ok(()),
                wake => self.take(wake).await?,
            }
        }
    }

    async fn take(&mut self, wake: Wake) -> Result<()> {
        match wake {
            Wake::Stop => {}
            Wake::Reload => self.reload(),
            Wake::Heartbeat => self.orders.send(Order::Heartbeat),
            Wake::Links(Ok(())) => self.settle(),
            Wake::Links(Err(error)) => self.watch_links_again(&error).await?,
            Wake::Report(Report::Transition {
                router,
                to,
                priority,
            }) => {
                self.notify(router, Occasion::Entered(to), priority.get());
            }
            Wake::Report(Report::Retired(router)) => {
                self.routers.retired(router, self.datapath.as_mut());
            }
            Wake::Report(Report::Stopped) => bail!("the advert thread has ended by itself"),
            Wake::Verdict(verdict) => self.take_verdict(&verdict),
            Wake::Question(question) => self.answer(question),
        }
        Ok(())
    }

    /// Brings routers, trackers and attachments in line with the configuration and the links.
    fn settle(&mut self) {
        let plans = plan::plan(&self.config, self.monitor.links());
        self.say_missing_interfaces();
        self.watch_scripts();
        let added = self.attachments.extend(
            self.datapath.as_mut(),
            self.config.xdp.mode,
            &plans,
            self.monitor.links(),
        );
        for ifindex in added {
            self.orders.send(Order::Judged {
                ifindex,
                by_xdp: true,
            });
        }
        let (config, watches) = (&self.config, &self.watches);
        let standing = |plan: &RouterPlan| stand(config, watches, plan);
        self.routers
            .reconcile(plans, standing, self.datapath.as_mut(), &self.orders);
    }

    fn reload(&mut self) {
        log::info!("Reloading {}", self.options.config.display());
        match configuration::at_reload(&self.options.config) {
            Some(config) => {
                if config.xdp != self.config.xdp {
                    log::warn!(
                        "the xdp block takes effect at the next start: attaching takes \
                                longer than a reload may"
                    );
                }
                self.config = config;
                self.settle();
            }
            None => log::error!("the running configuration stays in force"),
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

    /// Starts scripts that some instance tracks, keeps those that have not changed.
    fn watch_scripts(&mut self) {
        let tracked: Vec<usize> = self
            .config
            .instances
            .iter()
            .flat_map(|instance| instance.track_scripts.iter().map(|track| track.script))
            .collect();
        let mut before = std::mem::take(&mut self.watches);
        for (index, settings) in self.config.scripts.iter().enumerate() {
            if !tracked.contains(&index) {
                continue;
            }
            let old = before.remove(&settings.name);
            let watch = match old {
                Some(watch) if watch.settings == *settings => Some(watch),
                old => self.start_watch(settings.clone(), old.and_then(|watch| watch.up)),
            };
            if let Some(watch) = watch {
                self.watches.insert(settings.name.clone(), watch);
            }
        }
    }

    fn start_watch(
        &self,
        settings: crate::config::model::Script,
        known: Option<bool>,
    ) -> Option<Watch> {
        match Script::new(&settings.command, self.config.global.script_user.as_ref()) {
            Ok(script) => Some(Watch::start(
                settings,
                script,
                known,
                self.verdict_sender.clone(),
            )),
            Err(error) => {
                log::error!("vrrp_script {} cannot run: {error}", settings.name);
                None
            }
        }
    }

    fn take_verdict(&mut self, verdict: &Verdict) {
        if let Some(watch) = self.watches.get_mut(&verdict.script) {
            watch.up = Some(verdict.up);
        }
        let (config, watches) = (&self.config, &self.watches);
        self.routers
            .restate(|plan| stand(config, watches, plan), &self.orders);
    }

    fn notify(&self, router: RouterId, occasion: Occasion, priority: u8) {
        let Some(known) = self.routers.get(router) else {
            return;
        };
        let named = |instance: &&crate::config::model::Instance| instance.name == known.plan.name;
        if let Some(instance) = self.config.instances.iter().find(named) {
            notifier::start(&self.config, instance, occasion, priority);
        }
    }

    fn answer(
        &mut self,
        Question {
            request: Request::Status,
            answer,
        }: Question,
    ) {
        let (reply, wait) = oneshot::channel();
        self.orders.send(Order::Inquire(reply));
        let outline = status::Outline {
            config_file: self.options.config.display().to_string(),
            instances: status::outline(&self.config, &self.routers),
            interfaces: self.attachments.describe(self.monitor.links()),
            packets: self.datapath.as_ref().map(Datapath::counters).transpose(),
        };
        tokio::spawn(async move {
            let response = match wait.await {
                Ok(reports) => Response::Status(Box::new(status::assemble(outline, &reports))),
                Err(_) => Response::Error("the advert thread is gone".to_owned()),
            };
            // Who asked may have hung up.
            drop(answer.send(response));
        });
    }

    /// Leaves every router, then takes the data path off: addresses first, so that nothing here
    /// answers once the program is gone.
    async fn stop(mut self) -> Result<ExitCode> {
        log::info!("Stopping");
        self.watches.clear();
        self.orders.send(Order::Stop);
        let left = async {
            while let Some(report) = self.reports.recv().await {
                if matches!(report, Report::Stopped) {
                    return;
                }
            }
        };
        if timeout(STOP_TIMEOUT, left).await.is_err() {
            log::error!("could not leave every router within {STOP_TIMEOUT:?}");
        } else if self.advert_thread.is_finished() || wait_for(self.advert_thread).await {
            log::debug!("left every router");
        }
        if let Some(datapath) = &mut self.datapath {
            for error in datapath.detach_all() {
                log::error!("{error}");
            }
        }
        notifier::run_stop_scripts(&self.config, STOP_SCRIPTS).await;
        self.control.abort();
        drop(self.pid);
        log::info!("Stopped");
        Ok(Exit::Success.into())
    }
}

async fn wait_for(thread: JoinHandle<Result<()>>) -> bool {
    let joined = tokio::task::spawn_blocking(move || thread.join());
    matches!(timeout(STOP_TIMEOUT, joined).await, Ok(Ok(Ok(Ok(())))))
}

/// How a router stands on its link and its scripts.
fn stand(config: &Config, watches: &BTreeMap<String, Watch>, plan: &RouterPlan) -> Standing {
    let instance = config
        .instances
        .iter()
        .find(|instance| instance.name == plan.name);
    let tracked = instance
        .into_iter()
        .flat_map(|instance| &instance.track_scripts);
    let tracked = tracked.filter_map(|track| {
        let script = config.scripts.get(track.script)?;
        let watch = watches.get(&script.name);
        // A script that cannot even be run has failed.
        let up = watch.map_or(Some(false), |watch| watch.up);
        Some(Tracked {
            weight: track.weight,
            up,
        })
    });
    standing::sum(plan.fault.is_some(), tracked)
}

/// A predecessor that was killed leaves its addresses behind.
async fn remove_stale_addresses(addresses: &AddressWorker, plans: &[RouterPlan]) {
    let carried = plans.iter().flat_map(|plan| &plan.addresses);
    let changes = carried
        .map(|address| address.change(Operation::Remove))
        .collect();
    let (done, wait) = oneshot::channel();
    addresses.submit(changes, move |_| {
        // The one who waits does so until the answer.
        let _ = done.send(());
    });
    let _ = wait.await;
}

fn load_datapath(mode: XdpMode, debug_xdp: bool) -> Option<Datapath> {
    if mode == XdpMode::Off {
        log::info!("XDP is off: working as keepalived does");
        return None;
    }
    match Datapath::load(LoadOptions { debug_xdp }) {
        Ok(datapath) => Some(datapath),
        Err(error) => {
            log::warn!("no XDP, working as keepalived does: {error:#}");
            None
        }
    }
}

/// Hands what the XDP program says with `--debug-xdp` to the log, on a thread that ends with the
/// process.
fn follow(mut debug_log: DebugLog) -> Result<()> {
    let follow = move || {
        loop {
            let wait = poll(&mut [PollFd::new(&debug_log, PollFlags::IN)], None);
            if !matches!(wait, Ok(_) | Err(Errno::INTR)) {
                return;
            }
            debug_log.flush();
        }
    };
    thread::Builder::new()
        .name("xdp-log".to_owned())
        .spawn(follow)?;
    Ok(())
}

/// The links, for those who only read.
#[must_use]
pub(super) fn interfaces_of<'l>(
    plans: &[RouterPlan],
    links: &'l Links,
) -> Vec<&'l crate::net::link::Link> {
    let mut indices: Vec<u32> = plans
        .iter()
        .flat_map(|plan| {
            plan.addresses
                .iter()
                .map(|carried| carried.ifindex)
                .chain([plan.ifindex])
        })
        .collect();
    indices.sort_unstable();
    indices.dedup();
    indices
        .into_iter()
        .filter_map(|ifindex| links.get(ifindex))
        .collect()
}
