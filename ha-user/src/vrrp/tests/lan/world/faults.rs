//! What goes wrong with a host, and how that ends.

use std::time::Duration;

use super::{Happening, World};
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
    /// The cable carries nothing for a while.
    Cut(Duration),
    /// The operator does something, or a tracked object changes.
    Tell(Event),
}

/// How faults strike.
impl World {
    pub(super) fn strike(&mut self, at: usize, fault: Fault) {
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

    pub(super) fn succeed(&mut self, at: usize, results: Option<Duration>) {
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

    pub(super) fn resume(&mut self, at: usize) {
        if self.now >= self.hosts[at].halted_until {
            // The process may be faster than the queue of the card.
            let (low, high) = self.weather.flight;
            let read_at = self.now + self.rng.between(low, high);
            let host = &mut self.hosts[at];
            host.card_read_at = host.card_read_at.max(read_at);
            for advert in std::mem::take(&mut host.card) {
                self.hand_over(at, advert);
            }
        }
        self.wake(at, self.now);
    }
}
