//! `ha-lab bench failover`: how long a client is without pages when the Active director fails,
//! with `vipd` and with keepalived in turn.

mod case;
mod report;
mod series;
mod trial;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use self::case::{Case, Fault, Interval};
use self::series::{Pairs, Series};
use self::trial::Trial;
use crate::lab::{Software, Tools, interrupted};

/// Trials of one kind before a machine that is too busy makes the whole run fail.
const ATTEMPTS: usize = 3;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Trials with each daemon for each fault and interval
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
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
    /// Where to write every figure [default: run/bench-failover.json in the target directory]
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Measures, shows and writes. Returns whether with `vipd` the client always came back and exactly
/// one director answered in the end.
///
/// # Errors
/// When a lab cannot be set up, no trial succeeds, or the user interrupts.
pub fn run(options: &Options) -> Result<bool> {
    let software = [Tools::vipd()?, Tools::keepalived()?];
    let mut all = Vec::new();
    let total = options.intervals.len() * options.faults.len();
    for interval in &options.intervals {
        for fault in &options.faults {
            println!(
                "[{}/{total}] advert_int {interval}, {}",
                all.len() + 1,
                fault.name()
            );
            all.push(measure(options, *interval, *fault, &software)?);
        }
    }
    println!("{}", report::table(&all));
    let file = match &options.json {
        Some(file) => file.clone(),
        None => Tools::target()?.join("run/bench-failover.json"),
    };
    report::write(&file, &all)?;
    println!("{}", file.display());
    Ok(all.iter().all(|pairs| pairs.vipd.is_good()))
}

/// Trials in pairs: both daemons meet the fault at the same phase of their interval, and take
/// turns in being first.
fn measure(
    options: &Options,
    interval: Interval,
    fault: Fault,
    software: &[Software; 2],
) -> Result<Pairs> {
    let mut series = [Series::default(), Series::default()];
    for repetition in 0..options.repetitions {
        let case = Case {
            interval,
            fault,
            phase: (f64::from(repetition) + 0.5) / f64::from(options.repetitions),
        };
        let first = usize::from(repetition % 2);
        for index in [first, 1 - first] {
            series[index].push(attempt(&software[index], &case)?);
        }
        println!("  {}", report::pair(&series));
    }
    let [vipd, keepalived] = series;
    Ok(Pairs {
        interval,
        fault,
        vipd,
        keepalived,
    })
}

fn attempt(software: &Software, case: &Case) -> Result<Trial> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        match trial::play(software, case) {
            Ok(trial) => return Ok(trial),
            Err(error) => {
                ensure!(!interrupted(), "interrupted");
                println!("  {}: once more: {error:#}", software.name());
                last = Some(error);
            }
        }
    }
    let error = last.context("no attempt was made")?;
    Err(error.context(format!("{} with {}", case.fault.name(), software.name())))
}
