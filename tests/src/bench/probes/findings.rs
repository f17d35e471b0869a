//! What the probes come to.

use std::time::Duration;

use super::trial::{Checker, Trial};
use super::{Series, Who};
use crate::bench::figures::Figure;
use crate::bench::report::{Criterion, Findings, Table};

const COMPARED: &str = "Every target is an address of one host with one nginx, and is probed once a \
    second: by vipd's TCP_CHECK and HTTP_GET, and in turn by Debian's haproxy with one thread (check inter \
    1s, and option httpchk). A probe counts when the host that is probed has taken the connection, or the \
    echo. Then nginx is killed: from there to the line in the log that says so of each target. What a target takes of memory is what the \
    process takes beyond what it takes with one.";

/// What a probe may cost, in haproxy's.
const PASS: f64 = 1.0;
/// What thousands of echoes may take of a core, in percent.
const ECHOES: f64 = 30.0;
/// What a target may take of memory, in KiB.
const MEMORY_KIB: f64 = 4.0;
/// How late 99 of 100 probes may be, in milliseconds.
const LATE_MS: f64 = 5.0;
/// The least part of the probes that were asked for.
const KEPT: f64 = 0.95;

/// Columns of a series.
const COLUMNS: [(&str, &str); 7] = [
    ("a probe", "µs"),
    ("a core", "%"),
    ("probes", "a second"),
    ("late, 99 of 100", "ms"),
    ("memory", "MiB"),
    ("death seen, half", "s"),
    ("death seen, 99 of 100", "s"),
];

pub(super) fn of(series: &[Series]) -> Findings {
    let mut table = Table::new("probes once a second", "who and what", &COLUMNS);
    for one in series {
        table.push(one.name(), one.figures());
    }
    Findings {
        compared: COMPARED.to_owned(),
        tables: vec![table],
        criteria: criteria(series),
    }
}

fn criteria(series: &[Series]) -> Vec<Criterion> {
    let find = |who, checker| {
        series
            .iter()
            .find(|one| one.who == who && one.checker == checker)
    };
    let figure = |who, checker, column: usize| find(who, checker)?.figures()[column].value;
    let ratio = |checker| Some(figure(Who::Vipd, checker, 0)? / figure(Who::Haproxy, checker, 0)?);
    let mut criteria = vec![
        Criterion::at_most(
            "a TCP probe, against haproxy's",
            PASS,
            "x",
            ratio(Checker::Tcp),
        ),
        Criterion::at_most(
            "an HTTP probe, against haproxy's",
            PASS,
            "x",
            ratio(Checker::Http),
        ),
        Criterion::at_most(
            "echoes",
            ECHOES,
            "% of a core",
            figure(Who::Vipd, Checker::Ping, 1),
        ),
    ];
    for checker in [Checker::Tcp, Checker::Http, Checker::Ping] {
        let one = find(Who::Vipd, checker);
        criteria.extend([
            Criterion::at_least(
                format!("{checker} probes that were asked for"),
                KEPT,
                "",
                one.and_then(Series::kept),
            ),
            Criterion::at_most(
                format!("{checker}, memory of a target"),
                MEMORY_KIB,
                "KiB",
                one.and_then(Series::memory_of_one),
            ),
            Criterion::at_most(
                format!("{checker} probes, 99 of 100"),
                LATE_MS,
                "ms late",
                figure(Who::Vipd, checker, 3),
            ),
        ]);
    }
    criteria
}

impl Series {
    fn name(&self) -> String {
        let Self {
            who,
            checker,
            targets,
            ..
        } = self;
        format!("{}, {targets} by {checker}", who.name())
    }

    /// As in [`COLUMNS`].
    fn figures(&self) -> [Figure; 7] {
        let figure =
            |value: fn(&Trial) -> Option<f64>| Figure::median(self.trials.iter().map(value));
        [
            figure(Trial::each),
            figure(|trial| Some(trial.share())),
            figure(|trial| Some(trial.rate())),
            figure(|trial| trial.late().map(milliseconds)),
            figure(|trial| Some(trial.memory() as f64 / f64::from(1 << 20))),
            figure(|trial| trial.seen(0.5)),
            figure(|trial| trial.seen(0.99)),
        ]
    }

    /// Part of the probes that were asked for.
    fn kept(&self) -> Option<f64> {
        Some(self.figures()[2].value? / f64::from(self.targets))
    }

    /// Memory for each target beyond the first, in KiB.
    fn memory_of_one(&self) -> Option<f64> {
        let targets = self.trials.iter();
        let targets = targets.map(|trial| Some(trial.memory().saturating_sub(self.empty) as f64));
        Some(Figure::median(targets).value? / 1024.0 / f64::from(self.targets))
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
