//! A director that probes, and a host with what it probes.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Lan, Nginx, Signal, Tools, status, until};
use ha_user::control::protocol::{Check, Probe};

/// Far more than a verdict takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// An address on the LAN whose host takes packets and never answers.
pub(crate) const HOLE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 99);
/// The same by IPv6, of a [`Scene::with_ipv6`].
pub(crate) const HOLE6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x99);

/// The file of the `track_file` called number, on the director.
pub(crate) const NUMBER: &str = "/run/number";

/// Where nginx is.
const PREFIX: &str = "/usr/local/nginx";
const CERTIFICATES: [(&str, &str); 6] = [
    ("server.pem", include_str!("../../data/tls/server.pem")),
    ("expired.pem", include_str!("../../data/tls/expired.pem")),
    ("server.key", include_str!("../../data/tls/server.key")),
    ("issued.pem", include_str!("../../data/tls/issued.pem")),
    ("issued.key", include_str!("../../data/tls/issued.key")),
    ("ca.pem", include_str!("../../data/tls/ca.pem")),
];
/// Octets of the page /huge.
const HUGE: usize = 64 << 20;

/// The scene.
pub(crate) struct Scene {
    pub(crate) lan: Lan,
    pub(crate) director: Host,
    pub(crate) web: Host,
}

impl Scene {
    /// The director at 192.0.2.1, the other host at 192.0.2.10.
    pub(crate) fn new() -> Result<Self> {
        let mut lan = Lan::new()?;
        let (director, web) = (Host::new("lb1")?, Host::new("web")?);
        lan.attach(&director, "eth0", "192.0.2.1/24")?;
        lan.attach(&web, "eth0", "192.0.2.10/24")?;
        // Nobody has this MAC, and nobody is asked for it.
        director.netns().ip(&format!(
            "neigh add {HOLE} lladdr 02:00:00:00:00:99 dev eth0 nud permanent"
        ))?;
        Tools::vipd()?.install(&director)?;
        Ok(Self { lan, director, web })
    }

    /// The same with 2001:db8::1 and 2001:db8::10 as well.
    pub(crate) fn with_ipv6() -> Result<Self> {
        let scene = Self::new()?;
        for (host, address) in [
            (&scene.director, "2001:db8::1"),
            (&scene.web, "2001:db8::10"),
        ] {
            let add = format!("address add {address}/64 dev eth0 nodad");
            host.netns().ip(&add)?;
        }
        scene.director.netns().ip(&format!(
            "neigh add {HOLE6} lladdr 02:00:00:00:00:99 dev eth0 nud permanent"
        ))?;
        Ok(scene)
    }

    /// Has the other host refuse every datagram to a closed port: hosts refuse once a second, else.
    pub(crate) fn refuse_at_once(&self) -> Result<()> {
        for limit in ["ipv4/icmp_ratelimit", "ipv6/icmp/ratelimit"] {
            self.web.sh(&format!("echo 0 >/proc/sys/net/{limit}"))?;
        }
        Ok(())
    }

    /// Starts a daemon whose instance follows each of `checks`: a name, and what stands in the block.
    pub(crate) fn start(&self, checks: &[(String, String)]) -> Result<Daemon> {
        let config = config(checks);
        let daemon = Daemon::start(&self.director, &Tools::vipd()?, &config)?;
        daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
        Ok(daemon)
    }

    /// Has `daemon` follow other checks.
    pub(crate) fn reload(&self, daemon: &Daemon, checks: &[(String, String)]) -> Result<()> {
        self.director.write(CONFIG_PATH, &config(checks))?;
        daemon.signal(Signal::HUP);
        Ok(())
    }

    /// nginx on the other host, not started.
    pub(crate) fn nginx(&self) -> Result<Nginx> {
        let program =
            Tools::nginx().context("HA_NGINX is not set: start this through cargo xtask")?;
        let nginx = Nginx::install(&self.web, PREFIX, &program, &nginx_config())?;
        for (name, text) in CERTIFICATES {
            self.web.write(&format!("{PREFIX}/conf/{name}"), text)?;
        }
        self.web.write(&format!("{PREFIX}/html/hello"), "hello\n")?;
        self.web
            .sh(&format!("head -c {HUGE} /dev/zero >{PREFIX}/html/huge"))?;
        Ok(nginx)
    }

