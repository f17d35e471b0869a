//! The simulated LAN: what happens when, and to whom.

use std::collections::VecDeque;
use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::super::{Action, Advert, Event, Standing, State, TransitionReason};
use super::agenda::Agenda;
use super::host::Host;
use super::rng::Rng;
use super::watch::Watch;

/// Chances and delays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    /// Adverts lost, of 1000.
    pub(super) loss: u64,
    /// Flight of an advert.
    pub(super) flight: (Duration, Duration),
    /// Between an event and the process that wakes up for it.
    pub(super) latency: (Duration, Duration),
    /// Longest latency, now and then.
    pub(super) hiccup: Duration,
    /// Events that a process reads before it looks at the time.
    pub(super) budget: usize,
    /// Events that wait for a process; adverts beyond that are seen by the data path only.
    pub(super) buffer: usize,
    /// Actions, of 1000, in the middle of which the process stands still.
    pub(super) interruption: u64,
    /// Longest such stand-still.
    pub(super) standstill: Duration,
}

/// Something that happens to a host.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The process stands still (SIGSTOP).
    Freeze(Duration),
    /// The machine stands still, its data path too.
    Halt(Duration),
    /// Every process is killed; another one starts later.
    Kill(Duration),
    /// The process ends, and another one carries on after `length`. It has the results of tracked
    /// objects at once, or so much later.
    Restart {
        length: Duration,
        results: Option<Duration>,
    },
    /// The cable carries nothing for a while.
    Cut(Duration),
    /// The operator does something, or a tracked object changes.
    Tell(Event),
}

#[derive(Clone, Debug)]
enum Happening {
    Arrive {
        at_host: usize,
        advert: Advert,
    },
    Wake {
        host: usize,
    },
    Resume {
        host: usize,
    },
    Boot {
        host: usize,
    },
    Succeed {
        host: usize,
        results: Option<Duration>,
    },
    Heal {
        host: usize,
    },
    Strike {
        host: usize,
        fault: Fault,
    },
    Stranger {
        advert: Advert,
        every: Duration,
    },
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Nanos,
    pub(super) hosts: Vec<Host>,
    pub(super) weather: Weather,
    pub(super) watch: Watch,
    pub(super) rng: Rng,
    agenda: Agenda<Happening>,
    /// Adverts between two hosts keep their order.
    last_arrival: Vec<Nanos>,
    trace: bool,
}

impl World {
    pub(super) fn new(
        hosts: Vec<Host>,
        weather: Weather,
        watch: Watch,
        rng: Rng,
        trace: bool,
    ) -> Self {
        let pairs = (hosts.len() + 1) * hosts.len();
        let mut world = Self {
            now: Nanos::new(1_000_000_000),
            hosts,
            weather,
            watch,
            rng,
            agenda: Agenda::new(),
            last_arrival: vec![Nanos::NEVER; pairs],
            trace,
        };
        for host in 0..world.hosts.len() {
            let stagger = world.rng.between(Duration::ZERO, Duration::from_millis(20));
            world.schedule(world.now + stagger, Happening::Boot { host });
        }
        world
    }

    pub(super) fn run_until(&mut self, end: Nanos) {
        while self.watch.violation.is_none() {
            let Some((at, what)) = self.agenda.next_until(end) else {
                break;
            };
            self.watch.pass(&self.hosts, self.now, at);
            self.now = self.now.max(at);
            self.happen(what);
        }
        self.watch.pass(&self.hosts, self.now, end);
        self.now = end;
    }

    pub(super) fn strike_at(&mut self, at: Nanos, host: usize, fault: Fault) {
        self.schedule(at, Happening::Strike { host, fault });
    }

    /// Someone outside the election begins to send `advert` at full rate.
    pub(super) fn invite_stranger(&mut self, advert: Advert, every: Duration) {
        self.schedule(self.now, Happening::Stranger { advert, every });
    }

    pub(super) fn answering(&self) -> Vec<usize> {
        (0..self.hosts.len())
            .filter(|host| self.hosts[*host].answers(self.now))
            .collect()
    }

    fn schedule(&mut self, at: Nanos, what: Happening) {
        self.agenda.schedule(at, what);
    }

    fn happen(&mut self, what: Happening) {
        if self.trace && !matches!(what, Happening::Wake { .. }) {
            eprintln!("{:?} {what:?}", self.now);
        }
        match what {
            Happening::Arrive { at_host, advert } => self.arrive(at_host, advert),
            Happening::Wake { host } => self.turn(host),
            Happening::Resume { host } => self.resume(host),
            Happening::Boot { host } => {
                self.hosts[host].boot();
                self.wake(host, self.now);
            }
            Happening::Succeed { host, results } => self.succeed(host, results),
            Happening::Heal { host } => self.hosts[host].cut = false,
            Happening::Strike { host, fault } => self.strike(host, fault),
            Happening::Stranger { advert, every } => {
                self.broadcast(self.hosts.len(), advert);
                self.schedule(self.now + every, Happening::Stranger { advert, every });
            }
        }
    }

