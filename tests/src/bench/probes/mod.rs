//! `ha-lab bench probes`: what a probe costs `vipd`, and the same check of the same nginx haproxy, in
//! turn; how late probes are, what a target takes of memory, and how soon a death is seen.

mod findings;
mod stage;
mod trial;

use std::time::Duration;

use anyhow::Result;

use self::stage::Stage;
use self::trial::{Checker, Trial, play};
use super::Measure;
use super::progress::Progress;
use super::report::Findings;
use crate::lab::Tools;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Trials of each checker with each
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
    /// Targets, by TCP and by HTTP; each is probed once a second
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    targets: u32,
    /// Targets by ICMP
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    hosts: u32,
    /// Seconds that each trial measures for
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

/// Who probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Vipd,
    Haproxy,
}

impl Who {
    const fn name(self) -> &'static str {
        match self {
            Self::Vipd => "vipd",
            Self::Haproxy => "haproxy",
        }
    }
}

/// What is compared, in the order of the trials. haproxy does not ping.
const SERIES: [(Who, Checker); 5] = [
    (Who::Vipd, Checker::Tcp),
    (Who::Haproxy, Checker::Tcp),
    (Who::Vipd, Checker::Http),
    (Who::Haproxy, Checker::Http),
    (Who::Vipd, Checker::Ping),
];

/// Trials of one checker with one.
struct Series {
    who: Who,
    checker: Checker,
    targets: u32,
    trials: Vec<Trial>,
    /// Octets of memory that `vipd` takes with one target.
    empty: u64,
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        let trial = trial::SETTLES + Duration::from_secs(self.seconds);
        trial * SERIES.len() as u32 * u32::from(self.repetitions)
    }

    fn quicken(&mut self) {
        self.repetitions = 1;
        self.targets = 200;
        self.hosts = 400;
        self.seconds = 2;
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        let stage = Stage::new(&Tools::haproxy()?)?;
        let empty = play(&stage, Who::Vipd, Checker::Ping, 1, Duration::from_secs(1))?.memory();
        let mut series = SERIES.map(|(who, checker)| Series {
            empty,
            who,
            checker,
            targets: match checker {
                Checker::Ping => self.hosts,
                Checker::Tcp | Checker::Http => self.targets,
            },
            trials: Vec::new(),
        });
        let window = Duration::from_secs(self.seconds);
        for _ in 0..self.repetitions {
            for one in &mut series {
                let trial = play(&stage, one.who, one.checker, one.targets, window)?;
                progress.note(&format!("{}, {}: {trial}", one.who.name(), one.checker))?;
                one.trials.push(trial);
            }
        }
        Ok(findings::of(&series))
    }
}
