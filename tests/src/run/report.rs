//! `failover.json` and `failover.svg`.

use std::fs;

use anyhow::{Context, Result};
use serde::Serialize;

use super::lane::{self, Cell};
use super::outcome::{CELL, LEAD, Outcome};
use super::picture;
use super::stage::{REQUEST_EVERY, Stage};
use crate::lab::Tools;

#[derive(Serialize)]
struct Report {
    directors: [&'static str; 2],
    nginx: bool,
    request_every_ms: u128,
    faults: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    fault: &'static str,
    gap_ms: Option<f64>,
    requests_lost: usize,
    owner_after: Vec<String>,
    address_installed_on: Vec<String>,
    directors_answering: usize,
    questions_after_switch: usize,
    wrong_answers_after_switch: usize,
    longest_pause_of_prober_ms: f64,
    good: bool,
    timeline: Vec<Span>,
}

/// Who answered from when to when, in milliseconds from the fault.
#[derive(Serialize)]
struct Span {
    who: &'static str,
    from_ms: i128,
    to_ms: i128,
}

/// Writes both files below `HA_TARGET`; returns a line that names them.
pub(super) fn write(stage: &Stage, outcomes: &[Outcome]) -> Result<String> {
    let directory = Tools::target()?.join("run");
    fs::create_dir_all(&directory)?;
    let directors = stage.directors.each_ref();
    let directors = directors.map(|director| director.software.name());
    let report = Report {
        directors,
        nginx: stage.has_nginx,
        request_every_ms: REQUEST_EVERY.as_millis(),
        faults: outcomes.iter().map(Row::of).collect(),
    };
    let json = directory.join("failover.json");
    let text = serde_json::to_string_pretty(&report)?;
    fs::write(&json, text).with_context(|| format!("cannot write {}", json.display()))?;
    let drawing = directory.join("failover.svg");
    fs::write(&drawing, picture::draw(directors, outcomes))
        .with_context(|| format!("cannot write {}", drawing.display()))?;
    Ok(format!("{}\n{}", drawing.display(), json.display()))
}

impl Row {
    fn of(outcome: &Outcome) -> Self {
        Self {
            fault: outcome.fault.name(),
            gap_ms: outcome.gap.map(|gap| gap.length.as_secs_f64() * 1e3),
            requests_lost: outcome.lost,
            owner_after: outcome.owners.clone(),
            address_installed_on: outcome.installed.clone(),
            directors_answering: outcome.owners.len(),
            questions_after_switch: outcome.questions,
            wrong_answers_after_switch: outcome.wrong,
            longest_pause_of_prober_ms: outcome.longest_pause.as_secs_f64() * 1e3,
            good: outcome.is_good(),
            timeline: lane::runs(&outcome.timeline)
                .into_iter()
                .map(Span::of)
                .collect(),
        }
    }
}

impl Span {
    fn of((cell, first, end): (Cell, usize, usize)) -> Self {
        let at = |index: usize| (CELL.as_millis() * index as u128).cast_signed();
        let lead = LEAD.as_millis().cast_signed();
        Self {
            who: match cell {
                Cell::Nobody => "nobody",
                Cell::One(0) => "lb1",
                Cell::One(_) => "lb2",
                Cell::Both => "both",
            },
            from_ms: at(first) - lead,
            to_ms: at(end) - lead,
        }
    }
}
