//! Handovers between living directors: the Active one is told to stop, a better one comes back.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::eyes::{Eyes, FLIGHT};
use ha_tests::lab::{Daemon, Host, Software, Tools, pause};
use ha_tests::watched::{INSTANCE, Pair, Setup};

/// Far more than an election takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to watch after a handover.
const WATCH: Duration = Duration::from_millis(300);
/// Promised for a director that is told to stop.
const PROMISE: Duration = Duration::from_millis(20);
/// What a machine that has other things to do may add.
const NOISE: Duration = Duration::from_millis(60);

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
    let ours = stops(IN_TURN, &Tools::vipd()?, 10)?;
    let control = Setup {
        xdp: None,
        ..IN_TURN
    };
    let theirs = stops(control, &Tools::keepalived()?, 3)?;
    println!(
        "graceful stop, advert_int 1, priority 100: silence of vipd {:.1?} in the median of {}, \
         {:.1?} at most; of keepalived {:.1?}",
        median(&ours),
        ours.len(),
        ours[ours.len() - 1],
        median(&theirs),
    );
    ensure!(median(&ours) <= PROMISE + NOISE / 2, "{ours:.1?}");
    ensure!(
        median(&ours) * 4 < median(&theirs),
        "no better: {theirs:.1?}"
    );
    Ok(())
}

#[test]
fn a_better_director_comes_back_to_keepalived() -> Result<()> {
    let (vipd, keepalived) = (Tools::vipd()?, Tools::keepalived()?);
    for software in [[&vipd, &keepalived], [&keepalived, &vipd]] {
        let mut worst = Duration::ZERO;
        let pair = Pair::new(FAIL_BACK)?;
        let mut arena = Arena::new(pair, software.map(Clone::clone))?;
        for _ in 0..3 {
            arena.stop(0)?;
            arena.eyes.wait_for_owner(arena.pair.macs[1], PATIENCE)?;
            worst = worst.max(arena.come_back()?);
        }
        let names = software.map(Software::name);
        println!("{names:?}: on fail-back two answer for {worst:.1?} at most");
        let limit = FAIL_BACK.interval() + NOISE;
        ensure!(worst <= limit, "{names:?}: two answered for {worst:?}");
    }
    Ok(())
}

/// Silences of `count` stops, in order of length.
fn stops(setup: Setup, software: &Software, count: usize) -> Result<Vec<Duration>> {
    let mut arena = Arena::new(Pair::new(setup)?, [software.clone(), software.clone()])?;
    let mut silences = Vec::new();
    for round in 0..count {
        let (owner, next) = (round % 2, (round + 1) % 2);
        arena
            .eyes
            .wait_for_owner(arena.pair.macs[owner], PATIENCE)?;
        let told = Instant::now();
        arena.stop(owner)?;
        arena.eyes.wait_for_owner(arena.pair.macs[next], PATIENCE)?;
        let end = Instant::now() + WATCH;
        arena.start(owner)?;
        pause(end.saturating_duration_since(Instant::now()))?;
        let record = arena.take_before(end)?;
        let two = record.doubled(&(told..end));
        ensure!(two.is_none(), "round {round}: {two:?}");
        let silence = record.silence(&(told - WATCH / 10..end));
        silences.push(silence.end - silence.start);
        // It must hear the next advert, to know whom to follow.
        pause(setup.interval())?;
    }
    silences.sort_unstable();
    Ok(silences)
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
    fn new(pair: Pair, software: [Software; 2]) -> Result<Self> {
        let of = |host: &Host| software[usize::from(host.name() != "lb1")].clone();
        let daemons = pair.start_with(|host, config| Daemon::start(host, &of(host), config))?;
        Ok(Self {
            eyes: Eyes::open(&pair)?,
            pair,
            software,
            daemons,
        })
    }

    fn stop(&mut self, index: usize) -> Result<()> {
        self.daemons[index].stop().map(drop)
    }

    /// Returns when it takes part.
    fn start(&mut self, index: usize) -> Result<()> {
        let host = &self.pair.directors[index];
        let config = self.pair.setup().config(index);
        self.daemons[index] = Daemon::start(host, &self.software[index], &config)?;
        self.daemons[index]
            .wait_for(INSTANCE, "BACKUP", PATIENCE)
            .map(drop)
    }

    /// Starts lb1 again. Returns how long two answered.
    fn come_back(&mut self) -> Result<Duration> {
        let back = Instant::now();
        let _ = self.eyes.take_before(back);
        self.start(0)?;
        self.eyes.wait_for_owner(self.pair.macs[0], PATIENCE)?;
        let end = Instant::now();
        let two = self.take_before(end)?.doubled(&(back..end));
        Ok(two.map_or(Duration::ZERO, |two| two.length()))
    }

    fn take_before(&self, end: Instant) -> Result<ha_tests::eyes::Record> {
        pause(FLIGHT).context("no time for the last answers")?;
        Ok(self.eyes.take_before(end))
    }
}
