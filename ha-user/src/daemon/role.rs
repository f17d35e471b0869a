//! The parts that one command line plays: launcher, supervisor, worker, and the successors of the
//! last two.
//!
//! A part starts the next by running this program again with the same arguments and its role in
//! the environment: no fork without exec, so no state is inherited by accident. The new process's
//! standard input is a socket to the one who started it (see [`super::link`]).

use std::env;
use std::fs::{self, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cli::Options;

/// Environment variable that carries the role.
const VARIABLE: &str = "VIPD_ROLE";

/// This very program, also when another one has been installed in its place.
pub(super) const SAME_PROGRAM: &str = "/proc/self/exe";

/// What the kernel adds to the name of a program that has been replaced.
const REPLACED: &str = " (deleted)";

/// Which part a process plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Goes to the background and returns when the daemon is ready.
    Launcher,
    /// Keeps a worker running.
    Supervisor,
    /// Goes on as the supervisor that this process was until now.
    RenewedSupervisor,
    /// Runs VRRP.
    Worker,
    /// Gets ready to be the worker, and waits for its turn.
    Successor,
}

impl Role {
    /// Role of this process; one that was started by hand has none yet.
    #[must_use]
    pub(super) fn of_this_process() -> Option<Self> {
        const GIVEN: [Role; 4] = [
            Role::Supervisor,
            Role::RenewedSupervisor,
            Role::Worker,
            Role::Successor,
        ];
        let name = env::var(VARIABLE).ok()?;
        GIVEN.into_iter().find(|role| role.name() == name)
    }

    /// Whether this part runs VRRP, sooner or later.
    #[must_use]
    pub(super) fn is_worker(self) -> bool {
        matches!(self, Self::Worker | Self::Successor)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Launcher => "launcher",
            Self::Supervisor => "supervisor",
            Self::RenewedSupervisor => "renewed-supervisor",
            Self::Worker => "worker",
            Self::Successor => "successor",
        }
    }
}

/// Keeps the role out of the environment of the operator's scripts.
pub(super) fn forget(command: &mut tokio::process::Command) {
    command.env_remove(VARIABLE);
}

/// The command that runs `program` as `role` with the arguments of this process, and our end of the
/// socket that is its standard input.
///
/// # Errors
/// If no socket can be made.
pub(super) fn again(program: &Path, role: Role) -> Result<(Command, UnixStream)> {
    let (ours, theirs) = UnixStream::pair().context("cannot make a socket to a new process")?;
    let mut command = Command::new(program);
    if let Some(name) = env::args_os().next() {
        command.arg0(name);
    }
    command
        .args(env::args_os().skip(1))
        .env(VARIABLE, role.name())
        .stdin(OwnedFd::from(theirs));
    Ok((command, ours))
}

/// Where the program lies now that the operator has called: the path that was called if that was a
/// whole one, so that a link may lead elsewhere by now, else where this program came from.
pub(super) fn installed_program() -> PathBuf {
    let called = env::args_os().next().map(PathBuf::from);
    let called = called.filter(|path| path.is_absolute() && path.exists());
    called.unwrap_or_else(|| {
        let path = fs::read_link(SAME_PROGRAM).unwrap_or_else(|_| SAME_PROGRAM.into());
        let name = path.to_string_lossy();
        let replaced = name.strip_suffix(REPLACED).map(PathBuf::from);
        replaced.unwrap_or(path)
    })
}

/// The socket to whoever started this process in its role; `/dev/null` takes its place as standard
/// input.
///
/// # Errors
/// If there is nothing on standard input, or no `/dev/null`.
pub(super) fn starter() -> Result<UnixStream> {
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)
        .context("cannot speak with whoever has started this process")?;
    rustix::stdio::dup2_stdin(null()?).context("cannot let go of standard input")?;
    Ok(socket.into())
}

/// Lets go of the caller's terminal or pipes in the background, so that nobody waits for their end;
/// only a console log keeps standard error.
///
/// # Errors
/// If `/dev/null` cannot take their place.
pub(super) fn let_go(options: &Options) -> Result<()> {
    if !options.dont_fork {
        let null = null()?;
        rustix::stdio::dup2_stdout(&null).context("cannot let go of standard output")?;
        if !options.log_console {
            rustix::stdio::dup2_stderr(&null).context("cannot let go of standard error")?;
        }
    }
    Ok(())
}

fn null() -> Result<fs::File> {
    let null = OpenOptions::new().read(true).write(true).open("/dev/null");
    null.context("cannot open /dev/null")
}

/// Gives this process, as `ps` and `killall` see it, the name that the program was called by.
pub(super) fn take_name() {
    if let Ok(name) = std::ffi::CString::new(crate::called_as()) {
        // The kernel only refuses a bad pointer, which this is not.
        let _ = rustix::thread::set_name(&name);
    }
}
