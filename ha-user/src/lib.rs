//! vipd, the virtual-IP daemon, and vipctl, its operator's command.
//!
//! `ARCHITECTURE.md` is the map of this crate. In one breath: [`config`] reads keepalived.conf;
//! [`daemon`] wires the threads; [`vrrp`] decides, without any I/O; [`net`] and [`datapath`] carry
//! out what it decides; [`track`] watches what a router depends on; [`notify`] tells the operator's
//! scripts; [`control`] answers `vipctl`; [`dump`] writes what keepalived's exporters read.

pub mod check;
pub mod cli;
pub mod config;
pub mod control;
pub mod daemon;
pub mod datapath;
pub mod dump;
pub mod logging;
pub mod net;
pub mod notify;
pub mod script;
pub mod track;
pub mod vrrp;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

/// Runs the program that this process was called as: `vipctl`, or else the daemon.
#[must_use]
pub fn main() -> ExitCode {
    if called_as() == "vipctl" {
        control::client::main()
    } else {
        daemon::main()
    }
}

/// Last component of the name that this process was called by; `vipd` if it has none.
#[must_use]
pub fn called_as() -> String {
    std::env::args_os()
        .next()
        .as_deref()
        .map(Path::new)
        .and_then(Path::file_name)
        .and_then(OsStr::to_str)
        .unwrap_or("vipd")
        .to_owned()
}
