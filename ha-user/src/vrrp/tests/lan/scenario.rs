//! One seed: a storm of faults, then calm, then the Active router falls silent.

use std::net::Ipv4Addr;
use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::super::{Advert, Announcements, Event, Parameters, Standing, State, Version};
use super::super::parameters;
use super::host::Host;
use super::rng::Rng;
use super::watch::{Bounds, Tally, Watch};
use super::world::{Fault, Weather, World};

/// What a seed has drawn for all routers.
#[derive(Clone, Copy, Debug)]
struct Draw {
    version: Version,
    interval: Duration,
    /// Longest interval that a router may be changed to.
    longest: Duration,
    /// Adverts get lost, intervals differ, several routers call themselves owner, or expect to be
    /// Active at start.
    harsh: bool,
    /// No router has a data path: only the engine's own promises are left.
    bare: bool,
    all_preempt: bool,
    /// A stranger of low priority sends more than the processes can read.
    flood: bool,
}

/// Runs one seed; `Err` says what was violated.
pub(super) fn run(seed: u64, trace: bool) -> Result<Tally, String> {
    let mut rng = Rng::new(seed);
    let draw = Draw::new(&mut rng);
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
    seed.check_calm()?;
    seed.check_adoption()?;
    seed.check_silence()?;
    Ok(seed.world.watch.tally)
}

impl Draw {
    fn new(rng: &mut Rng) -> Self {
        let version = rng.pick(&[Version::V2, Version::V3, Version::V3]);
        let interval = match version {
            Version::V2 => Duration::from_secs(rng.number(1..=2)),
            Version::V3 => Duration::from_millis(rng.pick(&[10, 20, 100, 1000])),
        };
        let harsh = rng.chance(500);
        let all_preempt = rng.chance(600);
        let changes = harsh && version == Version::V3 && rng.chance(300);
        Self {
            version,
            interval,
            longest: if changes { interval * 5 } else { interval },
            harsh,
            bare: harsh && rng.chance(100),
            all_preempt,
            flood: all_preempt && rng.chance(200),
        }
    }

    fn storm(&self, rng: &mut Rng) -> Weather {
        let flight = if self.harsh {
            rng.number(100..=3000)
        } else {
            rng.number(50..=900)
        };
        Weather {
            loss: if self.harsh {
                rng.pick(&[0, 20, 100, 300, 600])
            } else {
                0
            },
            flight: (Duration::from_micros(20), Duration::from_micros(flight)),
            latency: if self.flood {
                (self.interval / 40, self.interval / 8)
            } else {
                (Duration::from_micros(10), Duration::from_micros(300))
            },
            hiccup: self.interval * u32::try_from(rng.number(0..=2)).unwrap_or(0),
            budget: if self.flood { 1 } else { 64 },
            buffer: 16,
            interruption: rng.pick(&[0, 0, 5, 50]),
            standstill: self.interval * 8,
        }
    }

    fn calm(&self) -> Weather {
        Weather {
            loss: 0,
            flight: (Duration::from_micros(20), Duration::from_micros(200)),
            latency: (Duration::from_micros(10), Duration::from_micros(300)),
            hiccup: self.calm_hiccup(),
            budget: 64,
            buffer: 16,
            interruption: 0,
            standstill: Duration::ZERO,
        }
    }

    fn calm_hiccup(&self) -> Duration {
        Duration::from_millis(2).min(self.interval / 8)
    }

    fn bounds(&self, storm: &Weather) -> Bounds {
        let lease = self.longest * 3;
        Bounds {
            flight: storm.flight.1,
            // Without a data path, an address stays as long as the process stands still.
            lease: if self.bare {
                Duration::from_secs(1_000_000)
            } else {
                lease
            },
            harsh: self.harsh,
            first_lease: self.longest / 2,
        }
    }

    fn host(&self, at: usize, rng: &mut Rng) -> Host {
        let last = 10 + u8::try_from(at).unwrap_or(0);
        let address = Ipv4Addr::new(192, 0, 2, last);
        let mut host = Host::new(address, self.parameters(address, rng));
        host.bare = self.bare;
        host
    }

