//! `cargo xtask bench NAME`: the lab's measurements.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::lab::{self, Lab};
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to measure and its options, for example `failover --repetitions 7`; `all`; `report`,
    /// which writes docs/benchmarks.md. Nothing lists what there is
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    bench: Vec<OsString>,
}

/// Builds everything and becomes the benchmark.
///
/// # Errors
/// Something cannot be prepared or started, or the page of all benchmarks cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Some(name) = arguments.bench.first() else {
        return lab::become_command(lab::unprivileged_command(&["bench"])?);
    };
    let lab = Lab::prepare()?;
    let mut command = lab.command(&["bench"]);
    command.args(&arguments.bench);
    if name != "report" {
        return lab::become_command(command);
    }
    let measured = command.status().context("cannot start the benchmarks")?;
    ensure!(measured.success(), "the benchmarks ended with {measured}");
    publish(&workspace::target()?.join("bench"))
}

/// Copies the page and its pictures to the documentation; as the user, whose files these are.
fn publish(results: &Path) -> Result<()> {
    let docs = workspace::root().join("docs");
    let pictures = docs.join("bench");
    fs::create_dir_all(&pictures)
        .with_context(|| format!("cannot create {}", pictures.display()))?;
    copy(&results.join("benchmarks.md"), &docs)?;
    for entry in fs::read_dir(results)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "svg") {
            copy(&path, &pictures)?;
        }
    }
    println!("{}", docs.join("benchmarks.md").display());
    Ok(())
}

fn copy(file: &Path, directory: &Path) -> Result<()> {
    let to = directory.join(file.file_name().unwrap_or_default());
    fs::copy(file, &to)
        .map(drop)
        .with_context(|| format!("cannot write {}", to.display()))
}
