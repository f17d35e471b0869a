//! `cargo xtask test`: builds once, runs every test, counts.

mod lanes;
mod suite;
mod tally;

use std::time::Instant;

use anyhow::Result;

use self::lanes::Lanes;
use self::suite::Suite;
pub(crate) use self::suite::test_threads;
pub(crate) use self::tally::Tally;
use crate::artifacts::Artifact;
use crate::lab::Lab;
use crate::{artifacts, setup, vm};

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Run only suites and tests whose name contains this
    filter: Option<String>,
    /// Only what needs neither root nor a network namespace
    #[arg(long)]
    unprivileged: bool,
}

/// Runs the tests that `arguments` select.
///
/// # Errors
/// One fails or cannot run, none is selected, or something cannot be built.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let started = Instant::now();
    // The lab first: it asks for root and installs, and whoever typed the command is still there.
    let lab = if arguments.unprivileged {
        None
    } else {
        Some(Lab::prepare_complete()?)
    };
    let unprivileged = unprivileged_suites()?;
    let lanes = lab.as_ref().map(lab_suites).transpose()?;
    let filter = arguments.filter.as_deref();
    let mut total = Tally::default();
    for suite in unprivileged {
        total.add(suite.run(filter)?.tally()?);
    }
    if let Some(lanes) = lanes {
        total.add(lanes.run(filter)?);
    }
    total.verdict(started)
}

fn unprivileged_suites() -> Result<Vec<Suite>> {
    setup::to_build()?;
    let workspace = [
        "--workspace",
        "--exclude",
        "ha-ebpf",
        "--exclude",
        "ha-tests",
    ];
    let build = [&["test", "--no-run"], workspace.as_slice()].concat();
    let built = artifacts::build("building the tests", &build)?;
    let mut suites: Vec<_> = artifacts::suites(built).map(Suite::unprivileged).collect();
    suites.push(Suite::documentation(&workspace));
    Ok(suites)
}

/// The suites that need root.
fn lab_suites(lab: &Lab) -> Result<Lanes> {
    let suites = artifacts::suites(build_lab_suites(&[])?);
    let here = suites.filter(|artifact| artifact.target != vm::SUITE);
    Ok(Lanes::new(lab, here))
}

/// Builds what runs in labs: the suites called `only`, or all if there are none.
///
/// # Errors
/// The build fails.
pub(crate) fn build_lab_suites(only: &[&str]) -> Result<Vec<Artifact>> {
    let mut build = vec!["test", "--no-run", "--release", "--package", "ha-tests"];
    build.extend(only.iter().flat_map(|suite| ["--test", suite]));
    artifacts::build("building the labs", &build)
}
