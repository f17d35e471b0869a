//! `cargo xtask marathon`: faults of directors for minutes, and never two owners.

use anyhow::{Result, bail};

use crate::lab::{self, Lab};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long
    #[arg(long, default_value_t = 20)]
    minutes: u64,
    /// The same seed makes the same faults; random if not given
    #[arg(long)]
    seed: Option<u64>,
}

/// What CI replays, and what it replays if something was found: as with every test in a lab, what is found
/// once is told and what is found twice is a failure.
const REPLAYS: [[&str; 5]; 2] = [
    ["marathon", "--minutes", "3", "--seed", "3"],
    ["marathon", "--minutes", "3", "--seed", "4"],
];

/// Builds everything and becomes the marathon.
///
/// # Errors
/// Something cannot be prepared or started.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut command = Lab::prepare()?.command(&["marathon"]);
    command.args(["--minutes", &arguments.minutes.to_string()]);
    if let Some(seed) = arguments.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    lab::become_command(command)
}

/// Runs three minutes of a fixed seed, and of another one if there was something.
///
/// # Errors
/// There were two owners, or a director did not recover, in both.
pub(crate) fn replay() -> Result<()> {
    let lab = Lab::prepare()?;
    for replay in REPLAYS {
        let status = lab.command(&replay).status()?;
        if status.success() {
            return Ok(());
        }
        println!("ha-lab {} ended with {status}", replay.join(" "));
    }
    bail!("something was found twice")
}
