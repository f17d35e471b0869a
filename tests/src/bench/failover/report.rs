//! Figures for people, and for programs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::series::{Pairs, Series};
use super::trial::Trial;

#[derive(Serialize)]
struct Row {
    fault: &'static str,
    advert_int_s: f64,
    vrrp_version: u8,
    vipd: Figures,
    keepalived: Figures,
    ratio_of_medians: Option<f64>,
}

#[derive(Serialize)]
struct Figures {
    median_gap_ms: Option<f64>,
    most_directors_answering: usize,
    trials: Vec<TrialFigures>,
}

#[derive(Serialize)]
struct TrialFigures {
    gap_ms: Option<f64>,
    takeover_ms: Option<f64>,
    requests_lost: usize,
    directors_answering: usize,
}

/// The last pair of trials, in a line.
pub(super) fn pair([vipd, keepalived]: &[Series; 2]) -> String {
    let last = |series: &Series| match series.trials().last() {
        Some(trial) => format!("{} ({} answer)", show(trial.gap), trial.answering),
        None => "-".to_owned(),
    };
    format!(
        "vipd {:>24}   keepalived {:>24}",
        last(vipd),
        last(keepalived)
    )
}

/// Medians of everything.
pub(super) fn table(all: &[Pairs]) -> String {
    let mut text = format!(
        "\n{:>10}  {:6}  {:>6}  {:>12}  {:>12}  {:>6}  {}\n",
        "advert_int", "fault", "pairs", "vipd", "keepalived", "ratio", "directors answering after"
    );
    for pairs in all {
        let ratio = pairs
            .ratio()
            .map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        text.push_str(&format!(
            "{:>10}  {:6}  {:>6}  {:>12}  {:>12}  {ratio:>6}  vipd {}, keepalived {}\n",
            pairs.interval.to_string(),
            pairs.fault.name(),
            pairs.vipd.trials().len(),
            show(pairs.vipd.median()),
            show(pairs.keepalived.median()),
            pairs.vipd.most_answering(),
            pairs.keepalived.most_answering(),
        ));
    }
    text.push_str(
        "\ngap: the client's longest time without a page, median; after freeze and kill a \
         director\nwhose daemon is gone may serve on, which shortens the gap and leaves two that \
         answer\n",
    );
    text
}

/// Writes every figure to `file`.
pub(super) fn write(file: &Path, all: &[Pairs]) -> Result<()> {
    let rows: Vec<Row> = all.iter().map(Row::of).collect();
    let text = serde_json::to_string_pretty(&rows)?;
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

impl Row {
    fn of(pairs: &Pairs) -> Self {
        Self {
            fault: pairs.fault.name(),
            advert_int_s: pairs.interval.duration().as_secs_f64(),
            vrrp_version: pairs.interval.version(),
            vipd: Figures::of(&pairs.vipd),
            keepalived: Figures::of(&pairs.keepalived),
            ratio_of_medians: pairs.ratio(),
        }
    }
}

impl Figures {
    fn of(series: &Series) -> Self {
        Self {
            median_gap_ms: milliseconds(series.median()),
            most_directors_answering: series.most_answering(),
            trials: series.trials().iter().map(TrialFigures::of).collect(),
        }
    }
}

impl TrialFigures {
    fn of(trial: &Trial) -> Self {
        Self {
            gap_ms: milliseconds(trial.gap),
            takeover_ms: milliseconds(trial.takeover),
            requests_lost: trial.lost,
            directors_answering: trial.answering,
        }
    }
}

fn milliseconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64() * 1e3)
}

fn show(time: Option<Duration>) -> String {
    milliseconds(time).map_or("never".to_owned(), |time| format!("{time:.1} ms"))
}
