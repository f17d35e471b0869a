//! The simulated LAN: what happens when, and to whom.

mod faults;
mod process;
mod weather;
mod wire;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use ha_common::Nanos;

pub(super) use self::faults::Fault;
pub(super) use self::weather::Weather;
use super::agenda::Agenda;
use super::host::{Host, Port};
use super::rng::Rng;
use super::watch::Watch;
use crate::vrrp::Advert;

/// A host's port on a LAN. A host beyond all others is a stranger's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) host: usize,
    pub(super) lan: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on LAN {}", self.host, self.lan)
    }
}

#[derive(Clone, Debug)]
enum Happening {
    Arrive {
        place: Place,
        advert: Advert,
    },
    Receive {
        place: Place,
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
        place: Place,
    },
    Strike {
        host: usize,
        fault: Fault,
    },
    Stranger {
        lan: usize,
        advert: Advert,
        every: Duration,
    },
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Nanos,
    pub(super) hosts: Vec<Host>,
    pub(super) weather: Weather,
    /// One for each LAN.
    pub(super) watches: Vec<Watch>,
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
        watches: Vec<Watch>,
        rng: Rng,
        trace: bool,
    ) -> Self {
        let pairs = (hosts.len() + 1) * hosts.len() * watches.len();
        let mut world = Self {
            now: Nanos::new(1_000_000_000),
            hosts,
            weather,
            watches,
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
        while self.violation().is_none() {
            let Some((at, what)) = self.agenda.next_until(end) else {
                break;
            };
            self.pass(at);
            self.now = self.now.max(at);
            self.happen(what);
        }
        self.pass(end);
        self.now = end;
    }

    fn pass(&mut self, to: Nanos) {
        for watch in &mut self.watches {
            watch.pass(&self.hosts, self.now, to);
        }
    }

    /// What was violated first.
    pub(super) fn violation(&self) -> Option<&String> {
        self.watches
            .iter()
            .find_map(|watch| watch.violation.as_ref())
    }

    /// All LANs.
    pub(super) fn lans(&self) -> Range<usize> {
        0..self.watches.len()
    }

    fn port(&mut self, place: Place) -> &mut Port {
        &mut self.hosts[place.host].ports[place.lan]
    }

    pub(super) fn strike_at(&mut self, at: Nanos, host: usize, fault: Fault) {
        self.schedule(at, Happening::Strike { host, fault });
    }

    /// Someone outside the election begins to send `advert` at full rate.
    pub(super) fn invite_stranger(&mut self, lan: usize, advert: Advert, every: Duration) {
        self.schedule(self.now, Happening::Stranger { lan, advert, every });
    }

    pub(super) fn answering(&self, lan: usize) -> Vec<usize> {
        (0..self.hosts.len())
            .filter(|host| self.hosts[*host].answers(lan, self.now))
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
            Happening::Arrive { place, advert } => self.arrive(place, advert),
            Happening::Receive { place, advert } => self.receive(place, advert),
            Happening::Wake { host } => self.turn(host),
            Happening::Resume { host } => self.resume(host),
            Happening::Boot { host } => {
                self.hosts[host].boot();
                self.wake(host, self.now);
            }
            Happening::Succeed { host, results } => self.succeed(host, results),
            Happening::Heal { place } => self.port(place).cut = false,
            Happening::Strike { host, fault } => self.strike(host, fault),
            Happening::Stranger { lan, advert, every } => {
                let host = self.hosts.len();
                self.broadcast(Place { host, lan }, advert);
                self.schedule(self.now + every, Happening::Stranger { lan, advert, every });
            }
        }
    }
}
