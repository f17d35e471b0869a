//! What the trials come to.

use std::time::Duration;

use super::case::{Fault, Interval};
use super::series::{Pairs, Series};
use super::trial::{self, Trial};
use crate::bench::figures::{Figure, number};
use crate::bench::report::{Criterion, Findings, Table};

const COMPARED: &str = "Two directors on one bridge (priorities 110 and 100). A third host asks every \
    millisecond who has the VIP: an ARP question to everybody, and an echo request to each director's \
    own MAC. A fourth requests a page from the VIP every millisecond. The Active director meets a \
    fault; both daemons meet it at the same phases of their interval, in turns. Silence is the \
    longest time in which not both ARP and an echo were answered. It says nothing good of a director \
    that is frozen or dead while its kernel answers on: the last table has the times in which two \
    directors answered the same question. A trial in which the machine stood still for more than \
    15 ms is repeated up to two times; the last one counts.";

/// What the silence may last beyond Active_Down_Interval.
const GRACE: Duration = Duration::from_millis(20);
/// What an orderly stop may cost at an interval of one second, and the death of a worker at any, in
/// milliseconds.
const HANDOVER_MS: f64 = 20.0;
/// What the death of a worker may cost in the worst trial, in milliseconds.
const WORST_MS: f64 = 60.0;

/// Of all pairs of trials.
pub(super) fn of(all: &[Pairs]) -> Findings {
    Findings {
        compared: COMPARED.to_owned(),
        criteria: all
            .iter()
            .flat_map(silence_of)
            .chain(one_owner(all))
            .collect(),
        tables: vec![
            times("silence", all, Series::silences),
            times(
                "the client's longest time without a page",
                all,
                Series::gaps,
            ),
            owners(all),
        ],
    }
}

fn times(title: &str, all: &[Pairs], figure: fn(&Series) -> Figure) -> Table {
    let columns = [("vipd", "ms"), ("keepalived", "ms")];
    let mut table = Table::new(title, "fault, advert_int", &columns).compare(0, 1);
    for pairs in all {
        table.push(pairs.name(), pairs.both(figure));
    }
    table
}

fn owners(all: &[Pairs]) -> Table {
    let title = "time in which two directors answered the same question";
    let columns = [
        ("vipd", "ms"),
        ("keepalived", "ms"),
        ("vipd", "times"),
        ("keepalived", "times"),
    ];
    let mut table = Table::new(title, "fault, advert_int", &columns);
    for pairs in all {
        let figures = [Series::doubled, Series::doubled_questions];
        table.push(pairs.name(), figures.map(|it| pairs.both(it)).concat());
    }
    table
}

/// The last trial with each, in a line.
pub(super) fn last_of(pairs: &Pairs) -> String {
    let show = |trial: &Trial| {
        let silence = trial.silence.map_or(f64::INFINITY, milliseconds);
        format!("{} ms, {} twice", number(silence), trial.doubled_questions)
    };
    let last = |series: &Series| series.last().map_or("-".to_owned(), show);
    let [vipd, keepalived] = pairs.series.each_ref().map(last);
    format!("{}: vipd {vipd}; keepalived {keepalived}", pairs.name())
}

/// What is promised of vipd's silence.
fn silence_of(pairs: &Pairs) -> Vec<Criterion> {
    let [silence, _] = pairs.both(Series::silences);
    let (name, worst) = (pairs.name(), silence.worst());
    let median = || {
        Criterion::at_most(
            format!("median silence, {name}"),
            HANDOVER_MS,
            "ms",
            silence.value,
        )
    };
    let longest =
        |bound| Criterion::at_most(format!("longest silence, {name}"), bound, "ms", worst);
    match pairs.fault {
        Fault::Stop if pairs.interval == Interval::SECOND => vec![median()],
        Fault::Stop => vec![],
        Fault::Worker => vec![median(), longest(WORST_MS)],
        Fault::Cut | Fault::Freeze | Fault::Kill => {
            let active_down = pairs.interval.active_down(trial::BACKUP_PRIORITY);
            vec![longest(milliseconds(active_down + GRACE))]
        }
    }
}

fn one_owner(all: &[Pairs]) -> [Criterion; 2] {
    let of_vipd = |figure: fn(&Series) -> Figure| {
        all.iter()
            .filter_map(move |pairs| figure(&pairs.series[0]).value)
    };
    let doubled = of_vipd(Series::doubled_questions).sum();
    let most = of_vipd(Series::most_answering).fold(0.0, f64::max);
    [
        Criterion::at_most("questions with two answers", 0.0, "", Some(doubled)),
        Criterion::at_most("directors that answer in the end", 1.0, "", Some(most)),
    ]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
