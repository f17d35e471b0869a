//! Pipes into which transitions are written.

use std::path::PathBuf;

use serde::Serialize;

use super::{Command, ScriptUser};

/// `notify_fifo` and its likes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fifos {
    /// `notify_fifo`: of instances, groups and servers.
    #[serde(rename = "notify_fifo")]
    pub all: Option<Fifo>,
    /// `vrrp_notify_fifo`: of instances and groups.
    #[serde(rename = "vrrp_notify_fifo")]
    pub vrrp: Option<Fifo>,
    /// `lvs_notify_fifo`: of virtual and real servers.
    #[serde(rename = "lvs_notify_fifo")]
    pub servers: Option<Fifo>,
    /// `fifo_write_vrrp_states_on_reload`.
    #[serde(rename = "fifo_write_vrrp_states_on_reload")]
    pub states_on_reload: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fifo {
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is if it has to be made; the daemon's if not given.
    pub owner: Option<ScriptUser>,
    /// `*notify_fifo_script`: reads it; gets the path as its last argument.
    pub script: Option<Command>,
}
