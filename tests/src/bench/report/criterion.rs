//! What a figure has to be.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bench::figures::number;

/// A promise, and what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// What has to be within the bound.
    pub what: String,
    /// The bound.
    pub bound: Bound,
    /// Unit of the bound and of what was measured; none for ratios and counts.
    pub unit: String,
    /// What was measured; `None` is "never", which meets no bound.
    pub measured: Option<f64>,
    /// Whether the promise is kept.
    pub met: bool,
}

/// A limit, on one side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Not more.
    AtMost(f64),
    /// Not less.
    AtLeast(f64),
}

impl Criterion {
    /// `measured` must not be more than `bound`.
    #[must_use]
    pub fn at_most(what: impl Into<String>, bound: f64, unit: &str, measured: Option<f64>) -> Self {
        Self::new(what.into(), Bound::AtMost(bound), unit, measured)
    }

    /// `measured` must not be less than `bound`.
    #[must_use]
    pub fn at_least(
        what: impl Into<String>,
        bound: f64,
        unit: &str,
        measured: Option<f64>,
    ) -> Self {
        Self::new(what.into(), Bound::AtLeast(bound), unit, measured)
    }

    fn new(what: String, bound: Bound, unit: &str, measured: Option<f64>) -> Self {
        Self {
            what,
            bound,
            unit: unit.to_owned(),
            measured,
            met: measured.is_some_and(|measured| bound.allows(measured)),
        }
    }

    /// What, bound, measured, verdict.
    pub(super) fn cells(&self) -> [String; 4] {
        let measured = self.measured.map(number);
        let verdict = if self.met { "ok" } else { "missed" };
        [
            self.what.clone(),
            self.with_unit(&self.bound.to_string()),
            measured.map_or("never".to_owned(), |number| self.with_unit(&number)),
            verdict.to_owned(),
        ]
    }

    fn with_unit(&self, number: &str) -> String {
        format!("{number} {}", self.unit).trim_end().to_owned()
    }
}

impl Bound {
    fn allows(self, measured: f64) -> bool {
        match self {
            Self::AtMost(most) => measured <= most,
            Self::AtLeast(least) => measured >= least,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {}", number(*most)),
            Self::AtLeast(least) => write!(f, "≥ {}", number(*least)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_came_meets_no_bound() {
        let most = |measured| Criterion::at_most("gap", 20.0, "ms", measured).met;
        let least = |measured| Criterion::at_least("rate", 100.0, "kpps", measured).met;
        assert_eq!(
            [most(Some(20.0)), most(Some(20.1)), most(None)],
            [true, false, false]
        );
        assert_eq!(
            [least(Some(100.0)), least(Some(99.0)), least(None)],
            [true, false, false]
        );
    }
}
