//! What the trials come to.

use super::Outcome;
use super::trial::Trial;
use crate::bench::figures::Figure;
use crate::bench::report::{Criterion, Findings, Table};

const COMPARED: &str = "Two directors on one bridge, in turns with either daemon, and a third host \
    that sends one forged advert over and over. Load is what the flood adds to all processes of a \
    daemon, on the director where that is more. \"Seen\" are the Active director's adverts that a \
    packet socket on the Backup sees meanwhile, of those that its interval makes.";

/// Frames per second without which it is no flood, in thousands.
const RATE_KPPS: f64 = 100.0;
/// Percent of a processor.
const LOAD: f64 = 1.0;
/// Percent of the true adverts: one may fall out at either end.
const SEEN: f64 = 85.0;

/// Of all floods.
pub(super) fn of(outcomes: &[Outcome]) -> Findings {
    let columns = [
        ("vipd", "% of a core"),
        ("keepalived", "% of a core"),
        ("vipd, false takeovers", ""),
        ("keepalived, false takeovers", ""),
        ("vipd, seen", "%"),
        ("keepalived, seen", "%"),
        ("sent to vipd", "kpps"),
        ("sent to keepalived", "kpps"),
    ];
    let mut table = Table::new("load by forged adverts", "flood", &columns);
    for Outcome { case, trials } in outcomes {
        let of_both = |value: fn(&Trial) -> f64| trials.iter().map(value).map(Figure::one);
        let figures = of_both(load)
            .chain(of_both(|trial| trial.takeovers as f64))
            .chain(of_both(seen))
            .chain(of_both(rate));
        table.push(case.name(), figures.collect::<Vec<_>>());
    }
    Findings {
        compared: COMPARED.to_owned(),
        tables: vec![table],
        criteria: criteria(outcomes),
    }
}

/// The last flood, in a line.
pub(super) fn line(outcome: &Outcome) -> String {
    let [vipd, keepalived] = outcome.trials.map(|trial| {
        format!(
            "{:.2} %, {} takeovers at {:.0} kpps",
            load(&trial),
            trial.takeovers,
            rate(&trial)
        )
    });
    let name = outcome.case.name();
    format!("{name}: vipd {vipd}; keepalived {keepalived}")
}

fn criteria(outcomes: &[Outcome]) -> Vec<Criterion> {
    let vipd = || outcomes.iter().map(|outcome| &outcome.trials[0]);
    let takeovers: usize = vipd().map(|trial| trial.takeovers).sum();
    let most = vipd().map(load).fold(0.0, f64::max);
    let least = |value: fn(&Trial) -> f64| vipd().map(value).fold(f64::INFINITY, f64::min);
    vec![
        Criterion::at_most("false takeovers of vipd", 0.0, "", Some(takeovers as f64)),
        Criterion::at_most("load of vipd by any flood", LOAD, "% of a core", Some(most)),
        Criterion::at_least(
            "true adverts seen on the Backup",
            SEEN,
            "%",
            Some(least(seen)),
        ),
        Criterion::at_least("slowest flood", RATE_KPPS, "kpps", Some(least(rate))),
    ]
}

fn load(trial: &Trial) -> f64 {
    trial.load.into_iter().fold(0.0, f64::max) * 100.0
}

fn seen(trial: &Trial) -> f64 {
    trial.seen * 100.0
}

fn rate(trial: &Trial) -> f64 {
    trial.rate / 1e3
}
