//! What the process of a host does: it wakes up, reads, and carries out what the engine says.

use std::collections::VecDeque;
use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::host::lan_of;
use super::faults::Fault;
use super::{Happening, Place, World};
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
            let Some(letter) = self.hosts[at].inbox.pop_front() else {
                break;
            };
            let actions = self.hosts[at].handle(self.now, letter);
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
                self.note_interruption();
                actions.push_front(action);
                self.hosts[at].unfinished = actions;
                self.strike(at, Fault::Freeze(length));
                return;
            }
            let lan = lan_of(&action);
            self.execute(Place { host: at, lan }, action);
        }
    }

    fn note_interruption(&mut self) {
        for watch in &mut self.watches {
            watch.interrupted = true;
        }
        self.watches[0].tally.interrupted += 1;
    }

    fn execute(&mut self, at: Place, action: Action) {
        if self.trace {
            eprintln!("{:?} host {}: {action:?}", self.now, at.host);
        }
        let port = &mut self.hosts[at.host].ports[at.lan];
        let watch = &mut self.watches[at.lan];
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
                let record = &mut port.data_path.record;
                if record.last_advert <= since {
                    record.last_sent = since;
                    record.owned_since = since;
                    record.owned_until = until;
                }
            }
            Action::EndOwnership { .. } => port.data_path.record.owned_until = Nanos::NEVER,
            Action::SetElection {
                priority,
                accept_min_priority,
                ..
            } => {
                port.data_path.priority = priority.get();
                port.data_path.accept_min_priority = accept_min_priority.get();
            }
            Action::AddAddresses { .. } => port.installed = true,
            Action::RemoveAddresses { .. } => port.installed = false,
            Action::Announce { .. } => port.announcements += 1,
            Action::HeardLower { .. } => {}
            Action::DualActive { .. } => watch.tally.dual_active += 1,
            Action::Transition {
                from, to, reason, ..
            } => {
                port.transitions += 1;
                let takeover = to == State::Active;
                watch.tally.takeovers += u64::from(takeover);
                watch.tally.leases_lost += u64::from(reason == TransitionReason::LeaseLost);
                watch.tally.adoptions += u64::from(reason == TransitionReason::Adopted);
                if from == to && reason != TransitionReason::Shutdown {
                    let what = format!("{at} goes from {from:?} to itself");
                    watch.fail(self.now, what);
                }
            }
        }
    }

    fn advertise(&mut self, at: Place, priority: Priority, sent_at: Nanos, lease: Option<Nanos>) {
        let port = &mut self.hosts[at.host].ports[at.lan];
        let watch = &mut self.watches[at.lan];
        let is_claim = lease.is_none() && priority != Priority::LEAVING;
        let record = &port.data_path.record;
        if lease.is_some() && !record.owned(self.now) || is_claim && record.last_advert > sent_at {
            return;
        }
        port.adverts_sent += 1;
        let source = port.address;
        let interval = port.data_path.interval;
        if let Some(until) = lease {
            port.data_path.record.last_sent = sent_at;
            port.data_path.record.owned_until = until;
            // Others count three intervals, and Skew_Time on top.
            if until > sent_at + interval * 3 - Duration::from_millis(1) {
                watch.fail(self.now, format!("{at} takes a lease until {until:?}"));
            }
        } else if is_claim {
            port.data_path.record.last_sent = self.now;
            watch.tally.claims += 1;
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
