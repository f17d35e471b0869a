//! `ha-lab bench flood`: forged adverts, as fast as one host can send them, at two directors: what
//! they cost `vipd` and keepalived, in turn, and whom they mislead.

mod findings;
mod trial;

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use self::trial::{Trial, play};
use super::Measure;
use super::progress::Progress;
use super::report::Findings;
use crate::forgery::Forgery;
use crate::lab::{Software, Tools, interrupted};

/// Trials of one kind before a machine that is too busy makes the whole run fail.
const ATTEMPTS: usize = 3;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// How long each flood lasts, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=30))]
    seconds: u16,
    /// What is wrong with the adverts
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Forgery::ALL)]
    kinds: Vec<Forgery>,
    /// Versions of VRRP: 2 at one second, 3 at 0.1 seconds
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "2,3", value_parser = clap::value_parser!(u8).range(2..=3))]
    versions: Vec<u8>,
}

/// One kind of flood.
#[derive(Clone, Copy, Debug)]
struct Case {
    version: u8,
    forgery: Forgery,
    time: Duration,
}

/// One kind of flood, against `vipd` and against keepalived.
#[derive(Debug)]
struct Outcome {
    case: Case,
    trials: [Trial; 2],
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        self.cases().map(|case| 2 * trial::takes(&case)).sum()
    }

    fn quicken(&mut self) {
        self.seconds = self.seconds.min(2);
        self.versions = vec![3];
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        let software = [Tools::vipd()?, Tools::keepalived()?];
        let mut outcomes = Vec::new();
        for (index, case) in self.cases().enumerate() {
            let run = |which: usize| attempt(&software[which], &case, progress);
            let trials = if index % 2 == 0 {
                let vipd = run(0)?;
                [vipd, run(1)?]
            } else {
                let keepalived = run(1)?;
                [run(0)?, keepalived]
            };
            let outcome = Outcome { case, trials };
            progress.note(&findings::line(&outcome))?;
            outcomes.push(outcome);
        }
        Ok(findings::of(&outcomes))
    }
}

impl Options {
    fn cases(&self) -> impl Iterator<Item = Case> {
        self.versions.iter().flat_map(|version| {
            let kinds = self.kinds.iter().filter(|kind| kind.is_of(*version));
            kinds.map(|forgery| Case {
                version: *version,
                forgery: *forgery,
                time: Duration::from_secs(self.seconds.into()),
            })
        })
    }
}

impl Case {
    fn name(&self) -> String {
        format!("version {}, {}", self.version, self.forgery.name())
    }
}

fn attempt(software: &Software, case: &Case, progress: &Progress) -> Result<Trial> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        match play(software, case) {
            Ok(trial) => return Ok(trial),
            Err(error) => {
                ensure!(!interrupted(), "interrupted");
                progress.note(&format!("{}: once more: {error:#}", software.name()))?;
                last = Some(error);
            }
        }
    }
    let error = last.context("no attempt was made")?;
    Err(error.context(format!("{} with {}", case.name(), software.name())))
}
