//! Two directors that have settled, and a stranger.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_common::Reason;
use ha_tests::lab::{Capture, Daemon, Frame, PacketSocket, Tools, pause, until};
use ha_tests::watched::{INSTANCE, INTERFACE, Pair, Setup};
use ha_user::control::protocol::{Instance, Status};

/// Far more than anything takes here on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Between two frames of the stranger: few enough to be no flood.
const RHYTHM: Duration = Duration::from_millis(20);

/// Version 2 has whole seconds only.
pub(crate) const V2: Setup = Setup {
    version: 2,
    interval_ms: 1000,
    preempt: true,
    priorities: [150, 100],
    xdp: Some("native"),
};
/// Slow enough for a busy machine never to lose three adverts in a row.
pub(crate) const V3: Setup = Setup {
    version: 3,
    interval_ms: 250,
    ..V2
};

/// The first director is Active, the second one Backup.
pub(crate) struct Scene {
    pub(crate) pair: Pair,
    pub(crate) daemons: [Daemon; 2],
    /// What passes on the bridge.
    wire: Capture,
    stranger: PacketSocket,
    settled: Instant,
}

impl Scene {
    pub(crate) fn new(setup: Setup) -> Result<Self> {
        Self::on(Pair::new(setup)?)
    }

    pub(crate) fn on(pair: Pair) -> Result<Self> {
        Self::configured(pair, "")
    }

    /// With `lines` more in the `vrrp_instance` of both directors.
    pub(crate) fn configured(pair: Pair, lines: &str) -> Result<Self> {
        let vipd = Tools::vipd()?;
        let daemons = pair.start_each(|index, host| {
            let config = pair.setup().config_with(index, lines);
            Daemon::start(host, &vipd, &config)
        })?;
        let lan = &pair.lan;
        let spoken = |frame: &Frame| frame.is_advert() || frame.is_arp();
        let wire = Capture::start(lan.netns(), lan.interface(), spoken)?;
        let stranger = PacketSocket::open(pair.stranger.netns(), INTERFACE)?;
        Ok(Self {
            pair,
            daemons,
            wire,
            stranger,
            settled: Instant::now(),
        })
    }

    pub(crate) fn interval(&self) -> Duration {
        self.pair.setup().interval()
    }

    /// Sends `frame` once.
    pub(crate) fn send(&self, frame: &[u8]) -> Result<()> {
        self.stranger
            .send(frame)
            .context("the stranger cannot send")
    }

    /// Sends `frame` again and again for `time`; returns how often.
    pub(crate) fn send_for(&self, frame: &[u8], time: Duration) -> Result<u64> {
        let begun = Instant::now();
        let mut sent = 0;
        while begun.elapsed() < time {
            self.send(frame)?;
            sent += 1;
            pause(RHYTHM)?;
        }
        Ok(sent)
    }

    /// Sends `frame` for longer than Active_Down_Interval, which must change nothing.
    pub(crate) fn bear(&self, frame: &[u8]) -> Result<()> {
        self.send_for(frame, self.pair.setup().active_down_interval(1))?;
        self.check_calm()
    }

    /// Nothing has changed since the directors settled.
    pub(crate) fn check_calm(&self) -> Result<()> {
        for daemon in &self.daemons {
            let changes = daemon.log().matching(&format!("({INSTANCE}) Entering"));
            let changed = changes.iter().any(|line| line.at >= self.settled);
            ensure!(!changed, "{}", daemon.log().tail(12));
        }
        self.check_one_owner()
    }

    /// The first director owns the VIP, and the second does not.
    pub(crate) fn check_one_owner(&self) -> Result<()> {
        ensure!(self.owners()? == [true, false], "{:?}", self.owners()?);
        Ok(())
    }

    /// Waits until the first director alone owns the VIP again.
    pub(crate) fn wait_for_peace(&self) -> Result<()> {
        until(
            "one owner",
            PATIENCE,
            || Ok(self.owners()? == [true, false]),
        )
    }

    /// Whether each director owns the VIP.
    pub(crate) fn owners(&self) -> Result<[bool; 2]> {
        let owns =
            |index| Ok::<_, anyhow::Error>(self.instance(index)?.lease_left_seconds.is_some());
        Ok([owns(0)?, owns(1)?])
    }

    /// What vipctl says on a director.
    pub(crate) fn status(&self, index: usize) -> Result<Status> {
        let mut vipctl = Command::new(Tools::vipctl()?);
        let host = &self.pair.directors[index];
        let output = host.output(vipctl.args(["status", "--json"]))?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn instance(&self, index: usize) -> Result<Instance> {
        let status = self.status(index)?;
        status.instances.into_iter().next().context("an instance")
    }

    /// Packets of `reason` on a director.
    pub(crate) fn packets(&self, index: usize, reason: Reason) -> Result<u64> {
        let status = self.status(index)?;
        let mut counters = status.packets.iter();
        let counter = counters.find(|counter| counter.name == reason.name());
        Ok(counter.context("a counter")?.value)
    }

    /// Waits until a director has counted packets of `reason`.
    pub(crate) fn wait_for_packets(&self, index: usize, reason: Reason) -> Result<()> {
        until(reason.name(), PATIENCE, || {
            Ok(self.packets(index, reason)? > 0)
        })
        .with_context(|| self.counted(index))
    }

    /// All packets on a director, for people.
    fn counted(&self, index: usize) -> String {
        let packets = self.status(index).map(|status| status.packets);
        let seen = packets.into_iter().flatten().filter(|one| one.value > 0);
        let seen = seen.map(|one| format!(" {} {}", one.value, one.name));
        format!("director {index} has seen{}", seen.collect::<String>())
    }

    /// Waits for a line in a director's log since the directors settled.
    pub(crate) fn wait_for_line(&self, index: usize, text: &str) -> Result<()> {
        let log = self.daemons[index].log();
        log.wait_for(text, self.settled, PATIENCE).map(drop)
    }

    /// Adverts and ARP that a director has sent since `since`.
    pub(crate) fn spoken(&self, index: usize, since: Instant) -> Vec<Frame> {
        let own = Some(self.pair.macs[index]);
        let frames = self.wire.frames().into_iter();
        frames
            .filter(|frame| frame.at >= since && frame.source() == own)
            .collect()
    }
}
