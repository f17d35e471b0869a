//! The simulated LAN: what happens when, and to whom.

mod faults;
mod process;
mod weather;
mod wire;

use std::time::Duration;

use ha_common::Nanos;

pub(super) use self::faults::Fault;
pub(super) use self::weather::Weather;
use super::agenda::Agenda;
use super::host::Host;
use super::rng::Rng;
use super::watch::Watch;
use crate::vrrp::Advert;

#[derive(Clone, Debug)]
enum Happening {
    Arrive {
        at_host: usize,
        advert: Advert,
    },
    Receive {
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
            Happening::Receive { at_host, advert } => self.receive(at_host, advert),
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
}
