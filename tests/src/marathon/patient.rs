//! A director, and what is wrong with it.

use std::time::Duration;

use anyhow::{Context, Result};

use super::fault::{Change, Fault};
use crate::lab::{CONFIG_PATH, Daemon, Direction, Host, Lan, OneWayCut, Signal, Tools, until};

/// While it exists, a script of the director fails.
const WEAK: &str = "/run/weak";
/// Where the daemon says which process speaks VRRP.
const WORKER: &str = "/run/keepalived_vrrp.pid";
/// How often the script runs, in seconds, and what it takes from the priority.
pub(super) const SCRIPT: &str = "vrrp_script strong {\n    \
         script \"/usr/bin/test ! -e /run/weak\"\n    interval 0.2\n    weight -60\n    \
         fall 1\n    rise 1\n}\n";
/// Refers to it.
pub(super) const TRACKED: &str = "    track_script {\n        strong\n    }\n";
/// Far more than a process takes to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// One director.
pub(super) struct Patient {
    host: Host,
    daemon: Daemon,
    /// Its priority and configuration, and those that a reload changes to.
    configs: [(u8, String); 2],
    ailment: Option<Fault>,
    cut: Option<OneWayCut>,
}

impl Patient {
    pub(super) fn new(host: &Host, daemon: Daemon, configs: [(u8, String); 2]) -> Self {
        Self {
            host: host.clone(),
            daemon,
            configs,
            ailment: None,
            cut: None,
        }
    }

    /// What is wrong.
    pub(super) fn ailment(&self) -> Option<Fault> {
        self.ailment
    }

    pub(super) fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// Makes or cures a fault, but for the flood, which is nobody's own.
    pub(super) fn undergo(&mut self, change: Change, lan: &Lan) -> Result<()> {
        let name = self.host.name().to_owned();
        match change {
            Change::Strike(fault) => {
                self.ailment = fault.lasts().then_some(fault);
                self.strike(fault, lan)
            }
            Change::Cure(fault) => {
                self.ailment = None;
                self.cure(fault, lan)
            }
        }
        .with_context(|| format!("{change} of {name}"))
    }

    fn strike(&mut self, fault: Fault, lan: &Lan) -> Result<()> {
        match fault {
            Fault::Freeze => self.daemon.freeze()?,
            Fault::Kill => self.daemon.kill()?,
            Fault::Stop => self.daemon.signal(Signal::TERM),
            Fault::Cut => lan.cut(&self.host)?,
            Fault::Deaf => self.cut = Some(lan.cut_one_way(&self.host, Direction::Incoming)?),
            Fault::Mute => self.cut = Some(lan.cut_one_way(&self.host, Direction::Outgoing)?),
            Fault::Weak => self.host.write(WEAK, "")?,
            Fault::KillWorker => self.kill_worker()?,
            Fault::Reload => self.reload()?,
            Fault::Restart => self.restart()?,
            Fault::Flood => {}
        }
        Ok(())
    }

    fn cure(&mut self, fault: Fault, lan: &Lan) -> Result<()> {
        match fault {
            Fault::Freeze => self.daemon.thaw(),
            Fault::Kill => self.start(),
            Fault::Stop => {
                self.daemon.wait_gone(PATIENCE)?;
                self.start()
            }
            Fault::Cut => lan.heal(&self.host),
            Fault::Deaf | Fault::Mute => {
                self.cut = None;
                Ok(())
            }
            Fault::Weak => Ok(std::fs::remove_file(self.host.outside(WEAK))?),
            Fault::KillWorker | Fault::Reload | Fault::Restart | Fault::Flood => Ok(()),
        }
    }

    fn start(&mut self) -> Result<()> {
        self.daemon = Daemon::start(&self.host, &Tools::vipd()?, &self.configs[0].1)?;
        // A reload may come next.
        let heeds = || Ok(self.daemon.heeds(Signal::HUP));
        until("the daemon to hear signals", PATIENCE, heeds)
    }

    /// The worker may be gone already, or not there yet.
    fn kill_worker(&self) -> Result<()> {
        let script = format!("kill -s KILL \"$(cat {WORKER})\" || true");
        self.host.sh(&script).map(drop)
    }

    fn reload(&mut self) -> Result<()> {
        self.configs.reverse();
        self.host.write(CONFIG_PATH, &self.configs[0].1)?;
        self.daemon.signal(Signal::HUP);
        Ok(())
    }

    /// The daemon may be frozen or killed before it has answered.
    fn restart(&self) -> Result<()> {
        let vipctl = Tools::vipctl()?;
        let script = format!("'{}' restart > /dev/null 2>&1 &", vipctl.display());
        self.host.sh(&script).map(drop)
    }

    /// What its own configuration makes of it: the larger of two priorities is better.
    pub(super) fn priority(&self) -> u8 {
        self.configs[0].0
    }
}
