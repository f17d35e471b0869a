//! What becomes of an advert that has arrived.
//!
//! Where the data path works, most never do: the filter on the socket keeps those away that tell
//! no more than their stamp. It compares them with what [`AdvertThread::learn`] writes down.

use std::time::Duration;

use ha_common::abi::{Familiar, Speaker};
use ha_common::{Family, Priority, Reason};

use super::AdvertThread;
use crate::daemon::listeners::Judged;
use crate::net::clock;
use crate::vrrp::{Advert, Event, RouterId};

/// Adverts read in one turn: a flood must not keep the timer from being looked at.
const RECEIVE_BUDGET: usize = 64;

impl AdvertThread {
    pub(super) fn take_adverts(&mut self) {
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
            familiar,
            verdict,
            detail,
        } = judged;
        let judged = self.judged.contains(&ifindex);
        if let Some(detail) = detail {
            self.details.entry(router).or_default().note(detail);
        }
        match verdict {
            Ok(advert) => {
                if !judged {
                    self.stamp(router, advert);
                }
                self.tell(router, Event::AdvertReceived(advert));
                self.learn(router, advert, familiar);
            }
            Err(Reason::AdvertOwn | Reason::AdvertIgnored) => {}
            Err(reason) => self.refuse(router, reason, judged),
        }
    }

    /// Tells the socket's filter what need not wake this thread again. Whoever says something new
    /// may be the one that was known, or have taken its place; only a stranger below us has not.
    fn learn(&self, router: RouterId, advert: Advert, familiar: Familiar) {
        let record = self.executor.records.record(router);
        let hearing = record.hearing();
        let lowest = Priority::new(record.election().accept_min_priority);
        let is_lower = advert.priority != Priority::LEAVING && advert.priority < lowest;
        if is_lower {
            // An answer goes out once in an interval at most.
            let half = Duration::from_nanos(record.interval() / 2);
            hearing.set_sated_until(clock::now() + half);
        }
        if !is_lower || hearing.follows(familiar.source) {
            let known = self.engine.is_familiar(router, &advert);
            hearing.set_familiar(known.then_some(familiar));
        }
    }

    /// Does in the daemon's memory what the XDP program does where it is attached.
    fn stamp(&self, router: RouterId, advert: Advert) {
        let record = self.executor.records.record(router);
        let speaker = Speaker {
            source: Speaker::tag(advert.source),
            priority: advert.priority.get(),
        };
        record.count_advert();
        if advert.priority == Priority::LEAVING {
            record.stamp_resignation(clock::now(), speaker.source);
        } else if speaker.priority >= record.election().accept_min_priority {
            let interval = u64::try_from(advert.interval.as_nanos()).unwrap_or(u64::MAX);
            record.stamp_advert(clock::now(), speaker, interval);
        } else {
            record.stamp_lower(clock::now(), speaker);
        }
    }

    /// Counts a bad advert, unless the XDP program did; the first of its kind since the router was
    /// installed is said.
    fn refuse(&mut self, router: RouterId, reason: Reason, judged: bool) {
        if !judged {
            self.executor
                .records
                .record(router)
                .hearing()
                .refuse(reason);
        }
        if self.said.insert((router, reason))
            && let Some(plan) = self.executor.plan(router)
        {
            log::warn!(
                "({}) ignoring bad adverts: {}",
                plan.name,
                reason.describe()
            );
        }
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
    pub(super) fn listen_to_our_routers(&mut self) {
        for family in [Family::Ipv4, Family::Ipv6] {
            let shed_below = |router| self.shed_below(router);
            let rules = self.listeners.rules(family, shed_below);
            if let Err(error) = self.executor.socket.listen_to(family, rules) {
                log::debug!("cannot filter adverts of {family}: {error}");
            }
        }
    }

    fn shed_below(&self, router: RouterId) -> Priority {
        if !self.flood.is_on() {
            return Priority::LEAVING;
        }
        let election = self.executor.records.record(router).election();
        Priority::new(election.accept_min_priority)
    }
}
