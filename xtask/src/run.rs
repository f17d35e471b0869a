//! `cargo xtask run`: five failovers in a lab, or the daemon on this host.

use std::ffi::OsString;

use anyhow::Result;

use crate::lab::{self, Lab};
use crate::privilege::Root;
use crate::{artifacts, setup};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave the lab up at the end, and print how to look around in it
    #[arg(long)]
    keep: bool,
    /// Run vipd on this host instead, in the foreground, with these options: `-- -f FILE`
    #[arg(last = true)]
    daemon: Vec<OsString>,
}

/// Runs the lab, or the daemon if there are options for it. Returns only on failure: this process
/// becomes the one it starts.
///
/// # Errors
/// Something cannot be prepared or started.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.daemon.is_empty() {
        return run_daemon(&arguments.daemon);
    }
    let keep: &[&str] = if arguments.keep {
        &["run", "--keep"]
    } else {
        &["run"]
    };
    lab::become_command(Lab::prepare()?.command(keep))
}

fn run_daemon(options: &[OsString]) -> Result<()> {
    let root = Root::obtain("run vipd on this host")?;
    setup::to_build()?;
    let built = artifacts::build(
        "building vipd",
        &["build", "--release", "--package", "ha-user"],
    )?;
    let mut vipd = root.command(artifacts::binary(&built, "vipd")?, []);
    vipd.args(["--dont-fork", "--log-console"]).args(options);
    lab::become_command(vipd)
}
