//! Adverts on their way.

use std::time::Duration;

use super::super::host::Letter;
use super::{Happening, Place, World};
use crate::vrrp::{Advert, Event};

/// Between two packets that a card hands over one after the other.
const INSTANT: Duration = Duration::from_nanos(1);

impl World {
    /// Sends an advert to everybody else on the LAN.
    pub(super) fn broadcast(&mut self, from: Place, advert: Advert) {
        let lan = from.lan;
        for host in (0..self.hosts.len()).filter(|to| *to != from.host) {
            let lost = self.rng.chance(self.weather.loss);
            let sender = self.hosts.get(from.host);
            let sender_cut = sender.is_some_and(|host| host.ports[lan].cut);
            if lost || sender_cut || self.hosts[host].ports[lan].cut {
                self.watches[lan].lose();
                continue;
            }
            let to = Place { host, lan };
            self.carry(from, to, advert);
            if self.rng.chance(self.weather.doubled) {
                self.watches[lan].tally.doubled += 1;
                self.carry(from, to, advert);
            }
        }
    }

    /// Lets an advert fly. Those of one sender keep their order, unless the weather is bad.
    fn carry(&mut self, from: Place, to: Place, advert: Advert) {
        let (low, high) = self.weather.flight;
        let hosts = self.hosts.len();
        let lane = (from.lan * (hosts + 1) + from.host) * hosts + to.host;
        let mut at = self.now + self.rng.between(low, high);
        let last = self.last_arrival[lane];
        if at < last && self.rng.chance(self.weather.overtaking) {
            self.watches[to.lan].tally.overtaken += 1;
        } else {
            at = at.max(last + INSTANT);
        }
        self.last_arrival[lane] = at.max(last);
        self.schedule(at, Happening::Arrive { place: to, advert });
    }

    /// An advert comes out of the cable: behind those that the card has kept, if there are any.
    pub(super) fn arrive(&mut self, place: Place, advert: Advert) {
        let now = self.now;
        if now < self.port(place).card_read_at {
            self.hand_over(place, advert);
        } else {
            self.receive(place, advert);
        }
    }

    /// Lets the card hand an advert over, an instant after the one before.
    pub(super) fn hand_over(&mut self, place: Place, advert: Advert) {
        let port = self.port(place);
        let next = port.card_read_at;
        port.card_read_at = next + INSTANT;
        self.schedule(next, Happening::Receive { place, advert });
    }

    pub(super) fn receive(&mut self, place: Place, advert: Advert) {
        let host = &mut self.hosts[place.host];
        let port = &mut host.ports[place.lan];
        if self.now < host.halted_until {
            port.card.push(advert);
            return;
        }
        let fenced = !host.bare && port.data_path.judge(self.now, &advert);
        let absorbed = !host.bare && port.data_path.absorbs(self.now, &advert);
        let tally = &mut self.watches[place.lan].tally;
        tally.fences += u64::from(fenced);
        tally.absorbed += u64::from(absorbed);
        if absorbed || host.dead || host.inbox.len() >= self.weather.buffer {
            return;
        }
        // The ring of notices and the socket are read in either order.
        let notice_first = self.rng.chance(500);
        let notice = fenced.then(|| Letter::event(place.lan, Event::Fenced));
        let advert = Letter::event(place.lan, Event::AdvertReceived(advert));
        if notice_first {
            host.inbox.extend(notice.into_iter().chain([advert]));
        } else {
            host.inbox.extend([advert].into_iter().chain(notice));
        }
        self.wake(place.host, self.now);
    }
}
