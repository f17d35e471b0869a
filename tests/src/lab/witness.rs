//! Somebody who talks to a VIP like any neighbour, and notes who speaks as the VIP to it.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::background::{Background, Stop};
use super::{Capture, Frame, Host, Log, Mac};

/// The discard service, where nobody listens.
const PORT: u16 = 9;
/// Between two datagrams to the VIP.
const RHYTHM: Duration = Duration::from_millis(10);

/// A host that has business with the VIP. It asks nobody who has it more often than its kernel
/// does, so that its neighbour entry is what announcements make of it.
#[derive(Debug)]
pub struct Witness {
    speech: Capture,
    entries: Entries,
    _business: Background,
}

/// A change of the neighbour entry for the VIP: when, and to which MAC.
pub type Entry = (Instant, Mac);

impl Witness {
    /// Starts on `interface` of `host`.
    ///
    /// # Errors
    /// Without the interface or iproute2.
    pub fn start(host: &Host, interface: &str, vip: Ipv4Addr) -> Result<Self> {
        let speech = Capture::start(host.netns(), interface, move |frame| frame.speaks_as(vip))?;
        let entries = Entries::follow(host, interface, vip)?;
        let here = host.clone();
        let business = Background::start("business", move |stop| {
            here.netns().join()?;
            Ok(knock(vip, &stop)?)
        })?;
        Ok(Self {
            speech,
            entries,
            _business: business,
        })
    }

    /// Every frame so far that was spoken as the VIP.
    #[must_use]
    pub fn speech(&self) -> Vec<Frame> {
        self.speech.frames()
    }

    /// Those of [`Self::speech`] that arrived before `end`, which are forgotten.
    #[must_use]
    pub fn take_speech_before(&self, end: Instant) -> Vec<Frame> {
        self.speech.take_before(end)
    }

    /// The changes of the neighbour entry so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.changes()
    }
}

/// Keeps the neighbour entry in use.
fn knock(vip: Ipv4Addr, stop: &Stop) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    while !stop.is_requested() {
        // Nobody needs to hear it, or to be there at all.
        let _ = socket.send_to(b"?", (vip, PORT));
        std::thread::sleep(RHYTHM);
    }
    Ok(())
}

/// What `ip monitor` says about one neighbour.
#[derive(Debug)]
struct Entries {
    vip: Ipv4Addr,
    log: Log,
    monitor: Child,
}

impl Entries {
    fn follow(host: &Host, interface: &str, vip: Ipv4Addr) -> Result<Self> {
        let mut command = Command::new("ip");
        command.args(["-oneline", "monitor", "neigh", "dev", interface]);
        let mut monitor = host.spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let log = Log::default();
        log.collect(monitor.stdout.take().context("a pipe")?);
        Ok(Self { vip, log, monitor })
    }

    fn changes(&self) -> Vec<Entry> {
        let lines = self.log.matching(&format!("{} ", self.vip));
        let entries = lines.iter().filter_map(|line| {
            let (_, mac) = line.text.split_once("lladdr ")?;
            Some((line.at, mac.split_whitespace().next()?.parse().ok()?))
        });
        let mut entries: Vec<Entry> = entries.collect();
        entries.dedup_by_key(|(_, mac)| *mac);
        entries
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        // It has ended with its host, or does now.
        let _ = self.monitor.kill();
        let _ = self.monitor.wait();
    }
}
