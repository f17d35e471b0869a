//! Trials of one kind.

use super::case::{Fault, Interval};
use super::trial::Trial;
use crate::bench::figures::Figure;

/// Trials with both daemons, in the same order of phases.
pub(super) struct Pairs {
    pub(super) interval: Interval,
    pub(super) fault: Fault,
    /// vipd, keepalived.
    pub(super) series: [Series; 2],
}

impl Pairs {
    pub(super) fn name(&self) -> String {
        format!("{}, {} s", self.fault.name(), self.interval)
    }

    /// A figure of vipd's trials, and of keepalived's.
    pub(super) fn both(&self, figure: fn(&Series) -> Figure) -> [Figure; 2] {
        self.series.each_ref().map(figure)
    }
}

/// Trials with one daemon.
#[derive(Debug, Default)]
pub(super) struct Series(Vec<Trial>);

impl Series {
    pub(super) fn push(&mut self, trial: Trial) {
        self.0.push(trial);
    }

    pub(super) fn last(&self) -> Option<&Trial> {
        self.0.last()
    }

    /// Longest times without an answer, in milliseconds.
    pub(super) fn silences(&self) -> Figure {
        Figure::milliseconds(self.0.iter().map(|trial| trial.silence))
    }

    /// The client's gaps, in milliseconds.
    pub(super) fn gaps(&self) -> Figure {
        Figure::milliseconds(self.0.iter().map(|trial| trial.gap))
    }

    /// Times of two owners, in milliseconds.
    pub(super) fn doubled(&self) -> Figure {
        Figure::milliseconds(self.0.iter().map(|trial| trial.doubled))
    }

    /// Questions that two directors answered, of all trials.
    pub(super) fn doubled_questions(&self) -> Figure {
        let counts = self.0.iter().map(|trial| trial.doubled_questions);
        Figure::one(counts.sum::<usize>() as f64)
    }

    /// Most directors that answered in the end of a trial.
    pub(super) fn most_answering(&self) -> Figure {
        let counts = self.0.iter().map(|trial| trial.answering);
        Figure::one(counts.max().unwrap_or(0) as f64)
    }
}
