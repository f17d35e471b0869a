//! What happened around a finding, for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::fault::Event;
use crate::eyes::Record;
use crate::findings::Round;
use crate::lab::{Frame, Line, Mac};

/// How far before and after to look.
const BEFORE: Duration = Duration::from_millis(1500);
const AFTER: Duration = Duration::from_millis(500);
/// Events shown before that.
const EVENTS: usize = 12;

/// Everything that is known of some time.
pub(super) struct Story<'a> {
    pub(super) record: &'a Record,
    pub(super) events: &'a [Event],
    /// As they passed on the bridge.
    pub(super) adverts: &'a [Frame],
    /// What each director has logged.
    pub(super) logs: Vec<Vec<Line>>,
    pub(super) directors: &'a [Mac],
}

impl Story<'_> {
    /// All of it around `span` in one list, with times relative to its beginning.
    pub(super) fn render(&self, span: &Range<Instant>) -> String {
        let shown = span.start - BEFORE..span.end + AFTER;
        let first = self
            .events
            .partition_point(|event| event.from < shown.start);
        let before = self.events[first.saturating_sub(EVENTS)..first].iter();
        let before = before.map(|event| (event.from, told(event)));
        let mut lines: Vec<_> = before
            .chain(self.entries().filter(|(at, _)| shown.contains(at)))
            .collect();
        lines.sort_by_key(|(at, _)| *at);
        let repeats = lines.chunk_by(|(_, line), (_, next)| line == next);
        repeats.fold(String::new(), |mut text, same| {
            let (at, line) = &same[0];
            let _ = write!(text, "{:>9.1} ms{line}", relative(*at, span.start));
            if let [_, .., (last, _)] = same {
                let (times, last) = (same.len(), relative(*last, span.start));
                let _ = write!(text, " ({times} times, until {last:.1} ms)");
            }
            text.push('\n');
            text
        })
    }

    fn entries(&self) -> impl Iterator<Item = (Instant, String)> {
        let events = self.events.iter().map(|event| (event.from, told(event)));
        let adverts = self.adverts.iter().map(|frame| {
            let priority = frame.priority();
            let by = self.names(frame.source());
            (frame.at, format!("      {by} advertises {priority:?}"))
        });
        let speech = self.record.speech.iter().filter(|frame| !frame.is_advert());
        let speech = speech.map(|frame| {
            let by = self.names(frame.source());
            (frame.at, format!("      {by} speaks: {}", kind(frame)))
        });
        let answers = runs(self.record).into_iter();
        let answers = answers.map(|(at, by)| (at, format!("    answered by {}", self.names(by))));
        let neighbours = self.record.entries.iter();
        let neighbours = neighbours.map(|(at, mac)| {
            (
                *at,
                format!("    a neighbour follows {}", self.names([*mac])),
            )
        });
        let logs = self.logs.iter().zip(1..).flat_map(|(log, number)| {
            let line = move |line: &Line| (line.at, format!("    lb{number} logs {}", line.text));
            log.iter().map(line)
        });
        events
            .chain(adverts)
            .chain(speech)
            .chain(answers)
            .chain(neighbours)
            .chain(logs)
    }

    fn names(&self, macs: impl IntoIterator<Item = Mac>) -> String {
        let name = |mac: Mac| match self.directors.iter().position(|one| *one == mac) {
            Some(index) => format!("lb{}", index + 1),
            None => mac.to_string(),
        };
        let names: Vec<_> = macs.into_iter().map(name).collect();
        match names.is_empty() {
            true => "nobody".to_owned(),
            false => names.join(" and "),
        }
    }
}

fn told(event: &Event) -> String {
    format!("  lb{}: {}", event.director + 1, event.change)
}

/// What somebody said as the VIP. Traffic that goes on all the time is told from the rest.
fn kind(frame: &Frame) -> String {
    match frame.bytes.get(23) {
        _ if frame.is_arp() => format!("ARP {:02x?}", frame.bytes.get(20..42)),
        Some(protocol) => format!("IP protocol {protocol}, {} octets", frame.bytes.len()),
        None => "a short frame".to_owned(),
    }
}

/// Since when who answered.
fn runs(record: &Record) -> Vec<(Instant, BTreeSet<Mac>)> {
    let mut runs: Vec<_> = Round::all(&record.transcript)
        .map(|round| (round.at(), round.answerers()))
        .collect();
    runs.dedup_by(|(_, next), (_, last)| next == last);
    runs
}

/// Milliseconds from `zero` to `at`.
fn relative(at: Instant, zero: Instant) -> f64 {
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    match at.checked_duration_since(zero) {
        Some(after) => ms(after),
        None => -ms(zero - at),
    }
}
