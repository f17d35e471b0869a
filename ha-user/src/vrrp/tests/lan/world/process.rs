//! What the process of a host does: it wakes up, reads, and carries out what the engine says.

use std::collections::VecDeque;
use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::faults::Fault;
use super::{Happening, World};
use crate::vrrp::{Action, Advert, State, TransitionReason};

impl World {
    /// Lets the process wake up for something that happens at `at`.
    pub(super) fn wake(&mut self, host: usize, at: Nanos) {
        let (low, high) = self.weather.latency;
        let rare = self.rng.chance(50);
        let latency = self
            .rng
            .between(low, if rare { self.weather.hiccup } else { high });
        let at = at.max(self.now) + latency;
        if self.hosts[host].wake_at.is_none_or(|earlier| at < earlier) {
            self.hosts[host].wake_at = Some(at);
            self.schedule(at, Happening::Wake { host });
        }
    }

    /// One turn of the advert thread: what was begun, then what has arrived, then the time.
    pub(super) fn turn(&mut self, at: usize) {
        if self.hosts[at].wake_at != Some(self.now) {
            return;
        }
        self.hosts[at].wake_at = None;
        if !self.hosts[at].runs(self.now) {
            return;
        }
        let unfinished = std::mem::take(&mut self.hosts[at].unfinished);
        self.carry_out(at, unfinished);
        for _ in 0..self.weather.budget {
            if !self.hosts[at].runs(self.now) {
                break;
            }
            let Some(event) = self.hosts[at].inbox.pop_front() else {
                break;
            };
            let actions = self.hosts[at].handle(self.now, event);
            self.carry_out(at, actions.into());
        }
        if self.hosts[at].runs(self.now) {
            let actions = self.hosts[at].handle_timeout(self.now);
            self.carry_out(at, actions.into());
        }
        if let Some(deadline) = self.hosts[at].next_deadline() {
            self.wake(at, deadline);
        }
        if !self.hosts[at].inbox.is_empty() {
            self.wake(at, self.now);
        }
    }

    /// Carries actions out in order. The process may stand still between any two.
    fn carry_out(&mut self, at: usize, mut actions: VecDeque<Action>) {
        while let Some(action) = actions.pop_front() {
            if self.rng.chance(self.weather.interruption) {
                let length = self.rng.between(Duration::ZERO, self.weather.standstill);
                self.watch.interrupted = true;
                self.watch.tally.interrupted += 1;
                actions.push_front(action);
                self.hosts[at].unfinished = actions;
                self.strike(at, Fault::Freeze(length));
                return;
            }
            self.execute(at, action);
        }
    }

    fn execute(&mut self, at: usize, action: Action) {
        if self.trace {
            eprintln!("{:?} host {at}: {action:?}", self.now);
        }
        let host = &mut self.hosts[at];
        match action {
            Action::Advertise {
                priority,
                sent_at,
                lease,
                ..
            } => {
                self.advertise(at, priority, sent_at, lease);
            }
            Action::BeginOwnership { since, until, .. } => {
                let record = &mut host.data_path.record;
                if record.last_advert <= since {
                    record.last_sent = since;
                    record.owned_since = since;
                    record.owned_until = until;
                }
            }
            Action::EndOwnership { .. } => host.data_path.record.owned_until = Nanos::NEVER,
            Action::SetElection {
                priority,
                accept_min_priority,
                ..
            } => {
                host.data_path.priority = priority.get();
                host.data_path.accept_min_priority = accept_min_priority.get();
            }
            Action::AddAddresses { .. } => host.installed = true,
            Action::RemoveAddresses { .. } => host.installed = false,
            Action::Announce { .. } => host.announcements += 1,
            Action::DualActive { .. } => self.watch.tally.dual_active += 1,
            Action::Transition {
                from, to, reason, ..
            } => {
                host.transitions += 1;
                let takeover = to == State::Active;
                self.watch.tally.takeovers += u64::from(takeover);
                self.watch.tally.leases_lost += u64::from(reason == TransitionReason::LeaseLost);
                self.watch.tally.adoptions += u64::from(reason == TransitionReason::Adopted);
                if from == to && reason != TransitionReason::Shutdown {
                    self.watch
                        .fail(self.now, format!("{at} goes from {from:?} to itself"));
                }
            }
        }
    }

    fn advertise(&mut self, at: usize, priority: Priority, sent_at: Nanos, lease: Option<Nanos>) {
        let host = &mut self.hosts[at];
        let is_claim = lease.is_none() && priority != Priority::LEAVING;
        let record = &host.data_path.record;
        if lease.is_some() && !record.owned(self.now) || is_claim && record.last_advert > sent_at {
            return;
        }
        host.adverts_sent += 1;
        let source = host.address;
        let interval = host.data_path.interval;
        if let Some(until) = lease {
            host.data_path.record.last_sent = sent_at;
            host.data_path.record.owned_until = until;
            // Others count three intervals, and Skew_Time on top.
            if until > sent_at + interval * 3 - Duration::from_millis(1) {
                self.watch
                    .fail(self.now, format!("{at} takes a lease until {until:?}"));
            }
        } else if is_claim {
            host.data_path.record.last_sent = self.now;
            self.watch.tally.claims += 1;
        }
        self.broadcast(
            at,
            Advert {
                source,
                priority,
                interval,
            },
        );
    }
}
