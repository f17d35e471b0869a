//! What a bench is.

use std::time::Duration;

use anyhow::Result;

use super::progress::Progress;
use super::report::Findings;

/// A measurement; whoever implements it is its options.
pub trait Measure: Sync {
    /// About how long it takes, with these options.
    fn takes(&self) -> Duration;

    /// Lowers the effort to the least that goes every way once.
    fn quicken(&mut self);

    /// Measures, and tells `progress` after every trial.
    ///
    /// # Errors
    /// When a lab cannot be set up, what is measured does not do what it is measured for, or the
    /// user interrupts.
    fn measure(&self, progress: &Progress) -> Result<Findings>;
}
