//! `cargo xtask bench NAME`: the lab's measurements.

use std::ffi::OsString;

use anyhow::Result;

use crate::lab::{self, Lab};
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to measure and its options, for example `failover --repetitions 7`; `all`; `report`,
    /// which writes docs/benchmarks.md of what was measured. Nothing lists what there is
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    bench: Vec<OsString>,
}

/// Builds everything and becomes the benchmark.
///
/// # Errors
/// Something cannot be prepared or started.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let bench = &arguments.bench;
    let is_report = bench.iter().any(|word| word == "report");
    // As the user, whose files the page and its drawings are.
    let mut command = match is_report || bench.is_empty() {
        true => lab::unprivileged_command(&["bench"])?,
        false => Lab::prepare()?.command(&["bench"]),
    };
    command.args(bench);
    if is_report {
        command.arg("--into").arg(workspace::root().join("docs"));
        command.env("HA_TARGET", workspace::target()?);
    }
    lab::become_command(command)
}
