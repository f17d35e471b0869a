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
    /// Trials with each daemon of a fault and interval for which a median is promised; a third of
    /// them of the others, and a fifth where all is silence at an interval of a second
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
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
        let cases = self.cases();
        let both = |(interval, fault)| {
            2 * u32::from(self.repetitions_of(interval, fault)) * trial::takes(interval.duration())
        };
        cases.map(both).sum()
    }

    fn quicken(&mut self) {
        self.repetitions = 1;
        self.intervals
            .retain(|interval| *interval != Interval::SECOND);
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        let software = [Tools::vipd()?, Tools::keepalived()?];
        let mut all = Vec::new();
        for (interval, fault) in self.cases() {
            all.push(self.measure_pairs(interval, fault, &software, progress)?);
        }
        Ok(findings::of(&all))
    }
}

impl Options {
    fn cases(&self) -> impl Iterator<Item = (Interval, Fault)> {
        let intervals = self.intervals.iter();
        intervals.flat_map(|interval| self.faults.iter().map(|fault| (*interval, *fault)))
    }

    /// A silence differs little from trial to trial; and at a second it takes long.
    fn repetitions_of(&self, interval: Interval, fault: Fault) -> u16 {
        let is_second = interval == Interval::SECOND;
        match fault {
            Fault::Stop if is_second => self.repetitions,
            Fault::Worker if interval >= Interval::TENTH => self.repetitions,
            Fault::Cut | Fault::Freeze | Fault::Kill if is_second => self.repetitions.div_ceil(5),
            _ => self.repetitions.div_ceil(3),
        }
    }

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
        let repetitions = self.repetitions_of(interval, fault);
        for repetition in 0..repetitions {
            let phase = (f64::from(repetition) + 0.5) / f64::from(repetitions);
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

/// A trial that nothing has disturbed, or the last one.
fn attempt(software: &Software, case: &Case, progress: &Progress) -> Result<Trial> {
    let name = software.name();
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let trial = trial::play(software, case);
        ensure!(!interrupted(), "interrupted");
        match &trial {
            Ok(trial) if !trial.is_disturbed => return Ok(*trial),
            Ok(_) => progress.note(&format!("{name}: once more: the machine stood still"))?,
            Err(error) => progress.note(&format!("{name}: once more: {}", error.root_cause()))?,
        }
        last = Some(trial);
    }
    let trial = last.context("no attempt was made")?;
    trial.with_context(|| format!("{} with {name}", case.fault.name()))
}
