//! What the readings come to.

use std::time::Duration;

use super::Measured;
use super::trial::Reload;
use crate::bench::figures::Figure;
use crate::bench::report::{Criterion, Findings, Table};

const COMPARED: &str = "Generated files: real servers, a thousand behind each virtual one, with a weight \
    and a TCP_CHECK each; and virtual addresses of one instance, all but the first excluded from adverts. \
    `vipd -t` and `keepalived -t` read them in turns. Then vipd runs with the file, one line of it is \
    edited - a weight, a priority - and `vipctl reload` has it read. The work is what the worker had of \
    processors until half a second after the answer, less what it has without a reload.";

/// Longest that reading a file may take, in milliseconds.
const READ_MS: f64 = 1000.0;
/// Most work that a reload may be, in milliseconds.
const WORK_MS: f64 = 100.0;

pub(super) fn of(all: &[Measured]) -> Findings {
    Findings {
        compared: COMPARED.to_owned(),
        tables: vec![tests(all), reloads(all)],
        criteria: all.iter().flat_map(criteria).collect(),
    }
}

fn tests(all: &[Measured]) -> Table {
    let columns = [("vipd -t", "ms"), ("keepalived -t", "ms")];
    let mut table = Table::new("reading a file", "file", &columns).compare(0, 1);
    for measured in all {
        let figures = measured.tests.each_ref().map(|times| figure(times));
        table.push(measured.size.name(), figures);
    }
    table
}

fn reloads(all: &[Measured]) -> Table {
    let columns = [("answer", "ms"), ("work", "ms")];
    let mut table = Table::new("a reload of one line", "file", &columns);
    for measured in all {
        table.push(measured.size.name(), measured.reloaded());
    }
    table
}

fn criteria(measured: &Measured) -> [Criterion; 2] {
    let [vipd, _] = measured.tests.each_ref().map(|times| figure(times));
    let [_, work] = measured.reloaded();
    let named = |what: &str| format!("{what}, {}", measured.size.name());
    [
        Criterion::at_most(named("vipd -t"), READ_MS, "ms", vipd.value),
        Criterion::at_most(named("work of a reload"), WORK_MS, "ms", work.value),
    ]
}

impl Measured {
    /// Time to the answer, and work.
    fn reloaded(&self) -> [Figure; 2] {
        let times: [fn(&Reload) -> Duration; 2] = [|reload| reload.answer, |reload| reload.work];
        times.map(|time| Figure::milliseconds(self.reloads.iter().map(time).map(Some)))
    }
}

fn figure(times: &[Duration]) -> Figure {
    Figure::milliseconds(times.iter().copied().map(Some))
}
