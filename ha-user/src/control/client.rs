//! `vipctl`: asks a running daemon.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use super::protocol::{Request, Response, Status};
use super::{capture, detach, reload, render, restart};

/// How long the daemon may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Ask a running vipd, or clear up after a dead one
#[derive(Debug, Parser)]
#[command(
    name = "vipctl",
    version,
    after_help = "Exit status: 0 good, 1 error, 2 usage, 3 no daemon, 4 not permitted"
)]
struct Cli {
    /// Control socket of the daemon
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        default_value = "/run/keepalived.sock"
    )]
    socket: PathBuf,
    /// Pid file that the daemon was given with --pid; its socket lies beside it
    #[arg(short = 'p', long, global = true, value_name = "FILE")]
    pid: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show instances, interfaces and what happened to packets
    Status {
        /// One JSON value
        #[arg(long)]
        json: bool,
    },
    /// Show virtual servers, their servers, and what is thought of them
    Services {
        /// One JSON value
        #[arg(long)]
        json: bool,
    },
    /// Show what a reload would change
    #[command(long_about = reload::ABOUT_DIFF)]
    Diff,
    /// Read the configuration again
    #[command(long_about = reload::ABOUT)]
    Reload {
        /// Go back to the configuration before after so many seconds, unless `vipctl confirm` comes first
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86400))]
        confirm: Option<u32>,
    },
    /// Stay with a configuration that `vipctl reload --confirm` has put on trial
    Confirm,
    /// Run vipd as it is installed now, without a gap
    #[command(long_about = restart::ABOUT)]
    Restart,
    /// Explain the counters of packets; needs no daemon
    Reasons,
    /// Write the packets that vipd judges, with their verdicts, as pcapng
    #[command(long_about = capture::ABOUT, after_long_help = capture::EXAMPLES)]
    Capture(capture::Options),
    /// Take what a dead daemon left behind off an interface, or off all
    Detach {
        /// Interface; every one if not given
        interface: Option<String>,
        /// Even while a daemon lives
        #[arg(long)]
        force: bool,
    },
}

/// How `vipctl` ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure {
    Error = 1,
    NoDaemon = 3,
    NotPermitted = 4,
}

/// Runs `vipctl`.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let socket = cli.pid.map_or(cli.socket, |pid| pid.with_extension("sock"));
    let done = match cli.command {
        Command::Status { json } => {
            ask(&socket, Request::Status).and_then(|status| show_status(&status, json))
        }
        Command::Services { json } => {
            ask(&socket, Request::Status).and_then(|status| show_services(&status, json))
        }
        Command::Diff => reload::diff(&socket).and_then(|said| print(&said)),
        Command::Reload { confirm } => {
            reload::reload(&socket, confirm).and_then(|said| print(&said))
        }
        Command::Confirm => reload::confirm(&socket).and_then(|said| print(&said)),
        Command::Restart => restart::restart(&socket).and_then(|said| print(&said)),
        Command::Capture(options) => capture::run(&options)
            .map_err(refused)
            .map(|summary| say(&summary)),
        Command::Reasons => print(&render::reasons()),
        Command::Detach { interface, force } => {
            detach::detach(&socket, interface.as_deref(), force)
                .map_err(refused)
                .and_then(|said| print(&said))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((failure, text)) => {
            say(&text);
            ExitCode::from(failure as u8)
        }
    }
}

fn show_status(status: &Status, json: bool) -> Result<(), (Failure, String)> {
    print(&if json {
        serde_json::to_string_pretty(status).map_err(|error| (Failure::Error, error.to_string()))?
    } else {
        render::status(status, std::io::stdout().is_terminal())
    })
}

fn show_services(status: &Status, json: bool) -> Result<(), (Failure, String)> {
    if json {
        let json = serde_json::to_string_pretty(&status.services);
        return print(&json.map_err(|error| (Failure::Error, error.to_string()))?);
    }
    match status.services.as_slice() {
        [] => print("no virtual_server is configured"),
        _ => print(render::services(status).trim()),
    }
}

/// Tells a missing right from other errors.
fn refused(error: anyhow::Error) -> (Failure, String) {
    let denied = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::PermissionDenied);
    match denied {
        true => (Failure::NotPermitted, format!("{error:#}; run as root")),
        false => (Failure::Error, format!("{error:#}")),
    }
}

/// Tells people something that is no answer.
fn say(text: &dyn std::fmt::Display) {
    // Nobody can be told if standard error is gone.
    let _ = writeln!(std::io::stderr(), "vipctl: {text}");
}

/// Prints `text` as a line or several.
fn print(text: &str) -> Result<(), (Failure, String)> {
    match writeln!(std::io::stdout(), "{text}") {
        // A reader that has seen enough (`| head`) is no error.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err((Failure::Error, error.to_string()))
        }
        _ => Ok(()),
    }
}

/// Asks for what is answered by a status.
///
/// # Errors
/// What went wrong, for people.
pub(super) fn ask(socket: &Path, request: Request) -> Result<Status, (Failure, String)> {
    match exchange(socket, request, TIMEOUT) {
        Ok(Some(Response::Status(status))) => Ok(*status),
        Ok(Some(Response::Error(text))) => Err((Failure::Error, text)),
        Ok(Some(_)) => {
            let text = "the daemon has answered something else";
            Err((Failure::Error, text.to_owned()))
        }
        Ok(None) => {
            let text = "the daemon has ended before it answered";
            Err((Failure::NoDaemon, text.to_owned()))
        }
        Err(error) => Err(explain(socket, &error, TIMEOUT)),
    }
}

/// Asks, and waits for the answer; `None` if the daemon hangs up without.
///
/// # Errors
/// As of sockets, or if there is no answer within `limit`.
pub(super) fn exchange(
    socket: &Path,
    request: Request,
    limit: Duration,
) -> std::io::Result<Option<Response>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(limit))?;
    let mut question = serde_json::to_vec(&request)?;
    question.push(b'\n');
    stream.write_all(&question)?;
    let mut line = String::new();
    match BufReader::new(stream).read_line(&mut line) {
        Ok(0) => Ok(None),
        // It ended with something left to read.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(None),
        Err(error) => Err(error),
        Ok(_) => Ok(Some(serde_json::from_str(&line)?)),
    }
}

/// Says what an error means, after `limit` was waited for.
pub(super) fn explain(socket: &Path, error: &std::io::Error, limit: Duration) -> (Failure, String) {
    use std::io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied, WouldBlock};
    let socket = socket.display();
    match error.kind() {
        NotFound | ConnectionRefused => (
            Failure::NoDaemon,
            format!("no daemon answers on {socket}; start vipd, or name its socket with --socket"),
        ),
        PermissionDenied => (
            Failure::NotPermitted,
            format!("not permitted to ask on {socket}; run as root"),
        ),
        WouldBlock => (
            Failure::Error,
            format!("the daemon on {socket} does not answer within {limit:?}: is it frozen?"),
        ),
        _ => (Failure::Error, format!("cannot ask on {socket}: {error}")),
    }
}