    fn restart(&self, length: Duration, rng: &mut Rng) -> Fault {
        let results = rng.between(Duration::ZERO, self.interval * 2);
        Fault::Restart {
            length,
            results: rng.chance(500).then_some(results),
        }
    }

    fn parameters(&self, address: Ipv4Addr, rng: &mut Rng) -> Parameters {
        let priority = rng.number(70..=254);
        let owner = if self.harsh || address.octets()[3] == 10 {
            255
        } else {
            100
        };
        let priority = rng.pick(&[priority, priority, priority, priority, 100, 100, owner]);
        let longer = self.longest > self.interval && rng.chance(500);
        Parameters {
            version: self.version,
            priority: Priority::new(u8::try_from(priority).unwrap_or(100)),
            advertisement_interval: if longer { self.longest } else { self.interval },
            preempt_mode: self.all_preempt || rng.chance(500),
            primary_ip: Some(address),
            eager_start: self.harsh && rng.chance(200),
            announcements: Announcements {
                repeat: 1,
                ..Announcements::default()
            },
            ..parameters()
        }
    }

    /// Longest Active_Down_Interval that any router can have.
    fn longest_silence(&self) -> Duration {
        self.silence(Priority::new(1), self.longest)
    }

    /// Active_Down_Interval, as the RFCs have it.
    fn silence(&self, priority: Priority, interval: Duration) -> Duration {
        let whole = match self.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => interval,
        };
        interval * 3 + whole * (256 - u32::from(priority.get())) / 256
    }
}

