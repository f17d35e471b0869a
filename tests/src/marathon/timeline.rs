//! What happened around a finding, for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::fault::Event;
use crate::eyes::Record;
use crate::findings::Round;
use crate::lab::Mac;

/// How far before and after to look.
const BEFORE: Duration = Duration::from_millis(1500);
const AFTER: Duration = Duration::from_millis(500);
/// Events shown before that.
const EVENTS: usize = 8;

/// Events and who answered, in one list, with times relative to the beginning of `span`.
pub(super) fn render(
    record: &Record,
    events: &[Event],
    directors: &[Mac],
    span: &Range<Instant>,
) -> String {
    let shown = span.start - BEFORE..span.end + AFTER;
    let first = events.partition_point(|event| event.from < shown.start);
    let events = events.iter().skip(first.saturating_sub(EVENTS));
    let events = events.filter(|event| event.from < shown.end).map(|event| {
        let name = format!("lb{}", event.director + 1);
        (event.from, format!("  {name}: {}", event.change))
    });
    let answers = runs(record, shown.clone()).into_iter();
    let answers =
        answers.map(|(at, by)| (at, format!("      answered by {}", names(directors, &by))));
    let entries = record.entries(&shown).into_iter();
    let entries = entries.map(|(at, mac)| {
        let name = names(directors, &[mac].into());
        (at, format!("      a neighbour follows {name}"))
    });
    let mut lines: Vec<_> = events.chain(answers).chain(entries).collect();
    lines.sort_by_key(|(at, _)| *at);
    lines.iter().fold(String::new(), |mut text, (at, line)| {
        let _ = writeln!(text, "{:>9.1} ms{line}", relative(*at, span.start));
        text
    })
}

/// Since when who answered.
fn runs(record: &Record, period: Range<Instant>) -> Vec<(Instant, BTreeSet<Mac>)> {
    let rounds = Round::of(&record.transcript, period);
    let mut runs: Vec<_> = rounds
        .map(|round| (round.at(), round.answerers()))
        .collect();
    runs.dedup_by(|(_, next), (_, last)| next == last);
    runs
}

fn names(directors: &[Mac], macs: &BTreeSet<Mac>) -> String {
    let name = |mac: &Mac| match directors.iter().position(|director| director == mac) {
        Some(index) => format!("lb{}", index + 1),
        None => mac.to_string(),
    };
    match macs.is_empty() {
        true => "nobody".to_owned(),
        false => macs.iter().map(name).collect::<Vec<_>>().join(" and "),
    }
}

/// Milliseconds from `zero` to `at`.
fn relative(at: Instant, zero: Instant) -> f64 {
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    match at.checked_duration_since(zero) {
        Some(after) => ms(after),
        None => -ms(zero - at),
    }
}
