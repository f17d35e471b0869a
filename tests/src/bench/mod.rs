//! `ha-lab bench`: measurements, each with its control in the same run.

pub mod failover;

use anyhow::Result;

/// What can be measured.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Bench {
    /// The time without pages that a client sees, with vipd and with keepalived in turn
    Failover(failover::Options),
}

impl Bench {
    /// Measures. Returns whether nothing was seen that must not be.
    ///
    /// # Errors
    /// When a lab cannot be set up, or the user interrupts.
    pub fn run(&self) -> Result<bool> {
        match self {
            Self::Failover(options) => failover::run(options),
        }
    }
}
