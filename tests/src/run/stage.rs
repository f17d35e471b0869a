//! The lab of `ha-lab run`.

use std::time::Duration;

use anyhow::{Context, Result};

use super::article;
use crate::lab::{Daemon, Host, Nginx, Software, Tools, status, until};
use crate::scene::Scene;

/// Between two requests of the client.
pub(super) const REQUEST_EVERY: Duration = Duration::from_millis(5);
/// How long lb1 may take to own the VIP alone after a start or a repair.
const RECOVERY: Duration = Duration::from_mins(1);
/// How long lb1 must have been the only one to answer before the next fault.
const CALM: Duration = Duration::from_millis(500);

/// The article's directors in a [`Scene`].
pub(super) struct Stage {
    pub(super) directors: [Director; 2],
    pub(super) scene: Scene,
    pub(super) has_nginx: bool,
}

/// One of the directors.
pub(super) struct Director {
    pub(super) host: Host,
    pub(super) software: Software,
    pub(super) nginx: Nginx,
    config: String,
    daemon: Daemon,
}

impl Stage {
    /// Sets it up; the daemons have been started, and who owns the VIP is still open.
    pub(super) fn set(software: [Software; 2], mode: Option<&str>) -> Result<Self> {
        let scene = Scene::set(&article::LAYOUT, article::PAGE, REQUEST_EVERY)?;
        let [first, second] = software;
        let [lb1, lb2] = &scene.directors;
        Ok(Self {
            directors: [
                Director::set(lb1, 0, first, mode)?,
                Director::set(lb2, 1, second, mode)?,
            ],
            scene,
            has_nginx: Tools::nginx().is_some(),
        })
    }

    /// Waits until lb1, and only lb1, answers.
    pub(super) fn wait_for_lb1(&self) -> Result<()> {
        let [lb1, _] = self.scene.macs;
        let what = "lb1 to be the only one that answers";
        until(what, RECOVERY, || Ok(self.scene.is_calm(lb1, CALM))).with_context(|| {
            let logs = self.directors.each_ref().map(|director| {
                let end = director.daemon.log().tail(15);
                format!("{}:\n{end}", director.host.name())
            });
            logs.concat()
        })
    }
}

impl Director {
    fn set(host: &Host, number: usize, software: Software, mode: Option<&str>) -> Result<Self> {
        host.write_script(article::SCRIPT_PATH, article::SCRIPT)?;
        let nginx = install_nginx(host)?;
        nginx.start()?;
        // The block is ours; keepalived would only warn of it.
        let mode = mode.filter(|_| matches!(software, Software::Vipd(_)));
        let config = article::config(number, mode);
        let daemon = Daemon::start(host, &software, &config)?;
        Ok(Self {
            host: host.clone(),
            software,
            nginx,
            config,
            daemon,
        })
    }

    /// Its VRRP daemon.
    pub(super) fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    /// How the daemon has attached its data path, if it has one. Waits for a daemon that is slow to
    /// start.
    pub(super) fn data_path(&self) -> Result<Option<String>> {
        if let Software::Keepalived(_) = self.software {
            return Ok(None);
        }
        let mut interfaces = Vec::new();
        until("vipctl's answer", RECOVERY, || {
            let answer = status(&self.host);
            interfaces = answer.map(|status| status.interfaces).unwrap_or_default();
            Ok(!interfaces.is_empty())
        })?;
        Ok(interfaces.into_iter().map(|interface| interface.xdp).next())
    }

    /// Starts the daemon again, if it has ended.
    pub(super) fn restart(&mut self) -> Result<()> {
        if !self.daemon.is_running()? {
            self.daemon = Daemon::start(&self.host, &self.software, &self.config)?;
        }
        Ok(())
    }
}

fn install_nginx(host: &Host) -> Result<Nginx> {
    match Tools::nginx() {
        Some(program) => {
            let config = article::nginx_config(host.name());
            Nginx::install(host, "/usr/local/nginx", &program, &config)
        }
        None => Nginx::substitute(host),
    }
}
