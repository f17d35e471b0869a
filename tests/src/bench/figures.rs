//! Figures: samples, their median, and how a number is shown.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What was measured for one cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What the table shows; `None` is "never" or "not measured".
    pub value: Option<f64>,
    /// What it is made of, in the order of measuring; `None` is longer than anything. Empty for a
    /// figure that was measured once, or counted.
    pub samples: Vec<Option<f64>>,
}

impl Figure {
    /// One number.
    #[must_use]
    pub fn one(value: f64) -> Self {
        Self {
            value: Some(value),
            samples: Vec::new(),
        }
    }

    /// Nothing to show, or never.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The median of `samples`, in which `None` is more than anything. `None` if that is the
    /// median, or without samples.
    #[must_use]
    pub fn median(samples: impl IntoIterator<Item = Option<f64>>) -> Self {
        let samples: Vec<_> = samples.into_iter().collect();
        let sorted = sorted(&samples);
        let middle = [sorted.len().saturating_sub(1) / 2, sorted.len() / 2]
            .map(|index| sorted.get(index).copied().unwrap_or(f64::INFINITY));
        let value = (middle[0] + middle[1]) / 2.0;
        Self {
            value: value.is_finite().then_some(value),
            samples,
        }
    }

    /// As [`Self::median`], of times, in milliseconds.
    #[must_use]
    pub fn milliseconds(samples: impl IntoIterator<Item = Option<Duration>>) -> Self {
        let in_ms = |time: Duration| time.as_secs_f64() * 1e3;
        Self::median(samples.into_iter().map(|sample| sample.map(in_ms)))
    }

    /// Least and most of the samples, infinite for one that is more than anything; `None` without
    /// two samples.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        match sorted(&self.samples)[..] {
            [least, .., most] => Some((least, most)),
            _ => None,
        }
    }

    /// Most of the samples, or the value where there are none; `None` is "never".
    #[must_use]
    pub fn worst(&self) -> Option<f64> {
        let most = sorted(&self.samples).pop().or(self.value);
        most.filter(|most| most.is_finite())
    }

    /// How many times `reference` this is: the median over the rounds of each round's ratio where
    /// both were measured in rounds, else the ratio of the values.
    #[must_use]
    pub fn ratio_to(&self, reference: &Self) -> Option<f64> {
        let (own, other) = (self.all_samples(), reference.all_samples());
        let of_values = || Some(self.value? / reference.value?);
        let ratio = match (own, other) {
            (Some(own), Some(other)) if own.len() == other.len() => {
                let ratios = own.iter().zip(&other).map(|(own, other)| Some(own / other));
                Self::median(ratios).value
            }
            _ => of_values(),
        };
        ratio.filter(|ratio| ratio.is_finite())
    }

    /// The samples, if there are some and all of them are numbers.
    fn all_samples(&self) -> Option<Vec<f64>> {
        let samples: Option<Vec<f64>> = self.samples.iter().copied().collect();
        samples.filter(|samples| !samples.is_empty())
    }

    /// The value: `∞` is "never", `-` nothing to show.
    #[must_use]
    pub fn show(&self) -> String {
        match self.value {
            Some(value) => number(value),
            None if self.samples.is_empty() => "-".to_owned(),
            None => number(f64::INFINITY),
        }
    }

    /// The value, and least and most of what it is the median of, where these differ.
    #[must_use]
    pub fn show_with_spread(&self) -> String {
        match self
            .range()
            .map(|(least, most)| (number(least), number(most)))
        {
            Some((least, most)) if least != most => format!("{} ({least} to {most})", self.show()),
            _ => self.show(),
        }
    }
}

/// In ascending order; `None` is more than anything.
fn sorted(samples: &[Option<f64>]) -> Vec<f64> {
    let numbers = samples.iter().map(|it| it.unwrap_or(f64::INFINITY));
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The value below which `share` (0 to 1) of `sorted` lies; 0 of nothing.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index far below 2^52"
)]
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * share).round() as usize;
    sorted.get(index).copied().unwrap_or_default()
}

/// `value` with three digits that matter; whole numbers as they are.
#[must_use]
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size.is_infinite() => "∞".to_owned(),
        _ if value.fract() == 0.0 => format!("{value}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_counts_what_never_came() {
        let median = |samples: &[Option<f64>]| Figure::median(samples.iter().copied()).value;
        assert_eq!(median(&[Some(30.0), Some(10.0), Some(20.0)]), Some(20.0));
        assert_eq!(median(&[Some(10.0), Some(20.0)]), Some(15.0));
        assert_eq!(median(&[Some(10.0), Some(20.0), None]), Some(20.0));
        assert_eq!(median(&[Some(10.0), None, None]), None);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_ratio_is_that_of_rounds_where_there_are_rounds() {
        let rounds = |samples: [f64; 3]| Figure::median(samples.map(Some));
        let (own, other) = (rounds([10.0, 40.0, 3.0]), rounds([5.0, 10.0, 1.0]));
        assert_eq!(own.ratio_to(&other), Some(3.0));
        assert_eq!(own.ratio_to(&Figure::one(4.0)), Some(2.5));
        assert_eq!(own.ratio_to(&Figure::one(0.0)), None);
        assert_eq!(Figure::none().ratio_to(&other), None);
    }

    #[test]
    fn a_spread_is_shown_where_there_is_one() {
        let shown =
            |samples: &[Option<f64>]| Figure::median(samples.iter().copied()).show_with_spread();
        assert_eq!(shown(&[Some(3.0), Some(1.0), Some(2.0)]), "2 (1 to 3)");
        assert_eq!(shown(&[Some(3.0), None, Some(2.0)]), "3 (2 to ∞)");
        assert_eq!(shown(&[None, None]), "∞");
        assert_eq!(shown(&[Some(7.0), Some(7.0)]), "7");
        assert_eq!(Figure::one(7.0).show_with_spread(), "7");
        assert_eq!(Figure::none().show_with_spread(), "-");
    }

    #[test]
    fn the_worst_of_samples_may_be_never() {
        let worst = |samples: &[Option<f64>]| Figure::median(samples.iter().copied()).worst();
        assert_eq!(worst(&[Some(1.0), Some(3.0), Some(2.0)]), Some(3.0));
        assert_eq!(worst(&[Some(1.0), None]), None);
        assert_eq!(Figure::one(4.0).worst(), Some(4.0));
    }

    #[test]
    fn numbers_have_three_digits_that_matter() {
        let shown = [1234.5, 23.44, 1.017, 0.0123, 7.0, 0.0, f64::INFINITY].map(number);
        assert_eq!(shown, ["1234", "23.4", "1.02", "0.0123", "7", "0", "∞"]);
    }
}
