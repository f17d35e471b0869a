//! `ha-lab bench takeover`: what thousands of virtual addresses add to a takeover, with `vipd` and
//! with keepalived in turn, beside one bare netlink batch that only puts them on an interface.

mod bare;
mod findings;
mod trial;

use std::time::Duration;

use anyhow::Result;

pub use self::trial::{Trial, play};
use super::Measure;
use super::progress::Progress;
use super::report::Findings;
use crate::lab::{Software, Tools};

/// Trials in which the machine may have stood still before the last one counts all the same.
const REPETITIONS: usize = 3;
/// Most addresses that fit one netlink batch.
const MOST: i64 = 5000;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Takeovers with each daemon, of one address and of many
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
    /// How many addresses are many
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u16).range(2..=MOST))]
    addresses: u16,
}

/// Takeovers of as many addresses with one daemon.
struct Series {
    software: &'static str,
    addresses: u16,
    /// Those that came to no end are `None`.
    trials: Vec<Option<Trial>>,
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        let round = 4 * trial::TAKES + bare::TAKES;
        round * u32::from(self.repetitions)
    }

    fn quicken(&mut self) {
        self.repetitions = 1;
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        let software = [Tools::vipd()?, Tools::keepalived()?];
        let mut series = software.each_ref().map(|software| self.series(software));
        let mut bare = Vec::new();
        for _ in 0..self.repetitions {
            let batch = bare::batch(self.addresses)?;
            progress.note(&format!("one bare netlink batch: {batch:.1?}"))?;
            bare.push(batch);
            for (software, series) in software.iter().zip(&mut series) {
                for series in series {
                    series.trials.push(calm_trial(software, series, progress)?);
                }
            }
        }
        Ok(findings::of(&series, &bare))
    }
}

impl Options {
    /// Nothing measured yet: of one address, and of many.
    fn series(&self, software: &Software) -> [Series; 2] {
        [1, self.addresses].map(|addresses| Series {
            software: software.name(),
            addresses,
            trials: Vec::new(),
        })
    }
}

/// Plays until nothing has disturbed a trial, or too much has. `None` if the last one came to no end.
fn calm_trial(software: &Software, series: &Series, progress: &Progress) -> Result<Option<Trial>> {
    let mut last = None;
    for _ in 0..=REPETITIONS {
        let trial = play(software, series.addresses);
        let seen = match &trial {
            Ok(trial) => trial.to_string(),
            Err(error) => format!("no takeover to measure: {error:#}"),
        };
        let Series { addresses, .. } = series;
        progress.note(&format!("{}, {addresses} VIPs: {seen}", software.name()))?;
        last = trial.ok();
        if last.is_some_and(|trial| !trial.is_disturbed()) {
            break;
        }
    }
    Ok(last)
}
