//! One director, alone on its LAN, and everything that it sends.

use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{
    CONFIG_PATH, Capture, Daemon, Frame, Host, Lan, Signal, Tools, status, until, vipctl,
};
use ha_user::control::protocol::Status;

/// The address that it serves.
pub(crate) const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
/// Its instance.
pub(crate) const INSTANCE: &str = "VI_1";
/// Far more than a transition takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Within which a stop must have left nothing behind.
pub(crate) const STOP: Duration = Duration::from_secs(2);
/// A configuration like any other.
pub(crate) const CONFIG: &str = "vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    version 3
    virtual_router_id 51
    priority 100
    advert_int 0.1
    virtual_ipaddress {
        192.0.2.100/24
    }
}
";

/// The director. Its interface is eth0.
pub(crate) struct Solo {
    pub(crate) host: Host,
    pub(crate) lan: Lan,
    adverts: Capture,
}

impl Solo {
    pub(crate) fn new() -> Result<Self> {
        let mut lan = Lan::new()?;
        let host = Host::new("lb1")?;
        lan.attach(&host, "eth0", "192.0.2.1/24")?;
        let adverts = Capture::start(lan.netns(), lan.interface(), Frame::is_advert)?;
        Tools::vipd()?.install(&host)?;
        Ok(Self { host, lan, adverts })
    }

    /// Starts a daemon with `config` in the foreground and waits until it is Active.
    pub(crate) fn start(&self, config: &str) -> Result<Daemon> {
        let daemon = self.launch(config, &["-n", "-l", "-D"])?;
        daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
        until("the VIP", PATIENCE, || self.host.has_address(VIP))?;
        Ok(daemon)
    }

    /// Starts a daemon with `config` and `arguments`.
    pub(crate) fn launch(&self, config: &str, arguments: &[&str]) -> Result<Daemon> {
        self.configure(config)?;
        Daemon::launch(&self.host, Command::new("keepalived").args(arguments))
    }

    /// Replaces the configuration.
    pub(crate) fn configure(&self, config: &str) -> Result<()> {
        self.host.write(CONFIG_PATH, config)
    }

    /// Replaces the configuration and tells `daemon`, which says that it reads it.
    pub(crate) fn reload(&self, daemon: &Daemon, config: &str) -> Result<()> {
        self.configure(config)?;
        let told = Instant::now();
        daemon.signal(Signal::HUP);
        daemon
            .log()
            .wait_for("Reloading", told, PATIENCE)
            .map(|_| ())
    }

    /// Replaces the configuration, and the process that reads it.
    pub(crate) fn restart(&self, config: &str) -> Result<()> {
        self.configure(config)?;
        let output = vipctl(&self.host, &["restart"])?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "vipctl restart: {complaint}");
        Ok(())
    }

    /// When adverts passed since `since`, and their priorities.
    pub(crate) fn adverts(&self, since: Instant) -> Vec<(Instant, u8)> {
        let frames = self
            .adverts
            .frames()
            .into_iter()
            .filter(|frame| frame.at >= since);
        frames
            .filter_map(|frame| Some((frame.at, frame.priority()?)))
            .collect()
    }

    /// Waits until this is what it advertises.
    pub(crate) fn wait_for_priority(&self, wanted: u8) -> Result<()> {
        let since = Instant::now();
        until(&format!("adverts of priority {wanted}"), PATIENCE, || {
            let adverts = self.adverts(since);
            let last = adverts.last().map(|(_, priority)| *priority);
            Ok(last == Some(wanted))
        })
    }

    /// No instance has entered another state since `since`.
    pub(crate) fn check_no_transition(&self, daemon: &Daemon, since: Instant) -> Result<()> {
        let entered = daemon.log().matching("Entering");
        let entered = entered.iter().find(|line| line.at >= since);
        ensure!(entered.is_none(), "a transition: {entered:?}");
        Ok(())
    }

    /// Kills the worker, and waits until another one carries on.
    pub(crate) fn replace_worker(&self, daemon: &Daemon) -> Result<()> {
        let killed = Instant::now();
        let worker = self.pid_in("/run/keepalived_vrrp.pid")?;
        self.host.sh(&format!("kill -KILL {worker}"))?;
        let adopted = "carrying on as the process before";
        daemon.log().wait_for(adopted, killed, PATIENCE)?;
        Ok(())
    }

    /// What `vipctl status` says that the fault of its instance comes from.
    pub(crate) fn fault(&self) -> Result<Option<String>> {
        let status = self.status()?;
        Ok(status.instances.into_iter().find_map(|one| one.fault))
    }

    /// Exactly one advert of priority 0 is heard since `told`. The capture may be behind the log.
    pub(crate) fn check_one_farewell(&self, told: Instant) -> Result<()> {
        let farewells = || {
            let adverts = self.adverts(told).into_iter();
            adverts.filter(|(_, priority)| *priority == 0).count()
        };
        until("a farewell", PATIENCE, || Ok(farewells() > 0))?;
        ensure!(farewells() == 1, "{} adverts of priority 0", farewells());
        Ok(())
    }

    /// The longest silence between two adverts since `since`.
    pub(crate) fn longest_silence(&self, since: Instant) -> Duration {
        let adverts = self.adverts(since);
        let pauses = adverts.windows(2).map(|pair| pair[1].0 - pair[0].0);
        pauses.max().unwrap_or(Duration::MAX)
    }

    /// What vipctl says.
    pub(crate) fn status(&self) -> Result<Status> {
        status(&self.host)
    }

    /// A pid from a file.
    pub(crate) fn pid_in(&self, path: &str) -> Result<i32> {
        Ok(self.host.sh(&format!("cat {path}"))?.trim().parse()?)
    }

    /// Fails unless no trace of a daemon is left.
    pub(crate) fn check_nothing_left(&self) -> Result<()> {
        ensure!(!self.host.has_address(VIP)?, "the VIP is still there");
        let left = self
            .host
            .sh("ls -A /run | grep -v -x -e lock -e .lab -e mount || true")?;
        ensure!(left.is_empty(), "files are left in /run: {left}");
        let link = self.host.netns().ip("link show eth0")?;
        ensure!(!link.contains("xdp"), "an XDP program is left: {link}");
        let qdiscs = self.host.netns().tc("qdisc show dev eth0")?;
        ensure!(!qdiscs.contains("clsact"), "filters are left: {qdiscs}");
        Ok(())
    }
}
