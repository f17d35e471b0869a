//! What a course has come to so far.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Instant;

use super::fault::Fault;
use super::judge::Finding;
use crate::eyes::Record;
use crate::findings::Round;

/// Of so many faults the machine may spoil one.
const SPOILT: usize = 100;

/// Counts, and the extremes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    faults: BTreeMap<Fault, usize>,
    rounds: usize,
    answered: usize,
    violations: usize,
    spoilt: usize,
}

impl Tally {
    pub(super) fn count(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// Counts the questions of `period`.
    pub(super) fn add(&mut self, record: &Record, period: &Range<Instant>) {
        for round in Round::of(&record.transcript, period.clone()) {
            self.rounds += 1;
            self.answered += usize::from(round.is_answered());
        }
    }

    pub(super) fn note(&mut self, finding: &Finding) {
        match finding.is_spoilt() {
            true => self.spoilt += 1,
            false => self.violations += 1,
        }
    }

    /// Faults so far.
    pub(super) fn faults(&self) -> usize {
        self.faults.values().sum()
    }

    /// Whether nothing was seen that must not be, and the machine spoilt little.
    pub(super) fn is_good(&self) -> bool {
        self.violations == 0 && self.spoilt * SPOILT <= self.faults().max(SPOILT)
    }

    /// How often each fault was made.
    pub(super) fn kinds(&self) -> String {
        let kinds = self.faults.iter();
        let kinds: Vec<_> = kinds
            .map(|(fault, count)| format!("{count} x {fault}"))
            .collect();
        kinds.join(", ")
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} faults; {} rounds of questions, {:.1} % answered; two owners or a stranger {} \
             times, and {} times that the machine spoilt",
            self.faults(),
            self.rounds,
            100.0 * self.answered as f64 / self.rounds.max(1) as f64,
            self.violations,
            self.spoilt,
        )
    }
}
