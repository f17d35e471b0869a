//! One seed: a storm of faults, then calm, then the Active router falls silent.

use std::net::Ipv4Addr;
use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::super::{Advert, Event, Standing};
use super::draw::Draw;
use super::host::Host;
use super::rng::Rng;
use super::watch::{Tally, Watch};
use super::world::{Fault, World};

/// Runs one seed; `Err` says what was violated.
pub(super) fn run(seed: u64, trace: bool) -> Result<Tally, String> {
    let mut rng = Rng::new(seed);
    let mut draw = Draw::new(&mut rng);
    draw.bring_company(&mut Rng::new(!seed));
    let weather = draw.storm(&mut rng);
    let count = usize::try_from(rng.number(2..=5)).map_err(|error| error.to_string())?;
    let hosts: Vec<Host> = (0..count).map(|at| draw.host(at, &mut rng)).collect();
    let watch = Watch::new(count, draw.bounds(&weather));
    if trace {
        eprintln!("{draw:?} {weather:?}");
    }
    let mut seed = Seed {
        world: World::new(hosts, weather, watch, rng, trace),
        draw,
    };
    seed.storm();
    seed.check()?;
    Ok(seed.world.watch.tally)
}

/// A seed at work.
#[derive(Debug)]
pub(super) struct Seed {
    pub(super) world: World,
    pub(super) draw: Draw,
}

impl Seed {
    fn storm(&mut self) {
        let length = self.draw.interval * 40;
        let start = self.world.now;
        for _ in 0..self.world.rng.number(0..=14) {
            let at = start + self.world.rng.between(Duration::ZERO, length);
            let host = usize::try_from(self.world.rng.number(0..=4)).unwrap_or(0);
            let host = host % self.world.hosts.len();
            self.plan(at, host);
        }
        if self.draw.flood {
            let every = self.draw.interval / 20;
            self.world.invite_stranger(self.stranger(), every);
        }
        self.world.run_until(start + length);
        self.subside();
    }

    /// Every fault of the storm ends, and what it left behind is repaired.
    fn subside(&mut self) {
        self.world.weather = self.draw.calm();
        self.world.watch.bounds.flight += Duration::from_micros(200);
        let longest_fault = self.draw.interval * 8;
        self.world.run_until(self.world.now + longest_fault);
        for host in 0..self.world.hosts.len() {
            let standing = Standing {
                faulted: false,
                ..self.world.hosts[host].standing
            };
            for event in [Event::StandingChanged(standing), Event::Startup] {
                self.world
                    .strike_at(self.world.now, host, Fault::Tell(event));
            }
        }
    }

    fn stranger(&self) -> Advert {
        Advert {
            source: Ipv4Addr::new(192, 0, 2, 1),
            priority: Priority::new(1),
            interval: self.draw.interval,
        }
    }

    /// Draws a fault for `host` at `at`, and its end.
    fn plan(&mut self, at: Nanos, host: usize) {
        let rng = &mut self.world.rng;
        let length = rng.between(Duration::ZERO, self.draw.interval * 8);
        let standing = self.world.hosts[host].standing;
        // A process that is deaf to new adverts takes an old farewell for a new one.
        let last = if self.draw.flood { 6 } else { 8 };
        let faults = match rng.number(0..=last) {
            0 | 1 => vec![Fault::Freeze(length)],
            2 => vec![Fault::Halt(length)],
            3 => vec![Fault::Kill(length)],
            4 if rng.chance(500) => {
                let length = rng.pick(&[length / 8, length]);
                vec![self.draw.restart(length, rng)]
            }
            4 if self.draw.harsh => vec![Fault::Cut(length)],
            4 | 5 => {
                let weight = i32::try_from(rng.number(0..=120)).unwrap_or(0) - 60;
                vec![Fault::Tell(Event::StandingChanged(Standing {
                    weight,
                    ..standing
                }))]
            }
            6 => {
                let address = self.world.hosts[host].address;
                let reload = |rng: &mut Rng| {
                    let parameters = self.draw.parameters(address, rng);
                    Fault::Tell(Event::Reconfigured(Box::new(parameters)))
                };
                (0..rng.pick(&[1, 1, 5])).map(|_| reload(rng)).collect()
            }
            7 => {
                self.world
                    .strike_at(at + length, host, Fault::Tell(Event::Startup));
                vec![Fault::Tell(Event::Shutdown)]
            }
            _ => {
                let back = Event::StandingChanged(standing);
                self.world.strike_at(at + length, host, Fault::Tell(back));
                let faulted = Standing {
                    faulted: true,
                    ..standing
                };
                vec![Fault::Tell(Event::StandingChanged(faulted))]
            }
        };
        for fault in faults {
            self.world.strike_at(at, host, fault);
        }
    }
}
