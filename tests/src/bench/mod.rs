//! Measurements: each prints a table, and writes its figures as JSON where asked to.

pub mod arp;
pub mod figures;
pub mod xdp;
