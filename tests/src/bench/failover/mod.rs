//! `ha-lab bench failover`: how long a client is without pages when the Active director fails,
//! with `vipd` and with keepalived in turn.

mod case;
mod findings;
mod series;
mod trial;

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use self::case::{Case, Fault, Interval};
use self::series::{Pairs, Series};
use self::trial::Trial;
use super::Measure;
use super::progress::Progress;
use super::report::Findings;
use crate::lab::{Software, Tools, interrupted};

/// Trials of one kind before a machine that is too busy makes the whole run fail.
const ATTEMPTS: usize = 3;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Trials with each daemon for each fault and interval
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
    /// What happens to the Active director
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Fault::ALL)]
    faults: Vec<Fault>,
    /// `advert_int` in seconds: whole ones are sent in version 2, others in version 3
    #[arg(
        long,
        value_name = "SECONDS",
        value_delimiter = ',',
        default_value = "1,0.1,0.01"
    )]
    intervals: Vec<Interval>,
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        let trials = 2 * u32::from(self.repetitions) * self.faults.len() as u32;
        let one = |interval: &Interval| trial::takes(interval.duration());
        trials * self.intervals.iter().map(one).sum::<Duration>()
    }

    fn quicken(&mut self) {
        self.repetitions = 1;
        self.intervals
            .retain(|interval| *interval != Interval::SECOND);
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        let software = [Tools::vipd()?, Tools::keepalived()?];
        let mut all = Vec::new();
        for interval in &self.intervals {
            for fault in &self.faults {
                all.push(self.measure_pairs(*interval, *fault, &software, progress)?);
            }
        }
        Ok(findings::of(&all))
    }
}

impl Options {
    /// Trials in pairs: both daemons meet the fault at the same phase of their interval, and take
    /// turns in being first.
    fn measure_pairs(
        &self,
        interval: Interval,
        fault: Fault,
        software: &[Software; 2],
        progress: &Progress,
    ) -> Result<Pairs> {
        let mut pairs = Pairs {
            interval,
            fault,
            series: [Series::default(), Series::default()],
        };
        for repetition in 0..self.repetitions {
            let phase = (f64::from(repetition) + 0.5) / f64::from(self.repetitions);
            let case = Case {
                interval,
                fault,
                phase,
            };
            let first = usize::from(repetition % 2);
            for index in [first, 1 - first] {
                pairs.series[index].push(attempt(&software[index], &case, progress)?);
            }
            progress.note(&findings::last_of(&pairs))?;
        }
        Ok(pairs)
    }
}

fn attempt(software: &Software, case: &Case, progress: &Progress) -> Result<Trial> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        match trial::play(software, case) {
            Ok(trial) => return Ok(trial),
            Err(error) => {
                ensure!(!interrupted(), "interrupted");
                progress.note(&format!("{}: once more: {error:#}", software.name()))?;
                last = Some(error);
            }
        }
    }
    let error = last.context("no attempt was made")?;
    Err(error.context(format!("{} with {}", case.fault.name(), software.name())))
}
