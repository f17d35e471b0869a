//! What the trials come to.

use std::time::Duration;

use super::case::{Fault, Interval};
use super::series::{Pairs, Series};
use super::trial::{self, Trial};
use crate::bench::report::{Criterion, Findings, Table};

const COMPARED: &str = "Two directors on one bridge, and a client that requests a page from the \
    VIP every millisecond. The Active director meets a fault; both daemons meet it at the \
    same phases of their interval, in turns. After `freeze` and `kill` a director whose daemon is \
    gone may serve on, which shortens its gap and leaves two that answer for the VIP.";

/// What the silence may last beyond Active_Down_Interval.
const GRACE: Duration = Duration::from_millis(20);
/// What an orderly stop may cost at an interval of one second, in milliseconds.
const STOP_MS: f64 = 20.0;

/// Of all pairs of trials.
pub(super) fn of(all: &[Pairs]) -> Findings {
    let columns = [
        ("vipd", "ms"),
        ("keepalived", "ms"),
        ("vipd answering", "directors"),
        ("keepalived answering", "directors"),
    ];
    let title = "the client's longest time without a page, and who answers in the end";
    let mut table = Table::new(title, "fault", &columns).compare(0, 1);
    for pairs in all {
        let [vipd, keepalived] = &pairs.series;
        let gaps = [vipd.gaps(), keepalived.gaps()];
        let answering = [vipd.most_answering(), keepalived.most_answering()];
        table.push(pairs.name(), [gaps, answering].concat());
    }
    Findings {
        compared: COMPARED.to_owned(),
        criteria: all
            .iter()
            .filter_map(gap_of_client)
            .chain([one_owner(all)])
            .collect(),
        tables: vec![table],
    }
}

/// The last trial with each, in a line.
pub(super) fn last_of(pairs: &Pairs) -> String {
    let show = |trial: &Trial| {
        let gap = trial
            .gap
            .map(|gap| format!("{:.1} ms", gap.as_secs_f64() * 1e3));
        gap.unwrap_or("never".to_owned())
    };
    let last = |series: &Series| series.last().map_or("-".to_owned(), show);
    let [vipd, keepalived] = pairs.series.each_ref().map(last);
    format!("{}: vipd {vipd}, keepalived {keepalived}", pairs.name())
}

fn gap_of_client(pairs: &Pairs) -> Option<Criterion> {
    let silence = pairs.interval.active_down(trial::BACKUP_PRIORITY) + GRACE;
    let bound = match pairs.fault {
        Fault::Stop if pairs.interval == Interval::SECOND => STOP_MS,
        Fault::Stop => return None,
        Fault::Cut | Fault::Freeze | Fault::Kill => silence.as_secs_f64() * 1e3,
    };
    let [vipd, _] = &pairs.series;
    let what = format!("gap after {}", pairs.name());
    Some(Criterion::at_most(what, bound, "ms", vipd.gaps().value))
}

fn one_owner(all: &[Pairs]) -> Criterion {
    let most = all
        .iter()
        .filter_map(|pairs| pairs.series[0].most_answering().value);
    let most = most.fold(0.0, f64::max);
    Criterion::at_most("directors that answer in the end", 1.0, "", Some(most))
}
