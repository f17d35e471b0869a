//! `ha-lab bench`: measurements, each with its control in the same run. Each prints a table, and
//! writes its figures as JSON.

pub mod arp;
pub mod failover;
pub mod figures;
pub mod xdp;

use anyhow::Result;

/// What can be measured.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Bench {
    /// The time without pages that a client sees, with vipd and with keepalived in turn
    Failover(failover::Options),
    /// What a packet costs in the XDP program, beside a program that only passes
    Xdp(xdp::Options),
    /// ARP round trips, answered by the XDP program and by the kernel in turn
    Arp(arp::Options),
}

impl Bench {
    /// Measures. Returns whether nothing was seen that must not be.
    ///
    /// # Errors
    /// When a lab cannot be set up, or the user interrupts.
    pub fn run(&self) -> Result<bool> {
        match self {
            Self::Failover(options) => failover::run(options),
            Self::Xdp(options) => xdp::run(options).map(|()| true),
            Self::Arp(options) => arp::run(options).map(|()| true),
        }
    }
}
