//! `ha-lab bench scale`: what the virtual routers of a whole interface cost, with `vipd` and with
//! keepalived in turn, beside a bare loop that sends as many frames.

mod bare;
mod effort;
mod findings;
mod trial;

use std::time::Duration;

use anyhow::Result;

pub use self::effort::Effort;
pub use self::trial::{Load, Trial, play};
use super::Measure;
use super::progress::Progress;
use super::report::Findings;
use crate::lab::{Software, Tools};

/// Runs in which the machine may have stood still before the last one counts all the same.
const REPETITIONS: usize = 3;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// How long each daemon is watched, idle and under load
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    seconds: u16,
}

/// All that is seen on a machine that is, or is not, busy.
struct Measured {
    load: Load,
    /// Part of a processor that the bare loop takes: the mean of before vipd and after.
    bare: f64,
    vipd: Vec<Trial>,
    keepalived: Vec<Trial>,
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        let trial = self.watched() + trial::SETTLES;
        2 * (2 * trial + 2 * bare::TAKES)
    }

    fn quicken(&mut self) {
        self.seconds = 5;
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        let software = [Tools::vipd()?, Tools::keepalived()?];
        let all: Result<Vec<_>> = [Load::Idle, Load::Busy]
            .into_iter()
            .map(|load| self.measure_under(load, &software, progress))
            .collect();
        Ok(findings::of(&all?))
    }
}

impl Options {
    fn watched(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    fn measure_under(
        &self,
        load: Load,
        [vipd, keepalived]: &[Software; 2],
        progress: &Progress,
    ) -> Result<Measured> {
        let before = bare_loop(load, progress)?;
        let vipd = self.runs(vipd, load, progress)?;
        let after = bare_loop(load, progress)?;
        let keepalived = self.runs(keepalived, load, progress)?;
        Ok(Measured {
            load,
            bare: before.midpoint(after),
            vipd,
            keepalived,
        })
    }

    /// Runs until the machine has not stood still in one, or has too often.
    fn runs(&self, software: &Software, load: Load, progress: &Progress) -> Result<Vec<Trial>> {
        let mut runs = Vec::new();
        while runs.len() <= REPETITIONS {
            let trial = play(software, load, self.watched())?;
            progress.note(&format!("{load}: {} {trial}", software.name()))?;
            runs.push(trial);
            if !trial.is_disturbed() {
                break;
            }
        }
        Ok(runs)
    }
}

fn bare_loop(load: Load, progress: &Progress) -> Result<f64> {
    let cost = bare::cost(load)?;
    progress.note(&format!("{load}: the bare loop {:.2} %", 100.0 * cost))?;
    Ok(cost)
}
