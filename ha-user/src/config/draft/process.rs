//! What the file says of processes that are tracked.

use super::super::diagnostic::At;
use super::super::model::Weight;
use std::time::Duration;

/// `vrrp_track_process NAME`.
#[derive(Debug)]
pub(in crate::config) struct ProcessDraft {
    pub name: At<String>,
    /// The program and its arguments.
    pub command: Option<At<Vec<String>>>,
    pub matching: Option<Matching>,
    pub full_command: bool,
    pub weight: Option<Weight>,
    pub quorum: u32,
    pub quorum_max: Option<u32>,
    pub fork_delay: Duration,
    pub terminate_delay: Duration,
}

/// `param_match`.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) enum Matching {
    Exact,
    Partial,
    Initial,
}

impl ProcessDraft {
    pub(in crate::config) const fn new(name: At<String>) -> Self {
        Self {
            name,
            command: None,
            matching: None,
            full_command: false,
            weight: None,
            quorum: 1,
            quorum_max: None,
            fork_delay: Duration::ZERO,
            terminate_delay: Duration::ZERO,
        }
    }
}