    fn strike(&mut self, at: usize, fault: Fault) {
        let (at_host, host) = (at, &mut self.hosts[at]);
        match fault {
            Fault::Freeze(length) => {
                host.frozen_until = host.frozen_until.max(self.now + length);
                self.schedule(self.now + length, Happening::Resume { host: at });
            }
            Fault::Halt(length) => {
                host.halted_until = host.halted_until.max(self.now + length);
                self.schedule(self.now + length, Happening::Resume { host: at });
            }
            Fault::Kill(length) => {
                host.dead = true;
                self.schedule(self.now + length, Happening::Boot { host: at });
            }
            Fault::Restart { length, results } => {
                host.dead = true;
                let at = self.now + length;
                self.schedule(
                    at,
                    Happening::Succeed {
                        host: at_host,
                        results,
                    },
                );
            }
            Fault::Cut(length) => {
                host.cut = true;
                self.schedule(self.now + length, Happening::Heal { host: at });
            }
            Fault::Tell(event) => self.tell(at, event),
        }
    }

    fn tell(&mut self, at: usize, event: Event) {
        let host = &mut self.hosts[at];
        match &event {
            Event::StandingChanged(standing) => host.standing = *standing,
            Event::Reconfigured(parameters) => host.parameters = (**parameters).clone(),
            _ => {}
        }
        if !host.dead {
            host.inbox.push_back(event);
            self.wake(at, self.now);
        }
    }

    fn succeed(&mut self, at: usize, results: Option<Duration>) {
        let standing = self.hosts[at].standing;
        let known = match results {
            None => standing,
            Some(_) => Standing {
                pending: true,
                unsettled: true,
                weight: 0,
                ..standing
            },
        };
        self.hosts[at].succeed(known);
        if let Some(after) = results {
            let told = Fault::Tell(Event::StandingChanged(standing));
            self.strike_at(self.now + after, at, told);
        }
        self.wake(at, self.now);
    }

    fn resume(&mut self, at: usize) {
        if self.now >= self.hosts[at].halted_until {
            // The process may be faster than the queue of the card.
            let (low, high) = self.weather.flight;
            let read_at = self.now + self.rng.between(low, high);
            self.hosts[at].card_read_at = read_at;
            for advert in std::mem::take(&mut self.hosts[at].card) {
                self.schedule(
                    read_at,
                    Happening::Arrive {
                        at_host: at,
                        advert,
                    },
                );
            }
        }
        self.wake(at, self.now);
    }
}

/// Adverts on their way.
impl World {
    fn broadcast(&mut self, from: usize, advert: Advert) {
        for to in (0..self.hosts.len()).filter(|to| *to != from) {
            let lost = self.rng.chance(self.weather.loss);
            let sender_cut = self.hosts.get(from).is_some_and(|host| host.cut);
            if lost || sender_cut || self.hosts[to].cut {
                self.watch.lose();
                continue;
            }
            let (low, high) = self.weather.flight;
            let lane = from * self.hosts.len() + to;
            let at = (self.now + self.rng.between(low, high)).max(self.last_arrival[lane]);
            self.last_arrival[lane] = at;
            self.schedule(
                at,
                Happening::Arrive {
                    at_host: to,
                    advert,
                },
            );
        }
    }

    fn arrive(&mut self, at: usize, advert: Advert) {
        let host = &mut self.hosts[at];
        if self.now < host.halted_until {
            host.card.push(advert);
            return;
        }
        if self.now < host.card_read_at {
            let behind = host.card_read_at;
            self.schedule(
                behind,
                Happening::Arrive {
                    at_host: at,
                    advert,
                },
            );
            return;
        }
        let fenced = !host.bare && host.data_path.judge(self.now, &advert);
        self.watch.tally.fences += u64::from(fenced);
        let absorbed = !host.bare && host.data_path.absorbs(self.now, &advert);
        if absorbed || host.dead || host.inbox.len() >= self.weather.buffer {
            return;
        }
        // The ring of notices and the socket are read in either order.
        let notice_first = self.rng.chance(500);
        let notice = fenced.then_some(Event::Fenced);
        let advert = Event::AdvertReceived(advert);
        if notice_first {
            host.inbox.extend(notice.into_iter().chain([advert]));
        } else {
            host.inbox.extend([advert].into_iter().chain(notice));
        }
        self.wake(at, self.now);
    }
}

/// The process of a host.
impl World {
    /// Lets the process wake up for something that happens at `at`.
    fn wake(&mut self, host: usize, at: Nanos) {
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
    fn turn(&mut self, at: usize) {
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
            Action::Announce { .. } => {}
            Action::DualActive { .. } => self.watch.dual_active += 1,
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
        if lease.is_some() && !host.data_path.record.owned(self.now) {
            return;
        }
        host.adverts_sent += 1;
        host.data_path.last_sent = sent_at;
        let source = host.address;
        let interval = host.data_path.interval;
        if let Some(until) = lease {
            host.data_path.record.owned_until = until;
            // Others count three intervals, and Skew_Time on top.
            if until > sent_at + interval * 3 - Duration::from_millis(1) {
                self.watch
                    .fail(self.now, format!("{at} takes a lease until {until:?}"));
            }
        } else if priority != Priority::LEAVING {
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
