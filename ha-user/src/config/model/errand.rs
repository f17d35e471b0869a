//! Commands that run before everything else, and after.

use std::time::Duration;

use serde::Serialize;

use super::{Command, spelling};

/// `startup_script` and `shutdown_script`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Errands {
    /// `startup_script`: before the first router.
    #[serde(rename = "startup_script")]
    pub startup: Option<Errand>,
    /// `shutdown_script`: when nothing is left of the daemon's.
    #[serde(rename = "shutdown_script")]
    pub shutdown: Option<Errand>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Errand {
    /// What runs.
    pub command: Command,
    /// `startup_script_timeout`, `shutdown_script_timeout`: how long at most.
    #[serde(serialize_with = "spelling::time")]
    pub timeout: Duration,
}
