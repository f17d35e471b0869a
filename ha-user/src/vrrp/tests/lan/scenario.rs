//! One seed: a storm of faults, then calm, then the Active router falls silent.

use std::time::Duration;

use super::draw::Draw;
use super::host::Port;
use super::rng::Rng;
use super::watch::{Tally, Watch};
use super::world::World;

/// How many LANs every host is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lans {
    /// One, with one router.
    One,
    /// Two, with one router on each, which form a group.
    Two,
}

/// Runs one seed; `Err` says what was violated.
pub(super) fn run(seed: u64, lans: Lans, trace: bool) -> Result<Tally, String> {
    let mut rng = Rng::new(seed);
    let mut draw = Draw::new(&mut rng);
    let mut extra = Rng::new(!seed);
    draw.bring_company(&mut extra);
    draw.make_patient(&mut extra);
    draw.teach_manners(&mut extra);
    let weather = draw.storm(&mut rng);
    let count = usize::try_from(rng.number(2..=5)).map_err(|error| error.to_string())?;
    let mut ports: Vec<Vec<Port>> = (0..count).map(|at| vec![draw.port(at, &mut rng)]).collect();
    let mut draws = vec![draw];
    if lans == Lans::Two {
        draws.push(connect(&draw, &mut ports, &mut Rng::new(seed.swap_bytes())));
    }
    let hosts = ports.into_iter().map(|ports| draw.host(ports)).collect();
    let watch = |(lan, draw): (usize, &Draw)| Watch::new(lan, count, draw.bounds(&weather));
    let watches = draws.iter().enumerate().map(watch).collect();
    if trace {
        eprintln!("{draws:?} {weather:?}");
    }
    let mut seed = Seed {
        world: World::new(hosts, weather, watches, rng, trace),
        draws,
    };
    seed.storm();
    seed.check()?;
    Ok(seed.tally())
}

/// Connects all hosts to another LAN, where they are in the same order, or the other way round.
fn connect(draw: &Draw, ports: &mut [Vec<Port>], rng: &mut Rng) -> Draw {
    let other = draw.other_lan(rng);
    let (crosses, last) = (rng.chance(500), ports.len() - 1);
    for (at, ports) in ports.iter_mut().enumerate() {
        let at = if crosses { last - at } else { at };
        ports.push(other.port(at, rng));
    }
    other
}

/// A seed at work.
#[derive(Debug)]
pub(super) struct Seed {
    pub(super) world: World,
    /// One for each LAN.
    pub(super) draws: Vec<Draw>,
}

impl Seed {
    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for watch in &self.world.watches {
            tally.add(&watch.tally);
        }
        tally
    }

    /// What is drawn for the hosts themselves.
    pub(super) fn draw(&self) -> &Draw {
        &self.draws[0]
    }

    /// The draw of the LAN that comes first by `key`.
    pub(super) fn least<K: Ord>(&self, key: impl Fn(&Draw) -> K) -> &Draw {
        let least = self.draws.iter().min_by_key(|draw| key(draw));
        least.unwrap_or(&self.draws[0])
    }

    /// Longest Advertisement_Interval.
    pub(super) fn longest(&self) -> Duration {
        let longest = self.draws.iter().map(|draw| draw.longest);
        longest.max().unwrap_or_default()
    }

    /// Longest Active_Down_Interval that any router can have.
    pub(super) fn longest_silence(&self) -> Duration {
        let longest = self.draws.iter().map(Draw::longest_silence);
        longest.max().unwrap_or_default()
    }

    /// How long a lower router is left alone, from its first advert to the first one after that.
    pub(super) fn patience(&self) -> Duration {
        let delays = self.draws.iter().map(|draw| draw.preempt_delay);
        let longest = delays.filter(|delay| !delay.is_zero()).max();
        longest.map_or(Duration::ZERO, |delay| delay + self.longest())
    }

    pub(super) fn is_grouped(&self) -> bool {
        self.draws.len() > 1
    }
}
