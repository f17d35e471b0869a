//! The lab of `ha-lab run`.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::article;
use crate::lab::{Client, Daemon, Errand, Host, Lan, Mac, Nginx, Prober, Software, Tools, until};

/// Between two requests of the client.
pub(super) const REQUEST_EVERY: Duration = Duration::from_millis(5);
/// After which the client gives a request up.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(250);
/// How long lb1 may take to own the VIP alone after a start or a repair.
const RECOVERY: Duration = Duration::from_secs(25);
/// How long lb1 must have been the only one to answer before the next fault.
const CALM: Duration = Duration::from_millis(500);

const CLIENT: &str = "192.168.192.1";
const PROBER: Ipv4Addr = Ipv4Addr::new(192, 168, 192, 200);

/// Two directors, a client that requests the VIP all the time, a prober that asks who answers.
pub(super) struct Stage {
    pub(super) directors: [Director; 2],
    pub(super) lan: Lan,
    pub(super) client: Client,
    pub(super) prober: Prober,
    pub(super) has_nginx: bool,
}

/// One of the directors.
pub(super) struct Director {
    pub(super) host: Host,
    pub(super) mac: Mac,
    pub(super) software: Software,
    pub(super) nginx: Nginx,
    config: String,
    daemon: Daemon,
}

impl Stage {
    /// Sets it up; the daemons have been started, and who owns the VIP is still open.
    pub(super) fn set(software: [Software; 2], mode: Option<&str>) -> Result<Self> {
        let mut lan = Lan::new()?;
        let [first, second] = software;
        let lb1 = Director::set(&mut lan, 0, first, mode)?;
        let lb2 = Director::set(&mut lan, 1, second, mode)?;
        let (client, prober) = (Host::new("client")?, Host::new("prober")?);
        lan.attach(&client, "eth0", &format!("{CLIENT}/24"))?;
        lan.attach(&prober, "eth0", &format!("{PROBER}/24"))?;
        let place = (&prober, "eth0", PROBER);
        Ok(Self {
            prober: Prober::start(&lan, place, article::VIP, &[lb1.mac, lb2.mac])?,
            client: Client::start(&client, errand())?,
            directors: [lb1, lb2],
            lan,
            has_nginx: Tools::nginx().is_some(),
        })
    }

    /// Waits until lb1, and only lb1, answers.
    pub(super) fn wait_for_lb1(&self) -> Result<()> {
        let [lb1, _] = &self.directors;
        let what = "lb1 to be the only one that answers";
        until(what, RECOVERY, || Ok(self.answers_alone(lb1))).with_context(|| {
            let logs = self.directors.each_ref().map(|director| {
                format!(
                    "{}:\n{}",
                    director.host.name(),
                    director.daemon.log().tail(15)
                )
            });
            logs.concat()
        })
    }

    /// Whether the director has been the only one to answer for [`CALM`], but for some questions
    /// that a busy machine has lost, and the client gets its pages.
    fn answers_alone(&self, director: &Director) -> bool {
        let now = Instant::now();
        let alone = self.prober.look(|transcript| {
            let period = now - CALM..now;
            let asked = transcript.during(period.clone()).len();
            let wrong = transcript.wrong(period.clone(), director.mac).len();
            let answerers = transcript.answerers(period);
            answerers.into_iter().eq([director.mac]) && wrong * 20 < asked
        });
        let silence = self.client.look(|requests| requests.silence_at(now));
        alone && silence.is_some_and(|silence| silence < CALM)
    }
}

impl Director {
    fn set(lan: &mut Lan, number: usize, software: Software, mode: Option<&str>) -> Result<Self> {
        let host = Host::new(&format!("lb{}", number + 1))?;
        let address = format!("{}/24", article::ADDRESSES[number]);
        let mac = lan.attach(&host, article::INTERFACE, &address)?;
        host.write_script(article::SCRIPT_PATH, article::SCRIPT)?;
        let nginx = install_nginx(&host)?;
        nginx.start()?;
        // The block is ours; keepalived would only warn of it.
        let mode = mode.filter(|_| matches!(software, Software::Vipd(_)));
        let config = article::config(number, mode);
        let daemon = Daemon::start(&host, &software, &config)?;
        Ok(Self {
            host,
            mac,
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

fn errand() -> Errand {
    Errand {
        server: SocketAddrV4::new(article::VIP, 80),
        path: article::PAGE.to_owned(),
        every: REQUEST_EVERY,
        timeout: REQUEST_TIMEOUT,
    }
}
