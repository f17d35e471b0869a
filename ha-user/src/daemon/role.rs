//! The three parts that one command line plays: launcher, supervisor, worker.
//!
//! A part starts the next by running this program again with the same arguments and its role in
//! the environment: no fork without exec, so no state is inherited by accident. The new process's
//! standard input is a pipe to the one who started it, and one line on it says that it is ready.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cli::Options;

/// Environment variable that carries the role.
const VARIABLE: &str = "VIPD_ROLE";

/// What a started process writes when it is ready.
const READY: &[u8] = b"ready\n";

/// Which part a process plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Goes to the background and returns when the daemon is ready.
    Launcher,
    /// Keeps a worker running.
    Supervisor,
    /// Runs VRRP.
    Worker,
}

impl Role {
    /// Role of this process; one that was started by hand has none yet.
    #[must_use]
    pub(super) fn of_this_process() -> Option<Self> {
        match env::var(VARIABLE).ok()?.as_str() {
            "supervisor" => Some(Self::Supervisor),
            "worker" => Some(Self::Worker),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Launcher => "launcher",
            Self::Supervisor => "supervisor",
            Self::Worker => "worker",
        }
    }
}

/// Keeps the role out of the environment of the operator's scripts.
pub(super) fn forget(command: &mut tokio::process::Command) {
    command.env_remove(VARIABLE);
}

/// The command that starts this program again as `role`, and the end of the pipe on which it says
/// that it is ready.
///
/// # Errors
/// If no pipe can be made.
pub(super) fn again(role: Role) -> Result<(Command, Readiness)> {
    let (ours, theirs) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .context("cannot make a pipe to a new process")?;
    let mut command = Command::new("/proc/self/exe");
    if let Some(name) = env::args_os().next() {
        command.arg0(name);
    }
    command
        .args(env::args_os().skip(1))
        .env(VARIABLE, role.name())
        .stdin(theirs);
    Ok((command, Readiness(ours)))
}

/// Waits for a process that was started by [`again`].
#[derive(Debug)]
pub(super) struct Readiness(OwnedFd);

impl Readiness {
    /// Blocks until the process is ready (`true`), or has ended before it was (`false`).
    #[must_use]
    pub(super) fn wait(self) -> bool {
        let mut line = String::new();
        // An error is an end like any other: the process did not get ready.
        let _ = BufReader::new(File::from(self.0)).read_line(&mut line);
        line.as_bytes() == READY
    }
}

/// Says that this process is ready. In the background it then lets go of its caller's terminal or
/// pipes, so that nobody waits for their end; only a console log keeps standard error.
///
/// # Errors
/// If `/dev/null` cannot take their place.
pub(super) fn say_ready(options: &Options) -> Result<()> {
    if Role::of_this_process().is_none() {
        return Ok(());
    }
    // Whoever started us may be gone; that is its business.
    let _ = rustix::io::write(rustix::stdio::stdin(), READY);
    let null = OpenOptions::new().read(true).write(true).open("/dev/null");
    let null = null.context("cannot open /dev/null")?;
    rustix::stdio::dup2_stdin(&null).context("cannot let go of standard input")?;
    if !options.dont_fork {
        rustix::stdio::dup2_stdout(&null).context("cannot let go of standard output")?;
        if !options.log_console {
            rustix::stdio::dup2_stderr(&null).context("cannot let go of standard error")?;
        }
    }
    Ok(())
}

/// Gives this process, as `ps` and `killall` see it, the name that the program was called by.
pub(super) fn take_name() {
    if let Ok(name) = std::ffi::CString::new(crate::called_as()) {
        // The kernel only refuses a bad pointer, which this is not.
        let _ = rustix::thread::set_name(&name);
    }
}
