//! A director that comes back from a freeze never answers for what is no longer its own.

use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use ha_tests::lab::{Daemon, Prober, Tools, pause, until};
use ha_tests::rng::Rng;
use ha_tests::watched::{INSTANCE, Pair, Setup};

use crate::answers::{LAST_ANSWERS, SLACK, Tally, check_never_two};

/// How long after the takeover a director stays frozen at most.
const FROZEN: Duration = Duration::from_millis(200);
/// Far more than a transition takes.
const PATIENCE: Duration = Duration::from_secs(2);

const SETUP: Setup = Setup {
    version: 3,
    interval_ms: 10,
    preempt: false,
    priorities: [150, 100],
    xdp: Some("native"),
};

/// 200 rounds; in each the owner is frozen and the other one takes over.
#[test]
fn a_thaw_after_the_takeover() -> Result<()> {
    let mut rng = Rng::announced();
    let cells = [
        (140, SETUP),
        (
            30,
            Setup {
                interval_ms: 100,
                ..SETUP
            },
        ),
        (
            30,
            Setup {
                interval_ms: 100,
                priorities: [100, 100],
                xdp: Some("generic"),
                ..SETUP
            },
        ),
    ];
    // All before any round, and none ends before all rounds have: making and ending networks
    // holds up every other one's addresses.
    let mut arenas = Vec::new();
    for (rounds, setup) in cells {
        arenas.push((rounds, Arena::new(setup, Rng::from_seed(rng.number()))?));
    }
    thread::scope(|scope| {
        let running: Vec<_> = arenas
            .iter_mut()
            .map(|(rounds, arena)| scope.spawn(|| arena.late_thaws(*rounds)))
            .collect();
        for cell in running {
            cell.join().map_err(|_| anyhow!("a cell panicked"))??;
        }
        Ok(())
    })
}

/// Thaws from before the end of the lease until after the takeover: whoever owns the VIP then,
/// there are never two, and soon exactly one.
#[test]
fn a_thaw_at_any_time() -> Result<()> {
    Arena::new(SETUP, Rng::announced())?.thaws_at_any_time(60)
}

struct Arena {
    pair: Pair,
    daemons: [Daemon; 2],
    prober: Prober,
    rng: Rng,
    owner: usize,
    periods: Vec<Period>,
}

/// A time in which all answers come from one director.
struct Period {
    from: Instant,
    to: Instant,
    owner: usize,
    what: String,
}

impl Arena {
    fn new(setup: Setup, rng: Rng) -> Result<Self> {
        let pair = Pair::new(setup)?;
        let daemons = pair.start(&Tools::vipd()?)?;
        let prober = pair.probe()?;
        Ok(Self {
            pair,
            daemons,
            prober,
            rng,
            owner: 0,
            periods: Vec::new(),
        })
    }

    fn late_thaws(&mut self, rounds: usize) -> Result<()> {
        for round in 1..=rounds {
            let setup = *self.pair.setup();
            let (frozen, next) = (self.owner, 1 - self.owner);
            pause(self.rng.duration(Duration::ZERO..setup.interval()))?;
            self.daemons[frozen].freeze()?;
            let from = Instant::now() + setup.active_down_interval(next) + SLACK;
            let thaw = from + self.rng.duration(Duration::ZERO..FROZEN);
            pause(thaw.saturating_duration_since(Instant::now()))?;
            let thawed = Instant::now();
            self.daemons[frozen].thaw()?;
            let back = &self.daemons[frozen];
            let gave_up = || Ok(back.state(INSTANCE) == Some("BACKUP"));
            until("the end of its ownership", PATIENCE, gave_up)
                .with_context(|| format!("round {round}: {}", back.log().tail(6)))?;
            self.settle()?;
            self.note(
                from,
                next,
                format!("round {round}, thawed {:?} after it", thawed - from),
            );
            self.owner = self.the_one_active()?;
        }
        self.finish()
    }

    fn thaws_at_any_time(&mut self, rounds: usize) -> Result<()> {
        for round in 1..=rounds {
            let setup = *self.pair.setup();
            let longest = setup.active_down_interval(1) + Duration::from_millis(30);
            let frozen_for = self.rng.duration(2 * setup.interval()..longest);
            self.daemons[self.owner].freeze()?;
            pause(frozen_for)?;
            self.daemons[self.owner].thaw()?;
            pause(setup.active_down_interval(1) + SLACK)?;
            self.owner = self.the_one_active()?;
            pause(SLACK)?;
            let from = Instant::now();
            self.settle()?;
            self.note(
                from,
                self.owner,
                format!("round {round}, frozen for {frozen_for:?}"),
            );
        }
        self.finish()
    }

    /// Who is Active by the logs, as soon as it is one and only one.
    fn the_one_active(&self) -> Result<usize> {
        let active = || match self.daemons.each_ref().map(|daemon| daemon.state(INSTANCE)) {
            [Some("MASTER"), Some("BACKUP")] => Some(0),
            [Some("BACKUP"), Some("MASTER")] => Some(1),
            _ => None,
        };
        until("one Active director", PATIENCE, || Ok(active().is_some()))?;
        active().context("the Active director has changed")
    }

    /// Lets everybody hear the owner.
    fn settle(&mut self) -> Result<()> {
        let interval = self.pair.setup().interval();
        pause(2 * interval + self.rng.duration(Duration::ZERO..Duration::from_millis(30)))
    }

    fn note(&mut self, from: Instant, owner: usize, what: String) {
        self.periods.push(Period {
            from,
            to: Instant::now(),
            owner,
            what,
        });
    }

    fn finish(&self) -> Result<()> {
        pause(LAST_ANSWERS)?;
        let transcript = self.prober.transcript();
        check_never_two(&transcript)?;
        let (mut tally, mut stalled) = (Tally::default(), 0);
        for Period {
            from,
            to,
            owner,
            what,
        } in &self.periods
        {
            if self.has_stalled(*owner, *from..*to) {
                stalled += 1;
            } else {
                let mac = self.pair.macs[*owner];
                tally += Tally::of(&transcript, *from..*to, mac).context(what.clone())?;
            }
        }
        let rounds = self.periods.len();
        println!("{rounds} rounds, {stalled} of them stalled; {tally}");
        ensure!(
            stalled <= rounds / 10,
            "{stalled} of {rounds} rounds stalled"
        );
        tally.check()
    }

    /// Whether this machine stood still for so long that the owner took over much too late or
    /// lost the VIP itself, by its log.
    fn has_stalled(&self, owner: usize, period: Range<Instant>) -> bool {
        let period = period.start - SLACK / 2..period.end;
        let entered = self.daemons[owner].log().matching("Entering");
        entered.iter().any(|line| period.contains(&line.at))
    }
}
