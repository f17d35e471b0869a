//! What the takeovers come to.

use std::time::Duration;

use super::Series;
use super::trial::Trial;
use crate::bench::figures::Figure;
use crate::bench::report::{Criterion, Findings, Table};

const COMPARED: &str = "The cable of the Active director is cut silently; two hosts ask every \
    millisecond for the first and for the last virtual address. Times count from the last advert \
    of the director that is cut off; advert_int is 0.1. Addresses beyond the first one are in \
    virtual_ipaddress_excluded. Dropped is what queues on the way had no room for, \
    among gratuitous ARPs. The bare batch puts as many addresses on an interface by one \
    system call, with no daemon on the host.";

/// How much later ARP may be answered for many addresses than for one, in milliseconds.
const ARP_MS: f64 = 5.0;
/// How much later an echo may be answered, in bare batches.
const BATCHES: f64 = 1.5;
/// How late an advert may be, in milliseconds.
const LATE_MS: f64 = 5.0;

/// Columns of a series.
const COLUMNS: [(&str, &str); 7] = [
    ("ARP, first VIP", "ms"),
    ("ARP, last VIP", "ms"),
    ("echo, first VIP", "ms"),
    ("echo, last VIP", "ms"),
    ("latest advert", "ms late"),
    ("off again at hand-back", "ms"),
    ("dropped by queues", "frames"),
];

pub(super) fn of(series: &[[Series; 2]; 2], bare: &[Duration]) -> Findings {
    let mut table = Table::new("from silence to answers", "takeover", &COLUMNS);
    for series in series.as_flattened() {
        table.push(series.name(), series.figures());
    }
    let bare = Figure::milliseconds(bare.iter().copied().map(Some));
    let mut batch = Table::new("one bare netlink batch", "addresses", &[("time", "ms")]);
    let [[one, many], _] = series;
    batch.push(many.addresses.to_string(), [bare.clone()]);
    Findings {
        compared: COMPARED.to_owned(),
        tables: vec![table, batch],
        criteria: criteria(one, many, &bare),
    }
}

fn criteria(one: &Series, many: &Series, bare: &Figure) -> Vec<Criterion> {
    let [one, many] = [one, many].map(Series::figures);
    let more = |column: usize, than: usize| Some(many[column].value? - one[than].value?);
    let batches = bare.value.map_or(0.0, |bare| BATCHES * bare);
    let added = |what: &str, bound: f64, column: usize, than: usize| {
        let what = format!("{what}, more than with one VIP");
        Criterion::at_most(what, bound, "ms", more(column, than))
    };
    vec![
        added("ARP, first VIP", ARP_MS, 0, 0),
        added("ARP, last VIP", ARP_MS, 1, 0),
        added("echo, last VIP", batches, 3, 2),
        Criterion::at_most("latest advert", LATE_MS, "ms", many[4].worst()),
    ]
}

impl Series {
    fn name(&self) -> String {
        match self.addresses {
            1 => format!("{}, 1 VIP", self.software),
            count => format!("{}, {count} VIPs", self.software),
        }
    }

    /// As in [`COLUMNS`].
    fn figures(&self) -> [Figure; 7] {
        let figure = |time: fn(&Trial) -> Option<Duration>| {
            Figure::milliseconds(self.trials.iter().map(|trial| time(trial.as_ref()?)))
        };
        let trials = self.trials.iter().map(Option::as_ref);
        let dropped = trials.map(|trial| Some(trial?.dropped as f64));
        [
            figure(|trial| trial.arp[0]),
            figure(|trial| trial.arp[1]),
            figure(|trial| trial.echo[0]),
            figure(|trial| trial.echo[1]),
            figure(|trial| Some(trial.late)),
            figure(|trial| Some(trial.cleared)),
            Figure::median(dropped),
        ]
    }
}
