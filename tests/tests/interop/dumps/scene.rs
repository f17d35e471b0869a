//! A director of either make beside another keepalived, and the dumps that it writes.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Lan, Software, Tools, pause, until};

use super::exporter;

/// Where both are told to write what is not said to be elsewhere.
const PLACE: &str = "/run/dumps";
/// How long an election of keepalived may take, on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// How long the two speak before they are looked at.
const CONVERSATION: Duration = Duration::from_secs(2);
/// keepalived writes where it is read: a file that is the same after this time is complete.
const STILL: Duration = Duration::from_millis(100);

/// The three files, by the names that `--signum` has for them.
pub(super) const FILES: [(&str, &str); 3] = [
    ("DATA", "keepalived.data"),
    ("STATS", "keepalived.stats"),
    ("JSON", "keepalived.json"),
];

/// A configuration, what the other director has instead, and the states that come of it.
pub(super) struct Play {
    pub(super) own: String,
    pub(super) other: String,
    /// The first of them is MASTER.
    pub(super) states: &'static [(&'static str, u8)],
    /// Which instances the other director has first.
    pub(super) before: &'static [&'static str],
}

/// The director, and what it takes.
pub(super) struct Scene {
    pub(super) host: Host,
    /// Somebody else on the LAN.
    pub(super) stranger: Host,
    _lans: [Lan; 2],
    daemons: [Daemon; 2],
}

impl Scene {
    /// `software` in the states of `play`.
    pub(super) fn new(software: &Software, play: &Play) -> Result<Self> {
        let mut lans = [Lan::new()?, Lan::new()?];
        let (host, other) = (Host::new("lb1")?, Host::new("lb2")?);
        for (host, last) in [(&host, 1), (&other, 2)] {
            let networks = ["192.0.2", "198.51.100"];
            for ((lan, network), interface) in lans.iter_mut().zip(networks).zip(["eth0", "eth1"]) {
                lan.attach(host, interface, &format!("{network}.{last}/24"))?;
            }
            host.sh(&format!("mkdir {PLACE}"))?;
        }
        let stranger = Host::new("stranger")?;
        lans[0].attach(&stranger, "eth0", "192.0.2.9/24")?;
        let second = start(&other, &Tools::keepalived()?, &play.other)?;
        for instance in play.before {
            second.wait_for(instance, "MASTER", PATIENCE)?;
        }
        let first = start(&host, software, &play.own)?;
        let (begun, _) = play.states.first().context("no instance")?;
        first.wait_for(begun, "MASTER", PATIENCE)?;
        let scene = Self {
            host,
            stranger,
            _lans: lans,
            daemons: [first, second],
        };
        scene.wait_for(play.states)?;
        pause(CONVERSATION)?;
        Ok(scene)
    }

    fn wait_for(&self, states: &[(&str, u8)]) -> Result<()> {
        let mut seen = Vec::new();
        let wait = until("the states of its instances", PATIENCE, || {
            let instances = exporter::instances(&self.dump("DATA")?)?;
            seen = instances
                .into_iter()
                .map(|(name, instance)| (name, instance.state))
                .collect();
            let wanted = states.iter().map(|(name, state)| (*name, *state));
            Ok(wanted.eq(seen.iter().map(|(name, state)| (name.as_str(), *state))))
        });
        wait.with_context(|| {
            let logs = self.daemons.each_ref().map(|daemon| daemon.log().tail(60));
            format!("{seen:?}\n{}", logs.join("\n"))
        })
    }

    /// Has the daemon write a dump, as exporters do it, and reads that.
    pub(super) fn dump(&self, signal: &str) -> Result<String> {
        let name = FILES.iter().find(|(known, _)| signal.starts_with(known));
        let (_, name) = name.context("no such dump")?;
        self.dump_to(signal, &format!("{PLACE}/{name}"))
    }

    /// As [`Self::dump`], from another place.
    pub(super) fn dump_to(&self, signal: &str, path: &str) -> Result<String> {
        let file = self.host.outside(path);
        // There may be none yet.
        let _ = fs::remove_file(&file);
        ask(&self.host, signal)?;
        let mut text = String::new();
        until(path, PATIENCE, || {
            let before = std::mem::take(&mut text);
            text = fs::read_to_string(&file).unwrap_or_default();
            let complete = text.ends_with('\n') && text == before;
            if !complete {
                pause(STILL)?;
            }
            Ok(complete)
        })?;
        Ok(text)
    }
}

/// Sends the process of the pid file the signal that `--signum` calls so.
pub(super) fn ask(host: &Host, signal: &str) -> Result<()> {
    let script = format!("kill -$(keepalived --signum={signal}) $(cat /run/keepalived.pid)");
    host.sh(&script).map(drop)
}

fn start(host: &Host, software: &Software, config: &str) -> Result<Daemon> {
    software.install(host)?;
    host.write(CONFIG_PATH, config)?;
    let mut command = Command::new("keepalived");
    command.args(["-n", "-l", "-D"]).env("TMPDIR", PLACE);
    Daemon::launch(host, &mut command)
}

/// Plays it with both, at a time; the results of keepalived come first.
pub(super) fn with_both<T: Send>(
    play: &Play,
    act: impl Fn(&Scene) -> Result<T> + Sync,
) -> Result<[T; 2]> {
    let perform = |software: Result<Software>| act(&Scene::new(&software?, play)?);
    std::thread::scope(|scope| {
        let keepalived = scope.spawn(|| perform(Tools::keepalived()));
        let vipd = perform(Tools::vipd()).context("vipd")?;
        match keepalived.join() {
            Ok(keepalived) => Ok([keepalived.context("keepalived")?, vipd]),
            Err(_) => bail!("the lab of keepalived panicked"),
        }
    })
}
