//! `ha-lab bench`: measurements, each with its control in the same run. Each yields a [`Report`],
//! which is printed, and written as JSON and as a drawing.
//!
//! A new bench is a struct of options that implements [`Measure`], and a variant of [`Bench`].

pub mod arp;
pub mod bystander;
pub mod failover;
pub mod figures;
pub mod flood;
mod measure;
pub mod progress;
pub mod report;
pub mod scale;
pub mod takeover;
pub mod xdp;

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Subcommand as _;

pub use self::measure::Measure;
use self::progress::{Progress, clock};
use self::report::Report;
use crate::screen::Screen;

/// What to do.
#[derive(Clone, Debug, clap::Args)]
pub struct Command {
    /// Least effort: shows that it works, but the figures are rough, and not judged
    #[arg(long, global = true)]
    quick: bool,
    /// Nothing lists what there is
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Task {
    #[command(flatten)]
    One(Bench),
    /// Every measurement, one after the other
    All,
    /// Write benchmarks.md, and measure for it what was not measured since the last build
    Report,
}

/// What can be measured.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Bench {
    /// The time without pages that a client sees, with vipd and with keepalived in turn
    Failover(failover::Options),
    /// What forged adverts at full rate cost vipd and keepalived in turn, and whom they mislead
    Flood(flood::Options),
    /// Processor time of 255 virtual routers at 10 ms, on an idle machine and on a busy one
    Scale(scale::Options),
    /// What 4,000 virtual addresses add to a takeover, with vipd and with keepalived in turn
    Takeover(takeover::Options),
    /// What a packet costs in the XDP program, beside a program that only passes
    Xdp(xdp::Options),
    /// ARP round trips, answered by the XDP program and by the kernel in turn
    Arp(arp::Options),
    /// Throughput of traffic beside the VIP, with vipd in each mode and without
    Bystander(bystander::Options),
}

impl Command {
    /// Does it. Returns whether every promise that was measured is kept.
    ///
    /// # Errors
    /// As of [`Measure::measure`], or when results cannot be written.
    pub fn run(self) -> Result<bool> {
        let screen = Screen::detect();
        match self.task {
            None => list(&screen).map(|()| true),
            Some(Task::One(bench)) => Ok(bench.run(self.quick, &screen)?.is_good()),
            Some(Task::All) => run_all(self.quick, &screen),
            Some(Task::Report) => write_page(self.quick, &screen).map(|()| true),
        }
    }
}

impl Bench {
    /// All of them, with default options.
    ///
    /// # Errors
    /// Never, unless a default option is refused.
    pub fn all() -> Result<Vec<Self>> {
        let commands = Self::augment_subcommands(clap::Command::new("bench"));
        let names = commands.get_subcommands().map(clap::Command::get_name);
        names.map(Self::named).collect()
    }

    /// The one called `name`, with default options.
    ///
    /// # Errors
    /// There is none.
    pub fn named(name: &str) -> Result<Self> {
        let command = Self::augment_subcommands(clap::Command::new("bench"));
        let matches = command.try_get_matches_from(["bench", name])?;
        <Self as clap::FromArgMatches>::from_arg_matches(&matches).context("no such bench")
    }

    /// Its name: what it is called on the command line, and its files are called by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Failover(_) => "failover",
            Self::Flood(_) => "flood",
            Self::Scale(_) => "scale",
            Self::Takeover(_) => "takeover",
            Self::Xdp(_) => "xdp",
            Self::Arp(_) => "arp",
            Self::Bystander(_) => "bystander",
        }
    }

    fn options(&mut self) -> &mut dyn Measure {
        match self {
            Self::Failover(options) => options,
            Self::Flood(options) => options,
            Self::Scale(options) => options,
            Self::Takeover(options) => options,
            Self::Xdp(options) => options,
            Self::Arp(options) => options,
            Self::Bystander(options) => options,
        }
    }

    /// Measures, prints and writes; with the least effort if `quick`.
    ///
    /// # Errors
    /// As of [`Measure::measure`], or when results cannot be written.
    pub fn run(mut self, quick: bool, screen: &Screen) -> Result<Report> {
        let name = self.name();
        let options = self.options();
        if quick {
            options.quicken();
        }
        let progress = Progress::start(*screen, name, options.takes());
        let findings = apart(|| options.measure(&progress)).context(name)?;
        let report = Report::new(name, quick, findings);
        screen.say(&report.text(screen));
        for path in report.write()? {
            screen.say(&path.display().to_string());
        }
        Ok(report)
    }
}

/// Runs `work` on a thread of its own: a bench may tie itself to a processor, which the next one and
/// the description of the machine must not see.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// A line for each bench.
fn list(screen: &Screen) -> Result<()> {
    let commands = Bench::augment_subcommands(clap::Command::new("bench"));
    let mut text = String::new();
    let mut total = Duration::ZERO;
    for command in commands.get_subcommands() {
        let about = command.get_about().cloned().unwrap_or_default();
        let takes = Bench::named(command.get_name())?.options().takes();
        total += takes;
        writeln!(
            text,
            "{:<12} {:>6}  {about}",
            command.get_name(),
            clock(takes)
        )?;
    }
    let total = clock(total);
    writeln!(text, "{:<12} {total:>6}  every one of them", "all")?;
    write!(text, "{:<12} {:>6}  docs/benchmarks.md", "report", "")?;
    screen.say(&text);
    Ok(())
}

/// Measures everything, also after one bench failed. Returns whether all promises are kept.
fn run_all(quick: bool, screen: &Screen) -> Result<bool> {
    let mut good = true;
    for bench in Bench::all()? {
        good &= bench.run(quick, screen)?.is_good();
    }
    Ok(good)
}

/// Writes the page from reports that are current, and from new ones. A promise that is not kept is
/// a figure of it, too.
fn write_page(quick: bool, screen: &Screen) -> Result<()> {
    let mut reports = Vec::new();
    for bench in Bench::all()? {
        reports.push(match Report::current(bench.name())? {
            Some(report) => report,
            None => bench.run(quick, screen)?,
        });
    }
    let page = report::write_page(&reports)?;
    screen.say(&page.display().to_string());
    Ok(())
}
