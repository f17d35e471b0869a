//! Shows and measures failovers in a lab of network namespaces. Needs root; `cargo xtask` builds
//! what it needs and starts it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use ha_tests::{bench, guest, lab, marathon, run};

/// What a shell reports for a process that SIGINT has ended.
const INTERRUPTED: u8 = 130;

#[derive(Parser)]
#[command(about = "Failovers in a lab of network namespaces")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Five faults, and what a client sees of them
    Run(run::Options),
    /// One fault after the other, and never two owners
    Marathon(marathon::Options),
    /// Measurements
    Bench(bench::Command),
    /// First process of the machine that `cargo xtask vm` boots
    #[command(hide = true)]
    Guest,
}

fn main() -> ExitCode {
    let result = match called_as_nginx() {
        true => lab::stand_in_for_nginx().map(|()| true),
        false => execute(Arguments::parse().command),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(_) if lab::interrupted() => ExitCode::from(INTERRUPTED),
        Err(error) => {
            eprintln!("ha-lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Hosts without nginx have a link of that name to this executable.
fn called_as_nginx() -> bool {
    let name = std::env::args_os().next();
    name.is_some_and(|name| Path::new(&name).file_name() == Some(OsStr::new("nginx")))
}

fn execute(command: Command) -> Result<bool> {
    lab::interrupt_on_signals()?;
    match command {
        Command::Run(options) => run::run(&options),
        Command::Marathon(options) => marathon::run(&options),
        Command::Bench(command) => command.run(),
        Command::Guest => guest::run().map(|()| true),
    }
}
