//! Exit codes that unit files and scripts know from keepalived.

use std::process::ExitCode;

use crate::datapath::LoadError;

/// How a process of the daemon ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// Stopped as asked.
    Success = 0,
    /// Something that a restart does not cure by itself.
    Fatal = 1,
    /// No configuration that could be run.
    Config = 2,
    /// A right is missing.
    Permission = 4,
    /// The configuration file is missing.
    NoConfig = 6,
    /// Something that another process may do better (`EX_TEMPFAIL`).
    Again = 75,
}

impl Exit {
    /// The way of a process that cannot go on for this reason.
    #[must_use]
    pub(super) fn of(error: &anyhow::Error) -> Self {
        match error.downcast_ref() {
            Some(LoadError::Disturbed) => Self::Again,
            _ => Self::Fatal,
        }
    }

    /// The way a child ended, if it is one that keeps the parent from starting it again.
    #[must_use]
    pub(super) fn that_stops_the_parent(code: i32) -> Option<Self> {
        [Self::Fatal, Self::Config, Self::Permission, Self::NoConfig]
            .into_iter()
            .find(|exit| *exit as i32 == code)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