struct Seed {
    world: World,
    draw: Draw,
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
            4 if rng.chance(500) => vec![self.draw.restart(length / 8, rng)],
            4 if self.draw.harsh => vec![Fault::Cut(length)],
            4 | 5 => {
                let weight = i32::try_from(rng.number(0..=120)).unwrap_or(0) - 60;
                vec![Fault::Tell(Event::StandingChanged(Standing {
                    weight,
                    ..standing
                }))]
            }
            6 => {
                let parameters = self.draw.parameters(self.world.hosts[host].address, rng);
                vec![Fault::Tell(Event::Reconfigured(Box::new(parameters)))]
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

    /// After the storm there is one Active router, the right one, and it stays.
    fn check_calm(&mut self) -> Result<(), String> {
        let settle = self.draw.longest_silence() * 4;
        self.world.run_until(self.world.now + settle);
        let counts = self.counts();
        self.world.run_until(self.world.now + self.draw.longest * 5);
        self.verdict()?;
        let owner = self.check_one()?;
        let best = self.world.hosts.iter().map(Host::priority).max();
        if self.draw.all_preempt && best != Some(self.world.hosts[owner].priority()) {
            return Err(format!("{owner} is Active, but not the best"));
        }
        if self.counts().0 != counts.0 {
            return Err("a transition in the calm".to_owned());
        }
        let adverts = self.counts().1 - counts.1;
        let spacing = self.world.hosts[owner].parameters.advertisement_interval;
        let expected = (self.draw.longest * 5).as_micros() / spacing.as_micros();
        if u128::from(adverts) > 2 * expected + 3 {
            return Err(format!("{adverts} adverts where {expected} suffice"));
        }
        Ok(())
    }

    fn counts(&self) -> (u64, u64) {
        self.world.hosts.iter().fold((0, 0), |sum, host| {
            (sum.0 + host.transitions, sum.1 + host.adverts_sent)
        })
    }

    /// The Active router's process is replaced, and nobody notices.
    fn check_adoption(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        if self.draw.bare {
            return Ok(());
        }
        let before = self.counts().0;
        let fault = self.restart_in_time(owner);
        self.world.watch.steady = Some(owner);
        self.world.strike_at(self.world.now, owner, fault);
        let settle = self.draw.longest_silence() * 2;
        self.world.run_until(self.world.now + settle);
        self.verdict()?;
        self.world.watch.steady = None;
        if self.check_one()? != owner || self.counts().0 != before + 1 {
            return Err(format!("{owner} was not adopted"));
        }
        Ok(())
    }

    /// A restart within the lease, and before a lower router's advert would fence.
    fn restart_in_time(&mut self, at: usize) -> Fault {
        let interval = self.world.hosts[at].parameters.advertisement_interval;
        let longest = if self.draw.flood {
            interval / 4
        } else {
            interval * 3 / 2
        };
        let rng = &mut self.world.rng;
        let length = rng.between(Duration::ZERO, longest);
        self.draw.restart(length, rng)
    }

    /// The Active router falls silent; another one answers in time.
    fn check_silence(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        let pause = self.world.rng.between(Duration::ZERO, self.draw.longest);
        self.world.run_until(self.world.now + pause);
        let for_ever = self.draw.longest * 1000;
        let fault = match self.world.rng.number(0..=3) {
            0 => Fault::Freeze(for_ever),
            1 => Fault::Halt(for_ever),
            2 => Fault::Kill(for_ever),
            _ => Fault::Cut(for_ever),
        };
        self.world.watch.tally.silenced += 1;
        let last = self.world.hosts[owner].data_path.last_sent;
        self.world.strike_at(self.world.now, owner, fault);
        self.restart_a_backup(owner);
        let (first, all) = self.silence_of_others(owner);
        self.world.run_until(last + first + self.slack());
        self.verdict()?;
        if self.others_answering(owner).is_empty() {
            return Err(format!("nobody took over from {owner} within {first:?}"));
        }
        let settle = all + self.draw.longest_silence() * 2;
        self.world.run_until(last + settle + self.slack());
        self.verdict()?;
        match self.others_answering(owner)[..] {
            [_] => Ok(()),
            ref others => Err(format!("{others:?} answer after {owner} fell silent")),
        }
    }

    /// Some Backup router's process is replaced while it waits, which must not make it wait longer.
    fn restart_a_backup(&mut self, owner: usize) {
        let hosts = self.world.hosts.len();
        let (rng, interval) = (&mut self.world.rng, self.draw.interval);
        let at = self.world.now + rng.between(Duration::ZERO, interval);
        let length = rng.between(Duration::ZERO, interval / 2);
        let host = (owner + usize::from(rng.chance(500)) + 1) % hosts;
        // A new process knows only its own interval.
        if !self.draw.bare && self.draw.longest == interval && host != owner {
            let results = None;
            let fault = Fault::Restart { length, results };
            self.world.strike_at(at, host, fault);
        }
    }

    /// Shortest and longest Active_Down_Interval of those who listen to `owner`.
    fn silence_of_others(&self, owner: usize) -> (Duration, Duration) {
        let learnt = self.world.hosts[owner].parameters.advertisement_interval;
        let others = (0..self.world.hosts.len()).filter(|host| *host != owner);
        let silences: Vec<Duration> = others
            .map(|host| self.draw.silence(self.world.hosts[host].priority(), learnt))
            .collect();
        let shortest = silences.iter().min().copied().unwrap_or_default();
        (shortest, silences.iter().max().copied().unwrap_or_default())
    }

    /// Flight, a late wake-up, the doubt that follows it, a late wake-up again, and a claim.
    fn slack(&self) -> Duration {
        let weather = self.draw.calm();
        let tick = Duration::from_millis(1);
        weather.flight.1 + weather.hiccup.max(tick) * 3 + tick * 2
    }

    fn others_answering(&self, owner: usize) -> Vec<usize> {
        let mut others = self.world.answering();
        others.retain(|host| *host != owner);
        others
    }

    fn check_one(&self) -> Result<usize, String> {
        let hosts = &self.world.hosts;
        let states: Vec<State> = hosts.iter().map(Host::state).collect();
        let active = states.iter().filter(|state| **state == State::Active);
        let installed = hosts.iter().map(|host| host.installed);
        let agree = states
            .iter()
            .zip(installed)
            .all(|(state, installed)| (*state == State::Active) == installed);
        match self.world.answering()[..] {
            [owner] if active.count() == 1 && states[owner] == State::Active && agree => Ok(owner),
            ref owners => Err(format!(
                "{owners:?} answer, states {states:?}, agree {agree}"
            )),
        }
    }

    fn verdict(&self) -> Result<(), String> {
        self.world.watch.violation.clone().map_or(Ok(()), Err)
    }
}
