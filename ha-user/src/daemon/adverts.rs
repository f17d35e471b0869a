//! The advert thread: owns the engine, and never waits for anything but the next event.
//!
//! One turn: wait; then, for each input, the engine's answer is carried out before the next input
//! is looked at; the timer comes last, so that an advert that has already arrived is heard before
//! its absence is believed.

mod details;
mod receiving;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::os::fd::AsFd as _;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ha_common::abi::{NoticeKind, RouterRecord};
use ha_common::{Nanos, Reason};
use rustix::event::{PollFd, PollFlags, poll};

pub(super) use self::details::Details;
use super::execute::Executor;
use super::lateness::Lateness;
use super::listeners::Listeners;
use super::order::{Order, OrderQueue, Report, RouterReport, ThreadReport};
use super::plan::RouterPlan;
use super::watchdog::Watchdog;
use crate::datapath::NoticeRing;
use crate::net::clock::{self, Timer};
use crate::net::flood::Flood;
use crate::vrrp::{Engine, Event, RouterId, Standing};

/// How long a stop may take to get addresses off the interfaces.
const STOP_TIMEOUT: Duration = Duration::from_millis(1500);

/// The thread's state.
pub(super) struct AdvertThread {
    engine: Engine,
    executor: Executor,
    orders: OrderQueue,
    notices: Option<NoticeRing>,
    flood: Flood,
    timer: Timer,
    lateness: Lateness,
    watchdog: Watchdog,
    listeners: Listeners,
    /// Interfaces on which the XDP program stamps adverts.
    judged: BTreeSet<u32>,
    standings: BTreeMap<RouterId, Standing>,
    /// Faults of adverts that the log has.
    said: BTreeSet<(RouterId, Reason)>,
    details: BTreeMap<RouterId, Details>,
    /// Routers that leave the configuration, until their addresses are gone.
    retiring: BTreeSet<RouterId>,
    stop_at: Option<Nanos>,
    reports: tokio::sync::mpsc::UnboundedSender<Report>,
}

impl AdvertThread {
    /// A thread without routers.
    ///
    /// # Errors
    /// If no timer can be made.
    pub(super) fn new(
        executor: Executor,
        orders: OrderQueue,
        notices: Option<NoticeRing>,
        reports: tokio::sync::mpsc::UnboundedSender<Report>,
    ) -> Result<Self> {
        Ok(Self {
            engine: Engine::default(),
            executor,
            orders,
            notices,
            flood: Flood::default(),
            timer: Timer::new().context("cannot make a timer")?,
            lateness: Lateness::default(),
            watchdog: Watchdog::new(clock::now()),
            listeners: Listeners::default(),
            judged: BTreeSet::new(),
            standings: BTreeMap::new(),
            said: BTreeSet::new(),
            details: BTreeMap::new(),
            retiring: BTreeSet::new(),
            stop_at: None,
            reports,
        })
    }

    /// Runs until told to stop, and every router has left.
    ///
    /// # Errors
    /// If waiting itself fails.
    pub(super) fn run(mut self) -> Result<()> {
        while !self.has_left() {
            self.wait()?;
            // An advert says more than the notice that it fenced us.
            self.take_adverts();
            self.take_notices();
            self.take_orders();
            self.take_time();
        }
        // The main loop may have gone first.
        let _ = self.reports.send(Report::Stopped);
        Ok(())
    }

    fn has_left(&self) -> bool {
        self.stop_at.is_some_and(|at| {
            at <= clock::now() || !self.ids().any(|router| self.executor.is_leaving(router))
        })
    }

