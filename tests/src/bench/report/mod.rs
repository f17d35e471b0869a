//! What a bench yields: tables of figures, the promises they are held against, and where they were
//! measured. It is printed, and written as JSON, as a drawing, and as a part of a page.

mod chart;
mod criterion;
mod files;
mod page;
mod surroundings;
mod table;
mod text;

use std::time::SystemTime;

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

/// Findings, with when and where they were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the bench.
    pub name: String,
    /// When it ended, as of RFC 3339.
    pub date: String,
    /// Measured with so little effort that the figures are rough.
    pub quick: bool,
    /// Of what, on what.
    pub surroundings: Surroundings,
    /// What was found.
    pub findings: Findings,
}

impl Report {
    /// What the bench `name` has found just now, here.
    #[must_use]
    pub fn new(name: &str, quick: bool, findings: Findings) -> Self {
        Self {
            name: name.to_owned(),
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            quick,
            surroundings: Surroundings::detect(),
            findings,
        }
    }

    /// Whether every promise is kept, as far as the effort allows to say.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.quick || self.findings.criteria.iter().all(Criterion::is_met)
    }
}
