//! What the runs come to.

use super::trial::Trial;
use super::{Effort, Measured};
use crate::bench::figures::Figure;
use crate::bench::report::{Criterion, Findings, Table};

const COMPARED: &str = "Two directors on one cable with 255 virtual routers each, VRRP version 3 \
    at 10 ms, first with vipd, then with keepalived; on a machine that does nothing else, and on \
    one with a busy loop on every processor. The bare loop sends 255 such adverts in one system \
    call every 10 ms, for a while before vipd and after. A run in which the machine stood still for \
    more than 15 ms is repeated up to three times; the last one counts. A daemon that the machine \
    does not let run sends less than it should and takes less time for it, which is why the time is \
    also compared per frame.";

/// Part of keepalived's processor time that vipd may take while Active.
const OF_KEEPALIVED: f64 = 1.0 / 15.0;
/// How many times the bare loop's it may be.
const OF_BARE: f64 = 3.0;
/// Per cent of a processor that a Backup may take.
const OF_BACKUP: f64 = 1.0;

pub(super) fn of(all: &[Measured]) -> Findings {
    Findings {
        compared: COMPARED.to_owned(),
        tables: vec![shares(all), runs(all)],
        criteria: all.iter().flat_map(criteria).collect(),
    }
}

fn shares(all: &[Measured]) -> Table {
    let columns = [
        ("vipd Active", "%"),
        ("keepalived Active", "%"),
        ("bare loop", "%"),
        ("vipd Backup", "%"),
        ("keepalived Backup", "%"),
    ];
    let title = "processor time, of one processor";
    let mut table = Table::new(title, "machine", &columns).compare(0, 1);
    for measured in all {
        let [vipd, keepalived] = [&measured.vipd, &measured.keepalived].map(|runs| runs.last());
        let active = |trial: Option<&Trial>| percent(trial.map(|trial| trial.active.processor));
        let backup = |trial: Option<&Trial>| percent(trial.map(|trial| trial.backup.processor));
        table.push(
            measured.load.to_string(),
            [
                active(vipd),
                active(keepalived),
                percent(Some(measured.bare)),
                backup(vipd),
                backup(keepalived),
            ],
        );
    }
    table
}

fn runs(all: &[Measured]) -> Table {
    let columns = [
        ("false takeovers", ""),
        ("longest stall of the machine", "ms"),
        ("taken by the hypervisor", "%"),
        ("Active", "%"),
        ("its frames", "/s"),
        ("its wake-ups", "/s"),
        ("Backup", "%"),
        ("its wake-ups", "/s"),
    ];
    let mut table = Table::new("every run", "run", &columns);
    for measured in all {
        for (name, runs) in [
            ("vipd", &measured.vipd),
            ("keepalived", &measured.keepalived),
        ] {
            for (number, trial) in (1..).zip(runs) {
                let name = format!("{name}, {}, run {number}", measured.load);
                let stall = trial.stall.as_secs_f64() * 1e3;
                let figures = [
                    Figure::one(count(trial.takeovers)),
                    Figure::one(stall),
                    percent(Some(trial.stolen)),
                    percent(Some(trial.active.processor)),
                    Figure::one(trial.active.frames),
                    Figure::one(trial.active.wake_ups),
                    percent(Some(trial.backup.processor)),
                    Figure::one(trial.backup.wake_ups),
                ];
                table.push(name, figures);
            }
        }
    }
    table
}

fn criteria(measured: &Measured) -> [Criterion; 5] {
    let Measured { load, bare, .. } = measured;
    let (vipd, keepalived) = (measured.vipd.last(), measured.keepalived.last());
    let pair = vipd.zip(keepalived);
    let compared = |part: fn(&Effort) -> f64| {
        pair.map(|(ours, theirs)| part(&ours.active) / part(&theirs.active))
    };
    let of_bare = vipd.map(|ours| ours.active.processor / bare);
    let backup = vipd.map(|ours| 100.0 * ours.backup.processor);
    let takeovers = vipd.map(|ours| count(ours.takeovers));
    let named = |what: &str| format!("{what}, {load}");
    [
        Criterion::at_most(
            named("Active, times keepalived"),
            OF_KEEPALIVED,
            "",
            compared(|effort| effort.processor),
        ),
        Criterion::at_most(
            named("Active, per frame, times keepalived"),
            OF_KEEPALIVED,
            "",
            compared(Effort::of_a_frame),
        ),
        Criterion::at_most(named("Active, times the bare loop"), OF_BARE, "", of_bare),
        Criterion::at_most(named("Backup"), OF_BACKUP, "%", backup),
        Criterion::at_most(named("false takeovers"), 0.0, "", takeovers),
    ]
}

fn percent(share: Option<f64>) -> Figure {
    share.map_or_else(Figure::none, |share| Figure::one(100.0 * share))
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
