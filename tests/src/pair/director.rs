//! A director: a host with a daemon that comes and goes.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{Make, SOON};
use crate::lab::{Daemon, Host, Line, Log, status, until};

/// Lines of each log in a report.
const TAIL: usize = 40;

/// Directories, besides the lab's own, that nginx writes to.
const PRIVATE: [&str; 2] = ["/var/lib", "/var/log"];

/// A host that a daemon of some make runs on, or not.
#[derive(Debug)]
pub struct Director {
    host: Host,
    daemon: Option<Daemon>,
    /// Logs of the daemons that ran before.
    past: Vec<Log>,
}

impl Director {
    /// A host without a daemon.
    pub(super) fn new(name: &str) -> Result<Self> {
        let host = Host::with_private(name, &PRIVATE)?;
        host.sh("mkdir -p /var/lib/nginx /var/log/nginx")?;
        Ok(Self {
            host,
            daemon: None,
            past: Vec::new(),
        })
    }

    /// The machine.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Starts a daemon with the configuration that `make` makes of `printed`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&mut self, make: Make, printed: &str) -> Result<()> {
        self.retire();
        let daemon = Daemon::start(&self.host, &make.software()?, &make.configuration(printed))?;
        self.daemon = Some(daemon);
        Ok(())
    }

    /// Stops the daemon in order.
    ///
    /// # Errors
    /// When it does not end, or none was started.
    pub fn stop(&mut self) -> Result<Duration> {
        self.daemon_mut()?.stop()
    }

    /// Kills all processes of the daemon at once.
    ///
    /// # Errors
    /// When one is left, or none was started.
    pub fn kill(&mut self) -> Result<()> {
        self.daemon_mut()?.kill()
    }

    /// Waits until the daemon has ended by itself, or by somebody else's hand.
    ///
    /// # Errors
    /// When it has not within `limit`.
    pub fn wait_gone(&mut self, limit: Duration) -> Result<()> {
        self.daemon_mut()?.wait_gone(limit)
    }

    /// The state that `instance` is in by the daemon's log; none without a running daemon.
    #[must_use]
    pub fn state(&self, instance: &str) -> Option<&'static str> {
        let daemon = self.daemon.as_ref()?;
        let running = daemon.processes().is_ok_and(|all| !all.is_empty());
        running.then(|| daemon.state(instance)).flatten()
    }

    /// Waits for a line with `text` in the log, printed since the daemon's start.
    ///
    /// # Errors
    /// When there is none soon.
    pub fn wait_for_line(&self, text: &str) -> Result<Line> {
        self.wait_for_line_since(
            text,
            self.log()?
                .lines()
                .first()
                .map_or_else(Instant::now, |line| line.at),
        )
    }

    /// Waits for a line with `text`, printed at or after `since`.
    ///
    /// # Errors
    /// When there is none soon.
    pub fn wait_for_line_since(&self, text: &str, since: Instant) -> Result<Line> {
        let found = self.log()?.wait_for(text, since, SOON);
        found.with_context(|| format!("in the log of {}", self.host.name()))
    }

    /// Asserts that no line of the daemon's log has `text` so far.
    ///
    /// # Errors
    /// When one has.
    pub fn assert_no_line(&self, text: &str) -> Result<()> {
        let found = self.log()?.matching(text);
        ensure!(found.is_empty(), "{}: {found:?}", self.host.name());
        Ok(())
    }

    /// Whether `address` is on one of its interfaces with a mask of `length` bits.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn has(&self, address: Ipv4Addr, length: u8) -> Result<bool> {
        Ok(self.host.addresses()?.contains(&(address, length)))
    }

    /// Waits until vipd says that it works in the way that `make` asks for. keepalived has none.
    ///
    /// # Errors
    /// When it works in another way.
    pub fn assert_mode(&self, make: Make) -> Result<()> {
        let expected = match make {
            Make::Keepalived => return Ok(()),
            Make::Vipd => "tc",
            Make::VipdWithoutXdp => "off",
        };
        let mut seen = String::new();
        until("an answer of vipctl", SOON, || {
            // Just started, it may not listen yet.
            let interfaces = status(&self.host).map_or_else(|_| Vec::new(), |all| all.interfaces);
            seen = interfaces
                .first()
                .map(|first| first.xdp.clone())
                .unwrap_or_default();
            Ok(seen == expected)
        })
        .with_context(|| format!("XDP is {seen:?}, not {expected}"))
    }

    /// Log of the daemon that runs, or ran last.
    ///
    /// # Errors
    /// When none was started.
    pub fn log(&self) -> Result<&Log> {
        let daemon = self.daemon.as_ref();
        Ok(daemon.context("no daemon was started")?.log())
    }

    pub(super) fn report(&self) -> String {
        let addresses = self.host.netns().ip("-4 -oneline address show");
        let addresses = addresses.unwrap_or_else(|error| format!("{error:#}"));
        let logs = self.past.iter().chain(self.log().ok());
        let logs = logs.map(|log| format!("its log:\n{}", log.tail(TAIL)));
        let logs: String = logs.collect();
        format!("--- {}: ip addr:\n{addresses}{logs}", self.host.name())
    }

    fn retire(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            self.past.push(daemon.log().clone());
        }
    }

    /// The daemon.
    ///
    /// # Errors
    /// When none was started.
    pub fn daemon_mut(&mut self) -> Result<&mut Daemon> {
        self.daemon.as_mut().context("no daemon was started")
    }
}
