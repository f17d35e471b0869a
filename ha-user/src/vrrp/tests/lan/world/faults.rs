//! What goes wrong with a host, and how that ends.

use std::time::Duration;

use super::super::host::Letter;
use super::{Happening, Place, World};
use crate::vrrp::{Event, Standing};

/// Something that happens to a host.
#[derive(Clone, Debug)]
pub(in super::super) enum Fault {
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
    /// The cable of one LAN carries nothing for a while.
    Cut { lan: usize, length: Duration },
    /// The operator does something, or a tracked object changes.
    Tell(Letter),
}

impl Fault {
    /// Something happens to the router on `lan`.
    pub(in super::super) fn tell(lan: usize, event: Event) -> Self {
        Self::Tell(Letter::event(lan, event))
    }

    /// The same happens to the routers on all `lans`, at the same time.
    pub(in super::super) fn tell_all(lans: &[usize], event: &Event) -> Self {
        let events = lans.iter().map(|lan| (*lan, event.clone()));
        Self::Tell(Letter::Events(events.collect()))
    }

    /// All routers stand like this, from now on.
    pub(in super::super) fn stand(standings: &[Standing]) -> Self {
        let events = standings.iter().copied().map(Event::StandingChanged);
        Self::Tell(Letter::Events(events.enumerate().collect()))
    }
}

/// How faults strike.
impl World {
    pub(super) fn strike(&mut self, at: usize, fault: Fault) {
        let host = &mut self.hosts[at];
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
                let successor = Happening::Succeed { host: at, results };
                self.schedule(self.now + length, successor);
            }
            Fault::Cut { lan, length } => {
                host.ports[lan].cut = true;
                let place = Place { host: at, lan };
                self.schedule(self.now + length, Happening::Heal { place });
            }
            Fault::Tell(letter) => self.tell(at, letter),
        }
    }

    fn tell(&mut self, at: usize, letter: Letter) {
        let host = &mut self.hosts[at];
        if let Letter::Events(events) = &letter {
            for (lan, event) in events {
                host.ports[*lan].heed(event);
            }
        }
        if !host.dead {
            host.inbox.push_back(letter);
            self.wake(at, self.now);
        }
    }

    pub(super) fn succeed(&mut self, at: usize, results: Option<Duration>) {
        let standings = self.hosts[at].standings();
        let unknown = |standing: &Standing| Standing {
            pending: true,
            unsettled: true,
            weight: 0,
            ..*standing
        };
        let known = match results {
            None => standings.clone(),
            Some(_) => standings.iter().map(unknown).collect(),
        };
        self.hosts[at].succeed(&known);
        if let Some(after) = results {
            self.strike_at(self.now + after, at, Fault::stand(&standings));
        }
        self.wake(at, self.now);
    }

    pub(super) fn resume(&mut self, at: usize) {
        if self.now >= self.hosts[at].halted_until {
            for lan in self.hosts[at].lans() {
                self.read_card(Place { host: at, lan });
            }
        }
        self.wake(at, self.now);
    }

    /// The process may be faster than the queue of the card.
    fn read_card(&mut self, place: Place) {
        let (low, high) = self.weather.flight;
        let read_at = self.now + self.rng.between(low, high);
        let port = self.port(place);
        port.card_read_at = port.card_read_at.max(read_at);
        for advert in std::mem::take(&mut port.card) {
            self.hand_over(place, advert);
        }
    }
}
