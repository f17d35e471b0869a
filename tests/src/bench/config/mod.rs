//! `ha-lab bench config`: how long large configurations take to read, with `vipd` and with keepalived in
//! turn, and what a reload of one of them is.

mod files;
mod findings;
mod trial;

use std::time::Duration;

use anyhow::Result;

use self::files::Size;
use self::trial::{Edited, Reload};
use super::Measure;
use super::progress::Progress;
use super::report::Findings;
use crate::lab::{CONFIG_PATH, Tools};

/// About how long one test takes with both, and one reload.
const ROUND: Duration = Duration::from_secs(2);

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// How often each file is tested with each daemon, and reloaded
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
    /// How many real servers
    #[arg(long, value_name = "N", default_value_t = 37_000, value_parser = clap::value_parser!(u32).range(1..=250_000))]
    servers: u32,
    /// How many virtual addresses
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u32).range(2..=50_000))]
    addresses: u32,
}

/// All that was seen with one file.
struct Measured {
    size: Size,
    /// With vipd, and with keepalived.
    tests: [Vec<Duration>; 2],
    reloads: Vec<Reload>,
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        2 * (trial::SETTLES + ROUND * u32::from(self.repetitions))
    }

    fn quicken(&mut self) {
        self.repetitions = 1;
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        let sizes = [Size::Servers(self.servers), Size::Addresses(self.addresses)];
        let all: Result<Vec<_>> = sizes
            .into_iter()
            .map(|size| self.measure_one(size, progress))
            .collect();
        Ok(findings::of(&all?))
    }
}

impl Options {
    fn measure_one(&self, size: Size, progress: &Progress) -> Result<Measured> {
        let software = [Tools::vipd()?, Tools::keepalived()?];
        let host = trial::host()?;
        let [file, _] = size.files();
        host.write(CONFIG_PATH, &file)?;
        let mut tests = [Vec::new(), Vec::new()];
        for _ in 0..self.repetitions {
            for (software, times) in software.iter().zip(&mut tests) {
                let time = trial::test(software, &host)?;
                let name = software.name();
                progress.note(&format!("{}, {name} -t: {time:.0?}", size.name()))?;
                times.push(time);
            }
        }
        let mut edited = Edited::start(&host, size)?;
        let mut reloads = Vec::new();
        for _ in 0..self.repetitions {
            let reload = edited.reload()?;
            progress.note(&format!("{}, reload {reload}", size.name()))?;
            reloads.push(reload);
        }
        Ok(Measured {
            size,
            tests,
            reloads,
        })
    }
}
