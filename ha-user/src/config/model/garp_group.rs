//! `garp_group`.

use std::time::Duration;

use serde::Serialize;

use super::spelling;

/// Interfaces that share a pace: among all of them, one gratuitous ARP at a time, and one unsolicited
/// Neighbor Advertisement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GarpGroup {
    /// `garp_interval`: between two gratuitous ARPs; zero without one.
    #[serde(serialize_with = "spelling::time")]
    pub garp_interval: Duration,
    /// `gna_interval`: between two unsolicited Neighbor Advertisements; zero without one.
    #[serde(serialize_with = "spelling::time")]
    pub gna_interval: Duration,
    /// By name; they need not exist.
    pub interfaces: Vec<String>,
}
