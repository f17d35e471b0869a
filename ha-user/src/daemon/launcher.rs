//! Without `--dont-fork`: start the daemon in the background, return when it is ready.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::exit::Exit;
use super::link;
use super::role::{self, Role};

/// Starts the supervisor and waits until its worker is ready.
///
/// # Errors
/// If the supervisor cannot be started.
pub(super) fn run() -> Result<ExitCode> {
    let (mut command, stream) = role::again(Path::new(role::SAME_PROGRAM), Role::Supervisor)?;
    let mut supervisor = command
        .spawn()
        .context("cannot start the daemon's parent process")?;
    // Our copy of the socket's far end must go, or its end would never be seen.
    drop(command);
    if link::wait_until_ready(stream) {
        return Ok(Exit::Success.into());
    }
    let status = supervisor
        .wait()
        .context("cannot wait for the daemon's parent process")?;
    let code = status
        .code()
        .and_then(Exit::that_stops_the_parent)
        .unwrap_or(Exit::Fatal);
    Ok(code.into())
}
