//! `vrrp_track_process`: programs that must run, or must not.

use super::{Weight, spelling};
use serde::Serialize;
use std::time::Duration;

/// `vrrp_track_process NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackProcess {
    /// Name.
    pub name: String,
    /// Which processes count.
    pub pattern: Pattern,
    /// `quorum`: so many there must be.
    pub quorum: u32,
    /// `quorum_max`: so many there may be; `u32::MAX` if not given.
    pub quorum_max: u32,
    /// `fork_delay`: how long what a fork has changed must last.
    #[serde(serialize_with = "spelling::time")]
    pub fork_delay: Duration,
    /// `terminate_delay`: how long what an end has changed must last.
    #[serde(serialize_with = "spelling::time")]
    pub terminate_delay: Duration,
    /// `weight`.
    pub weight: Weight,
}

/// `process`, `param_match` and `full_command`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pattern {
    /// The program, as `compared` has it.
    pub program: String,
    /// What it is compared with.
    pub compared: Compared,
}

/// What of a process is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Compared {
    /// Its name, of which the kernel keeps 15 octets.
    Name,
    /// The first word of its command line, and the words after it.
    Command(Arguments),
}

/// `param_match`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Arguments {
    /// Whatever they are.
    Any,
    /// These and no others.
    Exact(Vec<String>),
    /// `partial`: these, and perhaps others after them.
    Partial(Vec<String>),
    /// `initial`: the same, and the last of these may be longer.
    Initial(Vec<String>),
}

/// A process that an instance follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FollowedProcess {
    /// Index into [`Config::processes`](super::Config::processes).
    pub process: usize,
    /// Weight for this instance: the block's, unless `track_process` says otherwise.
    pub weight: Weight,
}