    fn ids(&self) -> impl Iterator<Item = RouterId> + use<'_> {
        self.standings.keys().copied()
    }

    fn wait(&mut self) -> Result<()> {
        let deadlines = [
            self.engine.next_deadline(),
            self.flood.next_deadline(),
            self.watchdog.next_deadline(),
            self.stop_at,
        ];
        let deadline = deadlines.into_iter().flatten().min();
        self.timer.set(deadline).context("cannot set the timer")?;
        let mut fds = vec![
            PollFd::new(&self.timer, PollFlags::IN),
            PollFd::new(&self.orders, PollFlags::IN),
        ];
        let sockets = self.executor.socket.fds();
        fds.extend(sockets.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        if let Some(notices) = &self.notices {
            fds.push(PollFd::from_borrowed_fd(notices.as_fd(), PollFlags::IN));
        }
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for events"),
        }
        if let Some(at) = deadline.filter(|_| fds[0].revents().contains(PollFlags::IN)) {
            self.lateness.note(clock::now().saturating_since(at));
        }
        Ok(())
    }

    fn take_notices(&mut self) {
        while let Some(notice) = self.notices.as_mut().and_then(NoticeRing::next) {
            let router = RouterId(notice.slot());
            match notice.kind() {
                Some(NoticeKind::Fenced) => self.tell(router, Event::Fenced),
                Some(NoticeKind::Conflict) => {
                    self.say_conflict(router, notice.address());
                    self.tell(router, Event::AddressConflict);
                }
                None => {}
            }
        }
    }

    fn say_conflict(&self, router: RouterId, address: IpAddr) {
        if let Some(plan) = self.executor.plan(router) {
            log::warn!(
                "({}) another host announces {address}, which we own",
                plan.name
            );
        }
    }

    fn take_orders(&mut self) {
        self.orders.rest();
        while let Some(order) = self.orders.next() {
            self.obey(order);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Install(router, plan) => {
                self.executor.records.record(router).reset();
                self.install(router, *plan);
            }
            Order::Inherit(router, plan) => self.install(router, *plan),
            Order::Replace(router, plan, heirs) => {
                let parameters = plan.parameters.clone();
                self.listen(router, &plan);
                self.executor.replace(router, *plan, &heirs);
                self.tell(router, Event::Reconfigured(Box::new(parameters)));
            }
            Order::Tell(router, event) => self.note_and_tell(router, event),
            Order::Stand(standings) => {
                self.standings.extend(standings.iter().copied());
                self.tell_standings(&standings);
            }
            Order::Group(groups) => self.group(groups),
            Order::Retire(router) => self.retire(router),
            Order::AddressesGone { router, generation } => {
                self.executor.addresses_gone(router, generation);
                self.finish_retiring(router);
            }
            Order::AddressVanished(router) => self.executor.restore_addresses(router),
            Order::Judged(interfaces) => {
                self.executor.guard(!interfaces.is_empty());
                self.judged = interfaces;
            }
            Order::FilterBy(program) => self.executor.filter_by(&program),
            Order::Heartbeat => {
                if self.watchdog.heard(clock::now()) {
                    log::warn!("the main loop is back");
                    self.tell_all_standings();
                }
            }
            // Who asked may have hung up.
            Order::Answer(answer) => drop(answer.send(())),
            Order::Inquire(answer) => drop(answer.send(self.report())),
            Order::Stop => self.stop(),
            Order::Cease => self.cease(),
        }
    }

    fn install(&mut self, router: RouterId, plan: RouterPlan) {
        self.listen(router, &plan);
        self.standings.insert(router, Standing::default());
        let parameters = plan.parameters.clone();
        self.executor.install(router, plan);
        self.engine.insert(router, parameters);
        self.listen_to_our_routers();
    }

    /// Hears adverts of `router`, to whatever group they go.
    fn listen(&mut self, router: RouterId, plan: &RouterPlan) {
        if let Err(error) = self.executor.listen(plan) {
            log::error!("({}) cannot listen for adverts: {error}", plan.name);
        }
        self.listeners.set(router, plan);
    }

    fn retire(&mut self, router: RouterId) {
        self.retiring.insert(router);
        self.tell(router, Event::Shutdown);
        self.finish_retiring(router);
    }

    fn finish_retiring(&mut self, router: RouterId) {
        if self.executor.is_leaving(router) || !self.retiring.remove(&router) {
            return;
        }
        self.engine.remove(router);
        self.executor.remove(router);
        self.listeners.remove(router);
        self.standings.remove(&router);
        self.said.retain(|(id, _)| *id != router);
        self.details.remove(&router);
        self.listen_to_our_routers();
        // The main loop outlives this thread, unless both are going down.
        let _ = self.reports.send(Report::Retired(router));
    }

    fn stop(&mut self) {
        self.stop_at = Some(clock::now() + STOP_TIMEOUT);
        let routers = self.standings.clone().into_keys();
        self.tell_together(routers.map(|router| (router, Event::Shutdown)));
    }

    /// Everything that this thread owns lasts as long as the process: what others still do for it ends
    /// with that, and not before something is half done.
    fn cease(&self) -> ! {
        // The main loop waits for this.
        let _ = self.reports.send(Report::Stopped);
        loop {
            thread::park();
        }
    }

    fn take_time(&mut self) {
        let now = clock::now();
        if self.watchdog.check(now) {
            log::error!("the main loop has been silent for too long: leaving every router");
            self.tell_all_standings();
        }
        let mut actions = Vec::new();
        self.engine
            .handle_timeout(now, &self.executor.records, &mut actions);
        self.executor.carry_out(actions);
    }

    fn note_and_tell(&mut self, router: RouterId, event: Event) {
        match event {
            Event::StandingChanged(standing) => {
                self.standings.insert(router, standing);
                self.tell_standings(&[(router, standing)]);
            }
            event => self.tell(router, event),
        }
    }

    fn tell_all_standings(&mut self) {
        let standings: Vec<_> = self.standings.clone().into_iter().collect();
        self.tell_standings(&standings);
    }

    fn tell_standings(&mut self, standings: &[(RouterId, Standing)]) {
        let events: Vec<_> = standings
            .iter()
            .map(|(router, standing)| (*router, self.standing_event(*standing)))
            .collect();
        self.tell_together(events);
    }

    /// A main loop that hangs is a fault of every router, whatever else they stand on.
    fn standing_event(&self, standing: Standing) -> Event {
        let faulted = standing.faulted || self.watchdog.is_silent();
        Event::StandingChanged(Standing {
            faulted,
            ..standing
        })
    }

    fn group(&mut self, groups: Vec<Vec<RouterId>>) {
        let mut actions = Vec::new();
        let records = &self.executor.records;
        self.engine
            .group(clock::now(), groups, records, &mut actions);
        self.executor.carry_out(actions);
    }

    fn tell(&mut self, router: RouterId, event: Event) {
        self.tell_together([(router, event)]);
    }

    fn tell_together(&mut self, events: impl IntoIterator<Item = (RouterId, Event)>) {
        let mut actions = Vec::new();
        let records = &self.executor.records;
        self.engine
            .handle_all(clock::now(), events, records, &mut actions);
        self.executor.carry_out(actions);
    }

    fn report(&self) -> ThreadReport {
        let now = clock::now();
        let report = |router: RouterId| {
            let record = self.executor.records.record(router);
            Some(RouterReport {
                router,
                now,
                status: self.engine.status(router)?,
                last_advert: record.last_advert(),
                owned_until: record.owned_until(),
                owned: self.executor.records.owns(router, now),
                adverts: record.adverts(),
                jitter: Duration::from_nanos(record.hearing().jitter()),
                missed: record.hearing().missed(),
                refused: refused(record),
                speaker_priority: record.speaker().priority,
                details: self.details.get(&router).copied().unwrap_or_default(),
            })
        };
        ThreadReport {
            routers: self.ids().filter_map(report).collect(),
            lateness: self.lateness,
        }
    }
}

/// Bad adverts by their fault.
fn refused(record: &RouterRecord) -> Vec<(Reason, u64)> {
    let refused = |reason: &Reason| (*reason, record.hearing().refused(*reason));
    let all = Reason::ALL.iter().map(refused);
    all.filter(|(_, count)| *count > 0).collect()
}
