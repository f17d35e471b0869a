//! What systemd, or whoever else started the daemon that way, is told of it: datagrams to the socket that
//! it names, as sd_notify(3) describes them.

use std::env;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Command;
use std::time::Duration;

use crate::net::clock;

/// Names its socket.
const SOCKET: &str = "NOTIFY_SOCKET";
/// Microseconds after which a silent daemon is ended.
const WATCHDOG: &str = "WATCHDOG_USEC";
/// Process that the watchdog is about; if not set, whichever process this is.
const WATCHED: &str = "WATCHDOG_PID";

/// Longest wait for a socket that nobody reads. Who supervises a worker has better things to do.
const PATIENCE: Duration = Duration::from_millis(100);

/// Whoever manages this daemon.
#[derive(Debug)]
pub(super) struct Manager {
    at: Option<SocketAddr>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// The one that the environment names, if it names one.
    #[must_use]
    pub(super) fn of_environment() -> Self {
        let path = env::var(SOCKET).ok().filter(|path| !path.is_empty());
        let at = path.and_then(|path| match address(&path) {
            Ok(at) => Some(at),
            Err(error) => {
                log::warn!("nobody is told that this daemon is ready: {SOCKET}={path}: {error}");
                None
            }
        });
        let variable = |name| env::var(name).ok();
        let watchdog = watchdog(variable(WATCHDOG), variable(WATCHED), std::process::id());
        Self {
            watchdog: watchdog.filter(|_| at.is_some()),
            at,
        }
    }

    /// Time after which it ends a daemon that it has not heard of; none if it does not watch this process.
    #[must_use]
    pub(super) const fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The daemon does what it is for.
    pub(super) fn ready(&self) {
        self.tell("READY=1");
    }

    /// It reads its configuration; [`Self::ready`] follows.
    pub(super) fn reloading(&self) {
        let now = clock::monotonic().as_micros();
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={now}"));
    }

    /// It is about to end.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// It lives.
    pub(super) fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// How it is, in one line for people.
    pub(super) fn status(&self, line: &str) {
        self.tell(&format!("STATUS={line}"));
    }

    fn tell(&self, text: &str) {
        if let Some(Err(error)) = self.at.as_ref().map(|at| send(at, text)) {
            log::warn!("the service manager was not told {text:?}: {error}");
        }
    }
}

/// Keeps all of this from a process that must not speak for the daemon.
pub(super) fn hide(command: &mut Command) {
    for variable in [SOCKET, WATCHDOG, WATCHED] {
        command.env_remove(variable);
    }
}

/// A path, or `@` and a name that is in no file system.
fn address(path: &str) -> io::Result<SocketAddr> {
    match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None if path.starts_with('/') => SocketAddr::from_pathname(path),
        None => Err(io::Error::other("neither a path nor an abstract name")),
    }
}

/// By a new socket each time: it is rare, and the manager may have been started again.
fn send(to: &SocketAddr, text: &str) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.send_to_addr(text.as_bytes(), to).map(drop)
}

fn watchdog(period: Option<String>, watched: Option<String>, own: u32) -> Option<Duration> {
    let is_ours = watched.is_none_or(|pid| pid.parse() == Ok(own));
    let period: u64 = period.filter(|_| is_ours)?.parse().ok()?;
    (period > 0).then(|| Duration::from_micros(period))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watchdog_is_of_one_process() {
        let text = |text: &str| Some(text.to_owned());
        let second = Some(Duration::from_secs(1));
        assert_eq!(watchdog(text("1000000"), None, 7), second);
        assert_eq!(watchdog(text("1000000"), text("7"), 7), second);
        assert_eq!(watchdog(text("1000000"), text("8"), 7), None);
        assert_eq!(watchdog(text("0"), None, 7), None);
        assert_eq!(watchdog(text("soon"), None, 7), None);
        assert_eq!(watchdog(None, text("7"), 7), None);
    }

    #[test]
    fn both_kinds_of_addresses_are_understood() {
        let named = address("@vipd/1").expect("an abstract name");
        assert_eq!(named.as_abstract_name(), Some(&b"vipd/1"[..]));
        let path = address("/run/notify").expect("a path");
        assert!(path.as_pathname().is_some());
        assert!(address("vsock:2:9").is_err());
    }
}
