//! One flood in a lab of its own.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::Case;
use crate::ear::Ear;
use crate::lab::{Daemon, Software, pause, time_on_processors};
use crate::stranger::Flood;
use crate::watched::{INSTANCE, INTERFACE, Pair, Setup};

/// Lab, election and the calm before.
const SETTING_UP: Duration = Duration::from_secs(6);
/// How long a calm is watched, to know what the daemons use anyway.
const CALM: Duration = Duration::from_secs(3);

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    /// Frames per second that left the stranger.
    pub(super) rate: f64,
    /// Takeovers, none of which was due.
    pub(super) takeovers: usize,
    /// Share of a processor beyond what the calm cost: Active director, Backup director.
    pub(super) load: [f64; 2],
    /// Adverts of the Active director that a packet socket on the Backup has seen, of those that
    /// its interval makes.
    pub(super) seen: f64,
}

/// About how long a trial takes.
pub(super) fn takes(case: &Case) -> Duration {
    SETTING_UP + CALM + case.time
}

/// Sets up a lab with `software` on both directors, and floods them.
pub(super) fn play(software: &Software, case: &Case) -> Result<Trial> {
    let pair = Pair::new(Setup {
        version: case.version,
        interval_ms: if case.version == 2 { 1000 } else { 100 },
        preempt: true,
        priorities: [150, 100],
        xdp: None,
    })?;
    // Every host more on the bridge is a copy more of every frame.
    pair.lan.cut(&pair.prober)?;
    pair.lan.cut(&pair.witness)?;
    let daemons = pair.start(software)?;
    let before = Usage::of(&daemons)?;
    pause(CALM)?;
    let calm = Usage::of(&daemons)?;
    let ear = Ear::start(&pair, &pair.directors[1])?;
    let frame = case.forgery.frame(&pair)?;
    let flood = Flood::start(pair.stranger.netns(), INTERFACE, frame, case.time)?;
    pause(case.time)?;
    let flooded = Usage::of(&daemons)?;
    let heard = ear.count();
    let rate = flood.stop()?.per_second();
    let [idle, busy] = [calm.since(&before), flooded.since(&calm)];
    let due = case.time.as_secs_f64() / pair.setup().interval().as_secs_f64();
    Ok(Trial {
        rate,
        takeovers: daemons.iter().map(|one| takeovers(one, calm.at)).sum(),
        load: [0, 1].map(|index| (busy[index] - idle[index]).max(0.0)),
        seen: heard as f64 / due,
    })
}

/// What both daemons have used of processors, all their processes together.
struct Usage {
    at: Instant,
    times: [Duration; 2],
}

impl Usage {
    fn of(daemons: &[Daemon; 2]) -> Result<Self> {
        let [first, second] = daemons.each_ref().map(|daemon| {
            let processes = daemon.processes()?;
            time_on_processors(&processes)
        });
        Ok(Self {
            at: Instant::now(),
            times: [first?, second?],
        })
    }

    /// Shares of a processor since `earlier`.
    fn since(&self, earlier: &Self) -> [f64; 2] {
        let time = (self.at - earlier.at).as_secs_f64();
        [0, 1].map(|index| {
            let used = self.times[index].saturating_sub(earlier.times[index]);
            used.as_secs_f64() / time
        })
    }
}

fn takeovers(daemon: &Daemon, since: Instant) -> usize {
    let entered = daemon
        .log()
        .matching(&format!("({INSTANCE}) Entering MASTER STATE"));
    entered.iter().filter(|line| line.at >= since).count()
}
