//! Handovers between living directors: the Active one is told to stop, a better one comes back.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::eyes::{Eyes, FLIGHT, Record};
use ha_tests::lab::{Daemon, Software, Tools, pause};
use ha_tests::watched::{INSTANCE, Pair, Setup};

use crate::excuse::Excuses;

/// Far more than an election takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to watch after a handover.
const WATCH: Duration = Duration::from_millis(300);
/// Promised for a director that is told to stop.
const PROMISE: Duration = Duration::from_millis(20);
/// Promised for a better director that comes back to keepalived: one advert, and its way.
const OVERLAP: Duration = Duration::from_millis(105);

/// Whoever takes over stays, and is told to stop next.
const IN_TURN: Setup = Setup {
    version: 3,
    interval_ms: 1000,
    preempt: false,
    priorities: [100, 100],
    xdp: Some("native"),
};
const FAIL_BACK: Setup = Setup {
    version: 3,
    interval_ms: 100,
    preempt: true,
    priorities: [150, 100],
    xdp: None,
};

#[test]
fn a_graceful_stop_takes_milliseconds() -> Result<()> {
    let what = "graceful stop, advert_int 1, priority 100";
    let mut arena = Arena::new(IN_TURN, [Tools::vipd()?, Tools::vipd()?])?;
    let ours = Excuses::default().try_on(&what, &mut arena, Arena::eyes, |arena| {
        let silences = arena.stops(10)?;
        ensure!(median(&silences) <= PROMISE, "{silences:.1?}");
        Ok(silences)
    })?;
    let control = Setup {
        xdp: None,
        ..IN_TURN
    };
    let theirs = Arena::new(control, [Tools::keepalived()?, Tools::keepalived()?])?.stops(2)?;
    println!(
        "{what}: silence of vipd {:.1?} in the median of {}, {:.1?} at most; of keepalived {:.1?}",
        median(&ours),
        ours.len(),
        ours[ours.len() - 1],
        theirs[0],
    );
    ensure!(median(&ours) * 4 < theirs[0], "no better: {theirs:.1?}");
    Ok(())
}

#[test]
fn a_better_director_comes_back_to_keepalived() -> Result<()> {
    let (vipd, keepalived) = (Tools::vipd()?, Tools::keepalived()?);
    for software in [[&vipd, &keepalived], [&keepalived, &vipd]] {
        let [first, second] = software.map(Software::name);
        let what = format!("fail-back of {first} to {second}");
        let mut arena = Arena::new(FAIL_BACK, software.map(Clone::clone))?;
        let mut excuses = Excuses::default();
        let mut worst = Duration::ZERO;
        for _ in 0..3 {
            let two = excuses.try_on(&what, &mut arena, Arena::eyes, Arena::fail_back)?;
            worst = worst.max(two);
        }
        println!("{what}: two answer for {worst:.1?} at most");
    }
    Ok(())
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

struct Arena {
    pair: Pair,
    software: [Software; 2],
    daemons: [Daemon; 2],
    eyes: Eyes,
}

impl Arena {
    fn new(setup: Setup, software: [Software; 2]) -> Result<Self> {
        let pair = Pair::new(setup)?;
        let daemons = pair.start_each(|index, host| {
            Daemon::start(host, &software[index], &setup.config(index))
        })?;
        Ok(Self {
            eyes: Eyes::open(&pair)?,
            pair,
            software,
            daemons,
        })
    }

    fn eyes(&self) -> &Eyes {
        &self.eyes
    }

    /// Silences of `count` stops in order of length. lb1 is Active before, and after an even
    /// number.
    fn stops(&mut self, count: usize) -> Result<Vec<Duration>> {
        let (mut silences, mut doubled) = (Vec::new(), Vec::new());
        for round in 0..count {
            let (owner, next) = (round % 2, (round + 1) % 2);
            self.wait_for_owner(owner)?;
            let told = Instant::now();
            self.daemons[owner].stop()?;
            self.wait_for_owner(next)?;
            let end = Instant::now() + WATCH;
            self.start(owner)?;
            pause(end.saturating_duration_since(Instant::now()))?;
            let record = self.take_before(end)?;
            doubled.extend(record.doubled(&(told..end)));
            let silence = record.silence(&(told - WATCH / 10..end));
            silences.push(silence.end - silence.start);
            // It must hear the next advert, to know whom to follow.
            pause(self.pair.setup().interval())?;
        }
        ensure!(doubled.is_empty(), "two answered: {doubled:?}");
        silences.sort_unstable();
        Ok(silences)
    }

    /// Stops lb1, and starts it again when lb2 has taken over. Returns how long two answered then.
    fn fail_back(&mut self) -> Result<Duration> {
        self.daemons[0].stop()?;
        self.wait_for_owner(1)?;
        let back = Instant::now();
        let _ = self.eyes.take_before(back);
        self.start(0)?;
        self.wait_for_owner(0)?;
        let end = Instant::now();
        let two = self.take_before(end)?.doubled(&(back..end));
        let two = two.map_or(Duration::ZERO, |two| two.length());
        ensure!(two <= OVERLAP, "two answered for {two:?}");
        Ok(two)
    }

    fn wait_for_owner(&self, index: usize) -> Result<()> {
        self.eyes.wait_for_owner(self.pair.macs[index], PATIENCE)
    }

    /// Returns when it takes part.
    fn start(&mut self, index: usize) -> Result<()> {
        let host = &self.pair.directors[index];
        let config = self.pair.setup().config(index);
        self.daemons[index] = Daemon::start(host, &self.software[index], &config)?;
        let entered = self.daemons[index].wait_for(INSTANCE, "BACKUP", PATIENCE);
        entered.map(drop)
    }

    fn take_before(&self, end: Instant) -> Result<Record> {
        pause(FLIGHT)?;
        Ok(self.eyes.take_before(end))
    }
}
