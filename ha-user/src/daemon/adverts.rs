//! The advert thread: owns the engine, and never waits for anything but the next event.
//!
//! One turn: wait; then, for each input, the engine's answer is carried out before the next input
//! is looked at; the timer comes last, so that an advert that has already arrived is heard before
//! its absence is believed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ha_common::abi::{NoticeKind, Speaker};
use ha_common::{Nanos, Priority, Reason};
use rustix::event::{PollFd, PollFlags, poll};

use super::execute::Executor;
use super::listeners::{Judged, Listeners};
use super::order::{Order, OrderQueue, Report, RouterReport};
use super::plan::RouterPlan;
use super::watchdog::Watchdog;
use crate::datapath::NoticeRing;
use crate::net::advert::{Cast, GROUP};
use crate::net::clock::{self, Timer};
use crate::net::flood::Flood;
use crate::vrrp::{Advert, Engine, Event, RouterId, Standing};

/// Adverts read in one turn: a flood must not keep the timer from being looked at.
const RECEIVE_BUDGET: usize = 64;

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
    watchdog: Watchdog,
    listeners: Listeners,
    /// Interfaces on which the XDP program stamps adverts.
    judged: BTreeSet<u32>,
    standings: BTreeMap<RouterId, Standing>,
    refused: BTreeMap<(RouterId, Reason), u64>,
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
            watchdog: Watchdog::new(clock::now()),
            listeners: Listeners::default(),
            judged: BTreeSet::new(),
            standings: BTreeMap::new(),
            refused: BTreeMap::new(),
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
        self.timer
            .set(deadlines.into_iter().flatten().min())
            .context("cannot set the timer")?;
        let mut fds = vec![
            PollFd::new(&self.timer, PollFlags::IN),
            PollFd::new(&self.executor.socket, PollFlags::IN),
            PollFd::new(&self.orders, PollFlags::IN),
        ];
        if let Some(notices) = &self.notices {
            fds.push(PollFd::from_borrowed_fd(notices.as_fd(), PollFlags::IN));
        }
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error).context("cannot wait for events"),
        }
    }

    fn take_notices(&mut self) {
        while let Some(notice) = self.notices.as_mut().and_then(NoticeRing::next) {
            let router = RouterId(notice.slot());
            match notice.kind() {
                Some(NoticeKind::Fenced) => self.tell(router, Event::Fenced),
                Some(NoticeKind::Conflict) => {
                    self.say_conflict(router, notice.address().into());
                    self.tell(router, Event::AddressConflict);
                }
                None => {}
            }
        }
    }

    fn say_conflict(&self, router: RouterId, address: Ipv4Addr) {
        if let Some(plan) = self.executor.plan(router) {
            log::warn!(
                "({}) another host announces {address}, which we own",
                plan.name
            );
        }
    }

    fn take_adverts(&mut self) {
        let mut arrived = Vec::new();
        let received = self.executor.socket.receive(RECEIVE_BUDGET, |packet| {
            arrived.push(self.listeners.judge(&packet));
        });
        match received {
            Ok(count) => self.note_load(count),
            Err(error) => log::debug!("cannot receive adverts: {error}"),
        }
        for judged in arrived.into_iter().flatten() {
            self.take_advert(judged);
        }
    }

    fn take_advert(&mut self, judged: Judged) {
        let Judged {
            router,
            ifindex,
            verdict,
        } = judged;
        match verdict {
            Ok(advert) => {
                if !self.judged.contains(&ifindex) {
                    self.stamp(router, advert);
                }
                self.tell(router, Event::AdvertReceived(advert));
            }
            Err(Reason::AdvertOwn) => {}
            Err(reason) => self.refuse(router, reason),
        }
    }

    /// Does in the daemon's memory what the XDP program does where it is attached.
    fn stamp(&self, router: RouterId, advert: Advert) {
        let record = self.executor.records.record(router);
        let speaker = Speaker {
            source: advert.source.octets(),
            priority: advert.priority.get(),
        };
        record.count_advert();
        if advert.priority == Priority::LEAVING {
            return;
        }
        if speaker.priority >= record.election().accept_min_priority {
            record.stamp_advert(clock::now(), speaker);
        } else {
            record.stamp_lower(clock::now(), speaker);
        }
    }

    /// Counts a bad advert; the first of its kind since the router was installed is said.
    fn refuse(&mut self, router: RouterId, reason: Reason) {
        let count = self.refused.entry((router, reason)).or_default();
        *count += 1;
        if *count == 1
            && let Some(plan) = self.executor.plan(router)
        {
            log::warn!(
                "({}) ignoring bad adverts: {}",
                plan.name,
                reason.describe()
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
            Order::Install(router, plan) => self.install(router, *plan),
            Order::Replace(router, plan) => {
                let parameters = plan.parameters.clone();
                self.listeners.set(router, &plan);
                self.executor.replace(router, *plan);
                self.tell(router, Event::Reconfigured(Box::new(parameters)));
            }
            Order::Tell(router, event) => self.note_and_tell(router, event),
            Order::Retire(router) => self.retire(router),
            Order::AddressesGone { router, generation } => {
                self.executor.addresses_gone(router, generation);
                self.finish_retiring(router);
            }
            Order::AddressVanished(router) => self.executor.restore_addresses(router),
            Order::Judged(interfaces) => self.judged = interfaces,
            Order::Heartbeat => {
                if self.watchdog.heard(clock::now()) {
                    log::warn!("the main loop is back");
                    self.tell_standings();
                }
            }
            // Who asked may have hung up.
            Order::Inquire(answer) => drop(answer.send(self.report())),
            Order::Stop => self.stop(),
        }
    }

    fn install(&mut self, router: RouterId, plan: RouterPlan) {
        if plan.framing.cast == Cast::Multicast
            && let Err(error) = self.executor.socket.join(plan.ifindex, GROUP)
        {
            log::error!("({}) cannot listen for adverts: {error}", plan.name);
        }
        self.listeners.set(router, &plan);
        self.standings.insert(router, Standing::default());
        let parameters = plan.parameters.clone();
        self.executor.install(router, plan);
        self.engine.insert(router, parameters);
        self.listen_to_our_routers();
    }

    /// In a flood, adverts that are no sign of life are shed by the kernel.
    fn note_load(&mut self, count: usize) {
        let before = self.flood.is_on();
        self.flood.note(clock::now(), count, RECEIVE_BUDGET);
        if before || self.flood.is_on() {
            self.listen_to_our_routers();
        }
    }

    /// Packets for VRIDs that are not ours must not even wake this thread.
    fn listen_to_our_routers(&mut self) {
        let rules = self.listeners.rules(|router| self.shed_below(router));
        if let Err(error) = self.executor.socket.listen_to(rules) {
            log::debug!("cannot filter adverts: {error}");
        }
    }

    fn shed_below(&self, router: RouterId) -> Priority {
        if !self.flood.is_on() {
            return Priority::LEAVING;
        }
        let election = self.executor.records.record(router).election();
        Priority::new(election.accept_min_priority)
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
        self.refused.retain(|(id, _), _| *id != router);
        self.listen_to_our_routers();
        // The main loop outlives this thread, unless both are going down.
        let _ = self.reports.send(Report::Retired(router));
    }

    fn stop(&mut self) {
        self.stop_at = Some(clock::now() + STOP_TIMEOUT);
        for router in self.standings.clone().into_keys() {
            self.tell(router, Event::Shutdown);
        }
    }

    fn take_time(&mut self) {
        let now = clock::now();
        if self.watchdog.check(now) {
            log::error!("the main loop has been silent for too long: leaving every router");
            self.tell_standings();
        }
        let mut actions = Vec::new();
        self.engine
            .handle_timeout(now, &self.executor.records, &mut actions);
        self.carry_out(actions);
    }

    fn note_and_tell(&mut self, router: RouterId, event: Event) {
        match event {
            Event::StandingChanged(standing) => {
                self.standings.insert(router, standing);
                self.tell_standing(router, standing);
            }
            event => self.tell(router, event),
        }
    }

    fn tell_standings(&mut self) {
        for (router, standing) in self.standings.clone() {
            self.tell_standing(router, standing);
        }
    }

    /// A main loop that hangs is a fault of every router, whatever else they stand on.
    fn tell_standing(&mut self, router: RouterId, standing: Standing) {
        let faulted = standing.faulted || self.watchdog.is_silent();
        self.tell(
            router,
            Event::StandingChanged(Standing {
                faulted,
                ..standing
            }),
        );
    }

    fn tell(&mut self, router: RouterId, event: Event) {
        let mut actions = Vec::new();
        let records = &self.executor.records;
        self.engine
            .handle(clock::now(), router, event, records, &mut actions);
        self.carry_out(actions);
    }

    fn carry_out(&mut self, actions: Vec<crate::vrrp::Action>) {
        for action in actions {
            self.executor.execute(action);
        }
    }

    fn report(&self) -> Vec<RouterReport> {
        let now = clock::now();
        let report = |router: RouterId| {
            let record = self.executor.records.record(router);
            let refused = self.refused.iter().filter(|((id, _), _)| *id == router);
            Some(RouterReport {
                router,
                now,
                status: self.engine.status(router)?,
                last_advert: record.last_advert(),
                owned_until: record.owned_until(),
                owned: self.executor.records.owns(router, now),
                refused: refused
                    .map(|((_, reason), count)| (*reason, *count))
                    .collect(),
            })
        };
        self.ids().filter_map(report).collect()
    }
}
