//! Round trip of an ARP question: answered by the data path, against the kernel's own answer.
//!
//! Questions alternate between three: the virtual address, which only the data path has; the
//! director's own address on the same interface, which its kernel answers for behind the program;
//! and the kernel of a host on a wire of its own, without any XDP. The second is the comparison:
//! same interface, same driver, same mode. The third shows what the mode costs on veth, where
//! native XDP changes how the driver works; a network card does not change.

mod wire;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use ha_user::datapath::AttachMode;
use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};
use serde::Serialize;

use super::figures::{median, percentile};
use crate::lab::Netns;
use crate::xdp::frame::{OWN_IP, VIRTUAL_IP};
use wire::Wire;

/// Questions before the first round.
const WARM_UP: u32 = 2_000;

/// How much to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Rounds in each mode
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// Questions to each of the two answerers in a round
    #[arg(long, default_value_t = 20_000)]
    pub questions: u32,
    /// Write the figures to this file
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// Microseconds of one kind of answer: medians over the rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Times {
    /// Half of the answers took no longer.
    pub p50: f64,
    /// 99 of 100 answers took no longer.
    pub p99: f64,
}

/// Round trips in one mode.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// How the data path is attached.
    pub mode: &'static str,
    /// Answers of the data path.
    pub datapath: Times,
    /// Answers of the kernel on the same interface.
    pub kernel: Times,
    /// Answers of a kernel without XDP.
    pub kernel_without_xdp: Times,
    /// Data path against kernel: the median over the rounds of each round's ratio.
    pub ratio: Times,
    /// Data path against the kernel without XDP.
    pub ratio_without_xdp: Times,
}

/// Measures, prints a table, and writes JSON if asked to.
///
/// # Errors
/// Without root, or when a question stays without an answer.
pub fn run(options: &Options) -> Result<()> {
    println!("microseconds         p50     p99   p50 ratio   p99 ratio");
    let mut figures = Vec::new();
    for (name, mode) in [
        ("native", AttachMode::Native),
        ("generic", AttachMode::Generic),
        ("tc", AttachMode::Tc),
    ] {
        let figure = measure(name, mode, options).with_context(|| format!("in {name} mode"))?;
        figure.print();
        figures.push(figure);
    }
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&figures)?;
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

impl Figure {
    fn print(&self) {
        let Times { p50, p99 } = self.datapath;
        println!("{:<16}{p50:>8.2}{p99:>8.2}", self.mode);
        for (name, times, ratio) in [
            ("  kernel", self.kernel, self.ratio),
            (
                "  without XDP",
                self.kernel_without_xdp,
                self.ratio_without_xdp,
            ),
        ] {
            let Times { p50, p99 } = times;
            println!(
                "{name:<16}{p50:>8.2}{p99:>8.2}{:>12.2}{:>12.2}",
                ratio.p50, ratio.p99
            );
        }
    }
}

/// Measures in one mode.
///
/// # Errors
/// As for [`run`].
pub fn measure(name: &'static str, mode: AttachMode, options: &Options) -> Result<Figure> {
    stay_on_this_processor()?;
    let client = Netns::new()?;
    let mut wire = Wire::new(&client, "director", Some(mode))?;
    let mut bare = Wire::new(&client, "bare", None)?;
    Round::run(&mut wire, &mut bare, WARM_UP)?;
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push(Round::run(&mut wire, &mut bare, options.questions)?);
    }
    wire.check_answers((options.questions * options.rounds + WARM_UP).into())?;
    Ok(summary(name, &rounds))
}

/// A question and its answer are one chain of work on one processor; moving it would be measured.
fn stay_on_this_processor() -> Result<()> {
    let mut here = CpuSet::new();
    here.set(sched_getcpu());
    sched_setaffinity(None, &here).context("cannot stay on one processor")
}

/// Round trips in microseconds, sorted.
#[derive(Default)]
struct Round {
    datapath: Vec<f64>,
    kernel: Vec<f64>,
    without_xdp: Vec<f64>,
}

impl Round {
    fn run(wire: &mut Wire, bare: &mut Wire, questions: u32) -> Result<Self> {
        let mut round = Self::default();
        for _ in 0..questions {
            round.datapath.push(microseconds(wire.ask(VIRTUAL_IP)?));
            round.kernel.push(microseconds(wire.ask(OWN_IP)?));
            round.without_xdp.push(microseconds(bare.ask(OWN_IP)?));
        }
        for times in [
            &mut round.datapath,
            &mut round.kernel,
            &mut round.without_xdp,
        ] {
            times.sort_by(f64::total_cmp);
        }
        Ok(round)
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn microseconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e3
}

fn summary(mode: &'static str, rounds: &[Round]) -> Figure {
    let over_rounds = |of: &dyn Fn(&Round, f64) -> f64| Times {
        p50: median(rounds.iter().map(|round| of(round, 0.5))),
        p99: median(rounds.iter().map(|round| of(round, 0.99))),
    };
    let ratio = |a: &[f64], b: &[f64], share| percentile(a, share) / percentile(b, share);
    Figure {
        mode,
        datapath: over_rounds(&|it, share| percentile(&it.datapath, share)),
        kernel: over_rounds(&|it, share| percentile(&it.kernel, share)),
        kernel_without_xdp: over_rounds(&|it, share| percentile(&it.without_xdp, share)),
        ratio: over_rounds(&|it, share| ratio(&it.datapath, &it.kernel, share)),
        ratio_without_xdp: over_rounds(&|it, share| ratio(&it.datapath, &it.without_xdp, share)),
    }
}
