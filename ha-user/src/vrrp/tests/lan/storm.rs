//! The storm: what goes wrong, until it is over.

use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::super::{Advert, Event, Standing};
use super::super::host;
use super::draw::Draw;
use super::host::Letter;
use super::rng::Rng;
use super::scenario::Seed;
use super::world::Fault;

impl Seed {
    pub(super) fn storm(&mut self) {
        let length = self.draw().interval * 40;
        let start = self.world.now;
        for _ in 0..self.world.rng.number(0..=14) {
            let (at, host) = self.any_moment(start, length);
            self.plan(at, host);
        }
        if self.is_grouped() {
            for _ in 0..self.world.rng.number(0..=2) {
                let (at, host) = self.any_moment(start, length);
                self.plan_reload(at, host);
            }
        }
        if self.draw().flood {
            for lan in self.world.lans() {
                let every = self.draws[lan].interval / 20;
                self.world.invite_stranger(lan, self.stranger(lan), every);
            }
        }
        self.world.run_until(start + length);
        self.subside();
    }

    fn any_moment(&mut self, start: Nanos, length: Duration) -> (Nanos, usize) {
        let rng = &mut self.world.rng;
        let at = start + rng.between(Duration::ZERO, length);
        let host = usize::try_from(rng.number(0..=4)).unwrap_or(0);
        (at, host % self.world.hosts.len())
    }

    /// Every fault of the storm ends, and what it left behind is repaired.
    fn subside(&mut self) {
        self.world.weather = self.least(Draw::calm_hiccup).calm();
        for watch in &mut self.world.watches {
            watch.bounds.flight += Duration::from_micros(200);
        }
        let longest_fault = self.draw().interval * 8;
        self.world.run_until(self.world.now + longest_fault);
        for host in 0..self.world.hosts.len() {
            let mut standings = self.world.hosts[host].standings();
            for standing in &mut standings {
                standing.faulted = false;
            }
            let lans = self.world.hosts[host].lans();
            for fault in [
                Fault::stand(&standings),
                Fault::tell_all(&lans, &Event::Startup),
            ] {
                self.world.strike_at(self.world.now, host, fault);
            }
        }
    }

    fn stranger(&self, lan: usize) -> Advert {
        Advert {
            source: host(1),
            priority: Priority::new(1),
            interval: self.draws[lan].interval,
        }
    }

    fn any_lan(&mut self) -> usize {
        match u64::try_from(self.draws.len()) {
            Ok(several @ 2..) => usize::try_from(self.world.rng.number(0..=several - 1)).unwrap(),
            _ => 0,
        }
    }

    /// Draws a fault for `host` at `at`, and its end.
    fn plan(&mut self, at: Nanos, host: usize) {
        let lan = self.any_lan();
        let (lans, standings) = (
            self.world.hosts[host].lans(),
            self.world.hosts[host].standings(),
        );
        let draw = *self.draw();
        let rng = &mut self.world.rng;
        let length = rng.between(Duration::ZERO, draw.interval * 8);
        // A process that is deaf to new adverts takes an old farewell for a new one.
        let last = if draw.flood { 6 } else { 8 };
        let faults = match rng.number(0..=last) {
            0 | 1 => vec![Fault::Freeze(length)],
            2 => vec![Fault::Halt(length)],
            3 => vec![Fault::Kill(length)],
            4 if rng.chance(500) => {
                let length = rng.pick(&[length / 8, length]);
                vec![draw.restart(length, rng)]
            }
            4 if draw.harsh => vec![Fault::Cut { lan, length }],
            4 | 5 => {
                let weight = i32::try_from(rng.number(0..=120)).unwrap_or(0) - 60;
                let standing = Standing {
                    weight,
                    ..standings[lan]
                };
                vec![Fault::tell(lan, Event::StandingChanged(standing))]
            }
            6 => {
                let (draw, address) = (&self.draws[lan], self.world.hosts[host].ports[lan].address);
                let reload = |rng: &mut Rng| {
                    let parameters = draw.parameters(address, rng);
                    Fault::tell(lan, Event::Reconfigured(Box::new(parameters)))
                };
                (0..rng.pick(&[1, 1, 5])).map(|_| reload(rng)).collect()
            }
            7 => {
                let back = Fault::tell_all(&lans, &Event::Startup);
                self.world.strike_at(at + length, host, back);
                vec![Fault::tell_all(&lans, &Event::Shutdown)]
            }
            _ => {
                let back = Fault::stand(&standings);
                self.world.strike_at(at + length, host, back);
                let faulted = |standing: &Standing| Standing {
                    faulted: true,
                    ..*standing
                };
                let faulted: Vec<Standing> = standings.iter().map(faulted).collect();
                vec![Fault::stand(&faulted)]
            }
        };
        for fault in faults {
            self.world.strike_at(at, host, fault);
        }
    }

    /// A configuration without the group of `host`, or without a member of it, and the one before
    /// again.
    fn plan_reload(&mut self, at: Nanos, host: usize) {
        let (lan, lans) = (self.any_lan(), self.world.hosts[host].lans());
        let length = self.draw().interval * 8;
        let length = self.world.rng.between(Duration::ZERO, length);
        let (mut away, mut back) = (Vec::new(), Vec::new());
        if self.world.rng.chance(500) {
            away.push(Letter::Group(Vec::new()));
        } else {
            let rest = lans.iter().copied().filter(|one| *one != lan);
            away.push(Letter::Group(rest.collect()));
            away.push(Letter::event(lan, Event::Shutdown));
            back.push(Letter::Install(lan));
        }
        back.push(Letter::Group(lans));
        if back.len() > 1 {
            let standing = self.world.hosts[host].ports[lan].standing;
            back.push(Letter::event(lan, Event::StandingChanged(standing)));
            back.push(Letter::event(lan, Event::Startup));
        }
        for letter in away {
            self.world.strike_at(at, host, Fault::Tell(letter));
        }
        for letter in back {
            self.world.strike_at(at + length, host, Fault::Tell(letter));
        }
    }
}
