//! Adverts on their way.

use std::time::Duration;

use super::{Happening, World};
use crate::vrrp::{Advert, Event};

/// Between two packets that a card hands over one after the other.
const INSTANT: Duration = Duration::from_nanos(1);

impl World {
    pub(super) fn broadcast(&mut self, from: usize, advert: Advert) {
        for to in (0..self.hosts.len()).filter(|to| *to != from) {
            let lost = self.rng.chance(self.weather.loss);
            let sender_cut = self.hosts.get(from).is_some_and(|host| host.cut);
            if lost || sender_cut || self.hosts[to].cut {
                self.watch.lose();
                continue;
            }
            self.carry(from, to, advert);
            if self.rng.chance(self.weather.doubled) {
                self.watch.tally.doubled += 1;
                self.carry(from, to, advert);
            }
        }
    }

    /// Lets an advert fly. Those of one sender keep their order, unless the weather is bad.
    fn carry(&mut self, from: usize, to: usize, advert: Advert) {
        let (low, high) = self.weather.flight;
        let lane = from * self.hosts.len() + to;
        let mut at = self.now + self.rng.between(low, high);
        let last = self.last_arrival[lane];
        if at < last && self.rng.chance(self.weather.overtaking) {
            self.watch.tally.overtaken += 1;
        } else {
            at = at.max(last + INSTANT);
        }
        self.last_arrival[lane] = at.max(last);
        self.schedule(
            at,
            Happening::Arrive {
                at_host: to,
                advert,
            },
        );
    }

    /// An advert comes out of the cable: behind those that the card has kept, if there are any.
    pub(super) fn arrive(&mut self, at: usize, advert: Advert) {
        if self.now < self.hosts[at].card_read_at {
            self.hand_over(at, advert);
        } else {
            self.receive(at, advert);
        }
    }

    /// Lets the card hand an advert over, an instant after the one before.
    pub(super) fn hand_over(&mut self, at: usize, advert: Advert) {
        let next = self.hosts[at].card_read_at;
        self.hosts[at].card_read_at = next + INSTANT;
        self.schedule(
            next,
            Happening::Receive {
                at_host: at,
                advert,
            },
        );
    }

    pub(super) fn receive(&mut self, at: usize, advert: Advert) {
        let host = &mut self.hosts[at];
        if self.now < host.halted_until {
            host.card.push(advert);
            return;
        }
        let fenced = !host.bare && host.data_path.judge(self.now, &advert);
        self.watch.tally.fences += u64::from(fenced);
        let absorbed = !host.bare && host.data_path.absorbs(self.now, &advert);
        self.watch.tally.absorbed += u64::from(absorbed);
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
