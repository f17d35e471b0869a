//! `cargo xtask bench NAME`: the lab's measurements.

use std::ffi::OsString;

use anyhow::Result;

use crate::lab::{self, Lab};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to measure and its options, for example `failover --repetitions 7`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    bench: Vec<OsString>,
}

/// Builds everything and becomes the benchmark.
///
/// # Errors
/// Something cannot be prepared or started.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let lab = Lab::prepare()?;
    let mut command = lab.command(&["bench"]);
    command.args(&arguments.bench);
    lab::become_command(command)
}
