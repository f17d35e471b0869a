//! What vipd costs the traffic of others on its host: streams and small packets with its program
//! attached, in each mode, and without.

mod road;
mod traffic;

use std::time::Duration;

use anyhow::{Context, Result};

use self::road::{Plan, Road};
use self::traffic::Traffic;
use super::Measure;
use super::figures::Figure;
use super::progress::Progress;
use super::report::{Criterion, Findings, Table};

const COMPARED: &str = "Traffic between a client and a host, which has nothing to do with the VIP that \
    vipd owns there, over a veth cable with its offloads on: with vipd in each of its modes, and \
    without. With \"XDP beyond\" the client's end of the cable runs an XDP program itself, also \
    without vipd. Client and host have a core each, and share it with their half of the network.";

/// Most that the default mode may take away.
const MOST_PERCENT: f64 = 15.0;
/// About how long it takes to build a road.
const BUILDING: Duration = Duration::from_secs(4);

/// Roads, and what they are compared with: an index into them.
const ROADS: [(&str, Plan, usize); 7] = [
    ("without vipd", plan(None, false), 0),
    ("auto", plan(Some("auto"), false), 0),
    ("tc", plan(Some("tc"), false), 0),
    ("generic", plan(Some("generic"), false), 0),
    ("XDP beyond, without vipd", plan(None, true), 4),
    ("XDP beyond, auto", plan(Some("auto"), true), 4),
    ("XDP beyond, native", plan(Some("native"), true), 4),
];

const fn plan(mode: Option<&'static str>, passes: bool) -> Plan {
    Plan { mode, passes }
}

/// How much to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Rounds, in each of which every mode has its turn with every kind of traffic
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Milliseconds of traffic in a turn
    #[arg(long, value_name = "MS", default_value_t = 500)]
    time: u64,
}

impl Measure for Options {
    fn takes(&self) -> Duration {
        let turns = self.rounds * (ROADS.len() * Traffic::ALL.len()) as u32;
        ROADS.len() as u32 * BUILDING + turns * self.turn()
    }

    fn quicken(&mut self) {
        self.rounds = 1;
        self.time = 100;
    }

    fn measure(&self, progress: &Progress) -> Result<Findings> {
        let mut roads = Vec::new();
        for (name, plan, _) in ROADS {
            roads.push(Road::build(plan).with_context(|| format!("with {name}"))?);
            progress.note(&format!("{name} is ready"))?;
        }
        let mut tables = Vec::new();
        for traffic in Traffic::ALL {
            let rounds = self.rounds(traffic, &roads, progress);
            tables.push(table(traffic, &roads, &rounds?));
        }
        Ok(Findings {
            compared: COMPARED.to_owned(),
            criteria: tables.iter().flat_map(|it| criteria(it, &roads)).collect(),
            tables,
        })
    }
}

impl Options {
    fn turn(&self) -> Duration {
        Duration::from_millis(self.time)
    }

    /// A round is a figure for each road; roads take turns in being first.
    fn rounds(
        &self,
        traffic: Traffic,
        roads: &[Road],
        progress: &Progress,
    ) -> Result<Vec<Vec<f64>>> {
        let mut rounds = Vec::new();
        for number in 0..self.rounds as usize {
            let mut round = vec![0.0; roads.len()];
            for turn in 0..roads.len() {
                let index = (number + turn) % roads.len();
                round[index] = traffic.measure(&roads[index], self.turn())?;
            }
            progress.note(&format!("{}, round {}", traffic.name(), number + 1))?;
            rounds.push(round);
        }
        Ok(rounds)
    }
}

fn table(traffic: Traffic, roads: &[Road], rounds: &[Vec<f64>]) -> Table {
    let unit = traffic.unit();
    let columns = [("with vipd", unit), ("without", unit)];
    let mut table = Table::new(traffic.name(), "mode", &columns).compare(0, 1);
    let figure = |index: usize| Figure::median(rounds.iter().map(|round| Some(round[index])));
    for (index, (_, plan, reference)) in ROADS.iter().enumerate() {
        if plan.mode.is_some() {
            table.push(name(index, roads), [figure(index), figure(*reference)]);
        }
    }
    table
}

/// Of a road: the mode that was asked for, and the one that came of it where they differ.
fn name(index: usize, roads: &[Road]) -> String {
    let (name, plan, _) = ROADS[index];
    match &roads[index].attached {
        Some(attached) if plan.mode != Some(attached) => format!("{name} ({attached})"),
        _ => name.to_owned(),
    }
}

/// What the default mode takes away of one kind of traffic.
fn criteria(table: &Table, roads: &[Road]) -> Vec<Criterion> {
    let indices = (0..ROADS.len()).filter(|index| ROADS[*index].1.mode == Some("auto"));
    let criterion = |index| {
        let name = name(index, roads);
        let lost = table.ratio(&name).map(|ratio| (1.0 - ratio) * 1e2);
        let what = format!("less {}, {name}", table.title);
        Criterion::at_most(what, MOST_PERCENT, "%", lost)
    };
    indices.map(criterion).collect()
}
