//! Which of what was seen may not be.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::fault::{Change, Event};
use crate::eyes::Record;
use crate::findings::{REACH, Round};
use crate::lab::{Frame, Mac, Stalls};

/// Promised for two Active directors that meet, beyond one interval.
const MEETING: Duration = Duration::from_millis(5);
/// How far the clocks of two threads are apart that note what they do.
const NOISE: Duration = Duration::from_millis(15);
/// A shorter stall cannot make two directors answer: adverts have that much time to arrive.
const EXCUSE: Duration = Duration::from_millis(10);

/// What must not be.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// In words.
    pub(super) what: String,
    /// When it was seen.
    pub(super) span: Range<Instant>,
    /// How long the machine stood still about then.
    pub(super) stall: Duration,
}

impl Finding {
    /// Whether the machine may have done it.
    pub(super) fn is_spoilt(&self) -> bool {
        self.stall >= EXCUSE
    }
}

/// Looks for more than one owner.
pub(super) struct Judge<'a> {
    pub(super) events: &'a [Event],
    pub(super) adverts: &'a [Frame],
    pub(super) interval: Duration,
    pub(super) stalls: &'a Stalls,
}

impl Judge<'_> {
    /// Everything in `record` that must not be in `period`.
    pub(super) fn findings(&self, record: &Record, period: &Range<Instant>) -> Vec<Finding> {
        let excused = self.excused();
        let at_all = |at: &Instant| !excused.iter().any(|window| window.contains(at));
        let rounds = Round::of(&record.transcript, period.clone());
        let doubled = rounds
            .filter(Round::is_doubled)
            .map(|round| (round.at(), round.answerers()));
        let strangers = record.strangers(period).into_iter();
        let strangers = strangers.filter(|frame| !self.owned_for_a_moment(frame));
        let strangers = strangers.map(|frame| {
            (
                frame.at,
                frame.source().into_iter().collect::<BTreeSet<_>>(),
            )
        });
        let doubled = self.join("two answered", doubled.filter(|(at, _)| at_all(at)));
        let strangers = self.join(
            "spoke without answering",
            strangers.filter(|(at, _)| at_all(at)),
        );
        [doubled, strangers].concat()
    }

    /// Whether who spoke `frame` has said just before that it takes over, and just afterwards that it
    /// leaves: between two rounds of questions nobody asks it.
    fn owned_for_a_moment(&self, frame: &Frame) -> bool {
        let said = |span: Range<Instant>, leaves: bool| {
            let adverts = self.adverts.iter();
            let mut own = adverts.filter(|advert| advert.source() == frame.source());
            own.any(|advert| {
                let priority = advert.priority();
                span.contains(&advert.at) && priority.is_some_and(|octet| (octet == 0) == leaves)
            })
        };
        said(frame.at - REACH..frame.at, false) && said(frame.at..frame.at + REACH, true)
    }

    /// When two may answer: while a cut in one direction lasts, and when directors meet after a
    /// cut, which takes longer if something else happens to one of them at that moment.
    fn excused(&self) -> Vec<Range<Instant>> {
        let mut windows = Vec::new();
        for event in self.events {
            let Change::Cure(fault) = event.change else {
                continue;
            };
            let begun = match fault.is_one_way() {
                true => self.strike_before(event),
                false => event.from,
            };
            if fault.separates() {
                windows.push(begun - NOISE..event.to + self.meeting(event) + MEETING + NOISE);
            }
        }
        windows.extend(self.lasting());
        windows
    }

    /// One interval; three if another event is so near that the lease of a director that has
    /// stopped speaking may still hold: it is fenced after one and a half, by the next advert.
    fn meeting(&self, healed: &Event) -> Duration {
        let near = 3 * self.interval;
        let around = healed.from - near..healed.to + near;
        let others = self.events.iter().filter(|event| {
            event.from != healed.from && around.start < event.to && event.from < around.end
        });
        self.interval * if others.count() == 0 { 1 } else { 3 }
    }

    fn strike_before(&self, cure: &Event) -> Instant {
        let mut before = self.events.iter().rev();
        let strike = before.find(|event| {
            event.director == cure.director
                && event.from < cure.from
                && matches!(event.change, Change::Strike(_))
        });
        strike.map_or(cure.from, |event| event.from)
    }

    /// Cuts in one direction that are not cured yet.
    fn lasting(&self) -> impl Iterator<Item = Range<Instant>> {
        let open = self.events.iter().filter(|event| {
            let one_way = matches!(event.change, Change::Strike(fault) if fault.is_one_way());
            let later =
                |other: &&Event| other.director == event.director && other.from > event.from;
            one_way && !self.events.iter().any(|other| later(&other))
        });
        let end = Instant::now();
        open.map(move |event| event.from - NOISE..end)
    }

    fn join(
        &self,
        what: &str,
        seen: impl Iterator<Item = (Instant, BTreeSet<Mac>)>,
    ) -> Vec<Finding> {
        let mut joined: Vec<(Range<Instant>, BTreeSet<Mac>)> = Vec::new();
        for (at, by) in seen {
            match joined.last_mut() {
                Some((span, all)) if at - span.end <= self.interval => {
                    span.end = at;
                    all.extend(by);
                }
                _ => joined.push((at..at, by)),
            }
        }
        let finding = |(span, by): (Range<Instant>, BTreeSet<Mac>)| {
            let by: Vec<_> = by.iter().map(Mac::to_string).collect();
            let length = span.end - span.start;
            Finding {
                what: format!("{what} for {length:.1?}: {}", by.join(", ")),
                stall: self
                    .stalls
                    .longest(&(span.start - 4 * self.interval..span.end + NOISE)),
                span,
            }
        };
        joined.into_iter().map(finding).collect()
    }
}
