//! Trials of one kind.

use std::time::Duration;

use super::case::{Fault, Interval};
use super::trial::Trial;

/// Trials with both daemons, in the same order of phases.
pub(super) struct Pairs {
    pub(super) interval: Interval,
    pub(super) fault: Fault,
    pub(super) vipd: Series,
    pub(super) keepalived: Series,
}

impl Pairs {
    /// Median of `vipd` over that of keepalived; `None` unless both have one.
    pub(super) fn ratio(&self) -> Option<f64> {
        let (ours, theirs) = (self.vipd.median()?, self.keepalived.median()?);
        Some(ours.as_secs_f64() / theirs.as_secs_f64())
    }
}

/// Trials with one daemon.
#[derive(Debug, Default)]
pub(super) struct Series(Vec<Trial>);

impl Series {
    pub(super) fn push(&mut self, trial: Trial) {
        self.0.push(trial);
    }

    pub(super) fn trials(&self) -> &[Trial] {
        &self.0
    }

    /// Median of the gaps; a client that never came back counts as longer than any. `None` if that
    /// is the median, or without trials.
    pub(super) fn median(&self) -> Option<Duration> {
        let mut gaps: Vec<_> = self
            .0
            .iter()
            .map(|trial| trial.gap.unwrap_or(Duration::MAX))
            .collect();
        gaps.sort_unstable();
        let upper = *gaps.get(gaps.len() / 2)?;
        let lower = *gaps.get(gaps.len().saturating_sub(1) / 2)?;
        (upper < Duration::MAX).then(|| (lower + upper) / 2)
    }

    /// Most directors that answered in the end of a trial.
    pub(super) fn most_answering(&self) -> usize {
        self.0
            .iter()
            .map(|trial| trial.answering)
            .max()
            .unwrap_or(0)
    }

    /// Whether the client always came back, and lb2 alone answered in the end.
    pub(super) fn is_good(&self) -> bool {
        let good =
            |trial: &Trial| trial.gap.is_some() && trial.takeover.is_some() && trial.answering == 1;
        self.0.iter().all(good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(gaps: &[Option<u64>]) -> Series {
        let trials = gaps.iter().map(|gap| Trial {
            gap: gap.map(Duration::from_millis),
            takeover: Some(Duration::ZERO),
            lost: 0,
            answering: 1,
        });
        Series(trials.collect())
    }

    #[test]
    fn the_median_counts_those_who_never_came_back() {
        let median = |gaps| series(gaps).median().map(|gap| gap.as_millis());
        assert_eq!(median(&[Some(30), Some(10), Some(20)]), Some(20));
        assert_eq!(median(&[Some(10), Some(20)]), Some(15));
        assert_eq!(median(&[Some(10), Some(20), None]), Some(20));
        assert_eq!(median(&[Some(10), None, None]), None);
        assert_eq!(median(&[]), None);
        assert!(!series(&[None]).is_good());
    }
}
