//! `ha-lab marathon`: one fault after the other, for as long as one likes, and somebody who asks
//! all the time whether there is more than one owner.

mod course;
mod fault;
mod flood;
mod judge;
mod patient;
mod tally;
mod timeline;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use self::course::Course;
use self::tally::Tally;
use crate::rng::Rng;
use crate::watched::Setup;

/// How long, and which faults.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// How long
    #[arg(long, default_value_t = 20)]
    minutes: u64,
    /// The same seed makes the same faults; random if not given
    #[arg(long)]
    seed: Option<u64>,
}

const TWO: Setup = Setup {
    version: 3,
    interval_ms: 50,
    preempt: true,
    priorities: [150, 100],
    xdp: Some("native"),
};
const THREE: Setup<3> = Setup {
    version: 3,
    interval_ms: 50,
    preempt: true,
    priorities: [150, 100, 50],
    xdp: Some("native"),
};

/// Two directors and three, beside each other. Returns whether there was never more than one
/// owner, but for the times in which that may be.
///
/// # Errors
/// When a lab cannot be set up, a director does not recover, or the user interrupts.
pub fn run(options: &Options) -> Result<bool> {
    let mut rng = options.seed.map_or_else(Rng::announced, Rng::from_seed);
    let seed = rng.number();
    println!("faults for {} minutes", options.minutes);
    let end = Instant::now() + Duration::from_secs(60 * options.minutes);
    let two = Course::new(TWO, changed(TWO), Rng::from_seed(seed))?;
    let three = Course::new(THREE, changed(THREE), Rng::from_seed(!seed))?;
    let tallies = thread::scope(|scope| {
        let two = scope.spawn(|| two.run(end));
        let three = scope.spawn(|| three.run(end));
        [two.join(), three.join()]
    });
    let mut good = true;
    for (count, tally) in [2, 3].into_iter().zip(tallies) {
        let tally: Tally = tally
            .map_err(|_| anyhow!("a course panicked"))?
            .with_context(|| format!("{count} directors"))?;
        good &= tally.is_good();
        println!("{count} directors: {tally}\n  {}", tally.kinds());
    }
    Ok(good)
}

/// What a reload changes the priorities to: another one is the best, and no two are ever equal.
fn changed<const N: usize>(setup: Setup<N>) -> Setup<N> {
    let mut priorities = setup.priorities;
    priorities.reverse();
    Setup {
        priorities: priorities.map(|priority| priority + 20),
        ..setup
    }
}
