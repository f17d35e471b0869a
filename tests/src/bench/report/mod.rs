//! What a bench yields: tables of figures, the promises they are held against, and where they were
//! measured. It is printed, and written as JSON, as a drawing, and as a part of a page.

mod chart;
mod criterion;
mod files;
mod page;
mod scale;
mod surroundings;
mod table;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Serialize};

pub use self::criterion::{Bound, Criterion};
pub use self::files::write_page;
pub use self::surroundings::Surroundings;
pub use self::table::{Column, Row, Table};

/// What a bench has found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// What is compared with what, and how, in a sentence or two.
    pub compared: String,
    /// The figures.
    pub tables: Vec<Table>,
    /// What they have to be.
    pub criteria: Vec<Criterion>,
}

/// Findings, with what was asked, when and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the bench.
    pub name: String,
    /// What is measured, in a line.
    pub asked: String,
    /// What the figures do not show; empty if there is nothing to say.
    pub limits: String,
    /// When it began, as of RFC 3339.
    pub date: String,
    /// Measured with so little effort that the figures are rough.
    pub quick: bool,
    /// Of what, on what.
    pub surroundings: Surroundings,
    /// What was found.
    pub findings: Findings,
}

/// A bench that has no report.
#[derive(Clone, Debug)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// About how long it takes, for people.
    pub takes: String,
}

impl Report {
    /// Whether every promise is kept, as far as the effort allows to say.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.quick || self.findings.criteria.iter().all(|criterion| criterion.met)
    }

    /// How the promises fared, in a few words.
    #[must_use]
    pub fn verdict(&self) -> String {
        let criteria = &self.findings.criteria;
        let missed: Vec<&str> = criteria
            .iter()
            .filter(|criterion| !criterion.met)
            .map(|criterion| criterion.what.as_str())
            .collect();
        let count = criteria.len();
        match missed.as_slice() {
            _ if self.quick => "measured with little effort, so the figures are rough".to_owned(),
            _ if count == 0 => "nothing was promised".to_owned(),
            [] if count == 1 => "the promise is kept".to_owned(),
            [] => format!("all {count} promises are kept"),
            missed => format!(
                "{} of {count} promises are kept; missed: {}",
                count - missed.len(),
                missed.join("; ")
            ),
        }
    }
}
