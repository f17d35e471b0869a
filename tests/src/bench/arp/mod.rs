//! Round trip of an ARP question: answered by the data path, against the kernel's own answer.
//!
//! Questions alternate between three: the virtual address, which only the data path has; the
//! director's own address on the same interface, which its kernel answers for behind the program;
//! and the kernel of a host on a wire of its own, without any XDP. The second is the comparison:
//! same interface, same driver, same mode. The third shows what the mode costs on veth, where
//! native XDP changes how the driver works; a network card does not change.

mod wire;

use std::time::Duration;

use anyhow::{Context, Result};
use ha_user::datapath::AttachMode;
use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};

use super::Measure;
use super::figures::{Figure, percentile};
use super::progress::Progress;
use super::report::{Findings, Table};
use crate::lab::Netns;
use crate::xdp::frame::{OWN_IP, VIRTUAL_IP};
use wire::Wire;

const COMPARED: &str = "Round trips of an ARP question over a veth cable: answered by the data path \
    for the VIP, by the kernel behind it for the director's own address on the same interface, and \
    by the kernel of a host without any XDP. Native XDP changes how the driver of a veth works, \
    which makes the latter two differ; a network card does not change.";

/// Questions before the first round.
const WARM_UP: u32 = 2_000;
/// About how long a question to each of the answerers takes.
const ROUND_TRIPS: Duration = Duration::from_micros(25);

/// What is measured of a round.
const SHARES: [(&str, f64); 2] = [("median", 0.5), ("99 of 100", 0.99)];
const MODES: [(&str, AttachMode); 3] = [
    ("native", AttachMode::Native),
    ("generic", AttachMode::Generic),
    ("tc", AttachMode::Tc),
];

/// How much to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Rounds in each mode
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// Questions to each of the answerers in a round
    #[arg(long, default_value_t = 20_000)]
    pub questions: u32,
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        MODES.len() as u32 * (self.rounds * self.questions + WARM_UP) * ROUND_TRIPS
    }

    fn quicken(&mut self) {
        self.rounds = 2;
        self.questions = 500;
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        stay_on_this_processor()?;
        let columns = [
            ("data path", "µs"),
            ("kernel behind it", "µs"),
            ("kernel without XDP", "µs"),
        ];
        let mut table = Table::new("round trip of an ARP question", "mode", &columns).compare(0, 1);
        for (name, mode) in MODES {
            let rounds = self.rounds_in(mode, progress);
            let rounds = rounds.with_context(|| format!("in {name} mode"))?;
            for (share_name, share) in SHARES {
                table.push(format!("{name}, {share_name}"), figures(&rounds, share));
            }
        }
        Ok(Findings {
            compared: COMPARED.to_owned(),
            tables: vec![table],
            criteria: Vec::new(),
        })
    }
}

impl Options {
    fn rounds_in(&self, mode: AttachMode, progress: &Progress) -> Result<Vec<Round>> {
        let client = Netns::new()?;
        let mut wire = Wire::new(&client, "director", Some(mode))?;
        let mut bare = Wire::new(&client, "bare", None)?;
        Round::run(&mut wire, &mut bare, WARM_UP)?;
        let mut rounds = Vec::new();
        for number in 1..=self.rounds {
            rounds.push(Round::run(&mut wire, &mut bare, self.questions)?);
            progress.note(&format!("{mode:?}, round {number}"))?;
        }
        wire.check_answers((self.questions * self.rounds + WARM_UP).into())?;
        Ok(rounds)
    }
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

/// Of each answerer: the time that `share` of its answers in a round took at most.
fn figures(rounds: &[Round], share: f64) -> [Figure; 3] {
    let answerers: [fn(&Round) -> &[f64]; 3] = [
        |round| &round.datapath,
        |round| &round.kernel,
        |round| &round.without_xdp,
    ];
    answerers.map(|of| {
        let rounds = rounds
            .iter()
            .map(|round| Some(percentile(of(round), share)));
        Figure::median(rounds)
    })
}
