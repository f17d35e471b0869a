//! `ha-lab bench`: measurements, each with its control in the same run. Each yields a [`Report`],
//! which is printed, and written as JSON and as a drawing.
//!
//! A new bench is a struct of options that implements [`Measure`], and a variant of [`Bench`].

pub mod arp;
pub mod bystander;
pub mod config;
pub mod failover;
pub mod figures;
pub mod flood;
mod list;
mod measure;
pub mod probes;
pub mod progress;
pub mod report;
pub mod scale;
pub mod takeover;
pub mod xdp;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result};
use clap::Subcommand as _;

pub use self::measure::Measure;
use self::progress::{Progress, clock};
use self::report::{Missing, Report, Surroundings};
use crate::lab::interrupted;
use crate::screen::{Colour, Screen};

/// What to do.
#[derive(Clone, Debug, clap::Args)]
pub struct Command {
    /// Least effort: shows that it works, but the figures are rough, and not judged. With
    /// `report`: takes such figures, too
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
    /// Write a page of everything that was measured, and name what was not
    Report {
        /// Directory of `benchmarks.md` and of `benchmarks/`, its drawings
        #[arg(long, value_name = "DIRECTORY")]
        into: PathBuf,
    },
}

/// What can be measured. The first paragraph of each is what is asked, the second one what its
/// figures do not show; both are part of the report.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Bench {
    /// When a director fails: how long nobody, or two, answer
    ///
    /// Links and switches: the wires are veth, and a bridge learns a MAC without delay. What
    /// applications add: the pages come from a responder without work.
    Failover(failover::Options),
    /// What a flood of forged adverts costs, whom it misleads
    ///
    /// A rate that a faster generator could reach: it shares the processors with the directors, and
    /// the kernel's work for each frame is not part of a daemon's load.
    Flood(flood::Options),
    /// Processor time of 255 virtual routers at 10 ms
    ///
    /// The kernel's work in interrupts, which no process is charged for.
    Scale(scale::Options),
    /// What 4,000 virtual addresses add to a takeover
    ///
    /// Learning by switches and neighbours: whoever asks here needs no gratuitous ARP.
    Takeover(takeover::Options),
    /// What a packet costs in the XDP program
    ///
    /// What a driver adds before and behind the program, and caches that other work has filled: the
    /// same frame comes again and again.
    Xdp(xdp::Options),
    /// ARP round trips, by the XDP program and by the kernel
    ///
    /// A network card: a veth cable has neither its interrupts nor its time on the wire.
    Arp(arp::Options),
    /// Throughput beside the VIP, with vipd and without
    ///
    /// A network card: generic XDP and offloads get on differently with each driver.
    Bystander(bystander::Options),
    /// What thousands of probes cost, beside haproxy's checks
    ///
    /// The wire and the servers' own work: the targets are one nginx on this machine.
    Probes(probes::Options),
    /// How long 37,000 real servers or 4,000 VIPs take to read, and to reload after an edit
    ///
    /// A cold disk, and files in many parts: each is one, and was read a moment before.
    Config(config::Options),
}

impl Command {
    /// Does it. Returns whether every promise that was measured is kept.
    ///
    /// # Errors
    /// As of [`Measure::measure`], or when results cannot be written.
    pub fn run(self) -> Result<bool> {
        let screen = Screen::detect();
        match self.task {
            None => list::show(&screen).map(|()| true),
            Some(Task::One(bench)) => Ok(bench.run(self.quick, &screen)?.is_good()),
            Some(Task::All) => run_all(self.quick, &screen),
            Some(Task::Report { into }) => write_page(&into, self.quick, &screen).map(|()| true),
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
            Self::Probes(_) => "probes",
            Self::Config(_) => "config",
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
            Self::Probes(options) => options,
            Self::Config(options) => options,
        }
    }

    /// What is asked, and what the figures do not show.
    fn about(&self) -> [String; 2] {
        let commands = Self::augment_subcommands(clap::Command::new("bench"));
        let own = commands.find_subcommand(self.name());
        let text = own.and_then(|own| own.get_long_about().or(own.get_about()));
        let text = text.map(ToString::to_string).unwrap_or_default();
        let (asked, limits) = text.split_once("\n\n").unwrap_or((&text, ""));
        [asked, limits].map(str::to_owned)
    }

    /// Measures, prints and writes; with the least effort if `quick`.
    ///
    /// # Errors
    /// As of [`Measure::measure`], or when results cannot be written.
    pub fn run(mut self, quick: bool, screen: &Screen) -> Result<Report> {
        let (name, [asked, limits]) = (self.name(), self.about());
        let options = self.options();
        if quick {
            options.quicken();
        }
        let progress = Progress::start(*screen, name, options.takes());
        let report = Report {
            name: name.to_owned(),
            asked,
            limits,
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            quick,
            surroundings: Surroundings::detect(),
            findings: apart(|| options.measure(&progress)).context(name)?,
        };
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

/// Measures everything, also after one bench failed. Returns whether all promises are kept.
fn run_all(quick: bool, screen: &Screen) -> Result<bool> {
    let started = Instant::now();
    let mut verdicts = String::new();
    let mut good = true;
    for bench in Bench::all()? {
        let name = bench.name();
        let report = bench.run(quick, screen);
        if interrupted() {
            return report.map(|report| report.is_good());
        }
        let verdict = report.map(|report| (report.is_good(), report.verdict()));
        let (is_good, verdict) =
            verdict.unwrap_or_else(|error| (false, format!("failed: {error:#}")));
        good &= is_good;
        let colour = if is_good { Colour::Green } else { Colour::Red };
        verdicts += &screen.paint(&format!("{name:<12} {verdict}\n"), colour);
    }
    screen.say(&format!("\n{verdicts}in {}", clock(started.elapsed())));
    Ok(good)
}

/// Writes the page from the reports that there are.
fn write_page(into: &Path, quick: bool, screen: &Screen) -> Result<()> {
    let (mut reports, mut missing) = (Vec::new(), Vec::new());
    for mut bench in Bench::all()? {
        match Report::read(bench.name())?.filter(|report| quick || !report.quick) {
            Some(report) => reports.push(report),
            None => missing.push(Missing {
                name: bench.name().to_owned(),
                takes: format!("about {} min", clock(bench.options().takes())),
            }),
        }
    }
    screen.say(
        &report::write_page(into, &reports, &missing)?
            .display()
            .to_string(),
    );
    for Missing { name, .. } in missing {
        screen.say(&format!("missing: {name}; cargo xtask bench {name}"));
    }
    Ok(())
}