    /// What the daemon says of a check.
    pub(crate) fn check(&self, name: &str) -> Result<Check> {
        let checks = status(&self.director)?.checks;
        let mut checks = checks.into_iter();
        let check = checks.find(|check| check.name == name);
        check.with_context(|| format!("there is no check {name}"))
    }

    /// The only probe of a check.
    pub(crate) fn probe(&self, name: &str) -> Result<Probe> {
        let mut probes = self.check(name)?.probes;
        ensure!(probes.len() == 1, "{name} has {} probes", probes.len());
        probes.pop().context("it has one")
    }

    /// Waits until the probe of every check is as expected: good, or bad for a reason with these words.
    pub(crate) fn expect(&self, expected: &[(&str, Result<(), &str>)]) -> Result<()> {
        let all_are = || {
            let checks = status(&self.director)?.checks;
            let is = |(name, outcome): &(&str, Result<(), &str>)| {
                let check = checks.iter().find(|check| check.name == *name);
                let probe = check.and_then(|check| check.probes.first());
                probe.is_some_and(|probe| is_as_expected(probe, outcome))
            };
            Ok(expected.iter().all(is))
        };
        until("the verdicts", PATIENCE, all_are).map_err(|error| {
            let told = |(name, outcome): &(&str, Result<(), &str>)| match self.probe(name) {
                Ok(probe) if is_as_expected(&probe, outcome) => None,
                told => Some(format!("\n{name}: expected {outcome:?}, it is {told:?}")),
            };
            let told: String = expected.iter().filter_map(told).collect();
            anyhow!("{error:#}{told}")
        })
    }
}

fn is_as_expected(probe: &Probe, expected: &Result<(), &str>) -> bool {
    match (expected, &probe.failure) {
        (Ok(()), None) => probe.up == Some(true),
        (Err(words), Some(failure)) => probe.up == Some(false) && failure.contains(words),
        _ => false,
    }
}

pub(crate) fn config(checks: &[(String, String)]) -> String {
    let blocks = checks.iter().map(|(name, block)| {
        format!("vrrp_check {name} {{\n interval 0.05\n timeout 0.5\n weight 1\n{block}\n}}\n")
    });
    let names: String = checks
        .iter()
        .map(|(name, _)| format!("  {name}\n"))
        .collect();
    format!(
        "track_file number {{\n file {NUMBER}\n}}\n{}vrrp_instance VI_1 {{\n interface eth0\n version 3\n virtual_router_id 51\n priority 50\n \
         advert_int 0.1\n virtual_ipaddress {{\n  192.0.2.100/24\n }}\n track_check {{\n{names} }}\n}}\n",
        blocks.collect::<String>()
    )
}

fn nginx_config() -> String {
    format!(
        "events {{}}\nhttp {{\n{}server {{
  listen 80 default_server;
  listen [::]:80 default_server;
  location / {{ root html; }}
  location = /gone {{ return 404; }}
  location = /busy {{ return 503; }}
  location = /empty {{ return 204; }}
}}
server {{
  listen 80;
  listen [::]:80;
  server_name www.example;
  location / {{ return 200 'this is www.example'; }}
}}
server {{
  listen 443 ssl default_server;
  listen [::]:443 ssl default_server;
  ssl_reject_handshake on;
}}
server {{
  listen 443 ssl;
  listen [::]:443 ssl;
  server_name www.example;
  ssl_certificate server.pem;
  ssl_certificate_key server.key;
  location / {{ root html; }}
}}
server {{
  listen 444 ssl;
  listen [::]:444 ssl;
  ssl_certificate expired.pem;
  ssl_certificate_key server.key;
  location / {{ root html; }}
}}
server {{
  listen 445 ssl;
  ssl_certificate issued.pem;
  ssl_certificate_key issued.key;
  ssl_client_certificate ca.pem;
  ssl_verify_client on;
  location / {{ root html; }}
}}
}}\n",
        Nginx::http_preamble()
    )
}
