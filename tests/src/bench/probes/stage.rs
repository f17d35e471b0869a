//! A host that probes, and one with as many addresses as are wanted, and nginx on all of them.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::lab::{Host, Nginx, Tools};

const PREFIX: &str = "/usr/local/nginx";

/// The scene.
pub(super) struct Stage {
    pub(super) prober: Host,
    pub(super) web: Host,
    pub(super) nginx: Nginx,
    pub(super) haproxy: PathBuf,
}

impl Stage {
    /// nginx runs. `haproxy` is the program.
    pub(super) fn new(haproxy: &Path) -> Result<Self> {
        let (prober, web) = (Host::new("prober")?, Host::new("web")?);
        lay_cable(&prober, &web)?;
        // All of a network is one host's own.
        web.netns().ip("route add local 198.18.0.0/16 dev lo")?;
        prober
            .netns()
            .ip("route add 198.18.0.0/16 via 192.0.2.10")?;
        let program =
            Tools::nginx().context("HA_NGINX is not set: start this through cargo xtask")?;
        let config = format!(
            "worker_processes 1;\nevents {{\n worker_connections 8192;\n}}\nhttp {{\n{}keepalive_timeout 0;\n\
             server {{\n listen 80 backlog=8192;\n location / {{\n return 200 page;\n}}\n}}\n}}\n",
            Nginx::http_preamble()
        );
        let nginx = Nginx::install(&web, PREFIX, &program, &config)?;
        nginx.start()?;
        Ok(Self {
            prober,
            web,
            nginx,
            haproxy: haproxy.to_owned(),
        })
    }

    /// What the kernel of the host that is probed has counted: `field` of `protocol`.
    pub(super) fn count(&self, protocol: &str, field: &str) -> Result<u64> {
        let text = self.web.sh("cat /proc/net/snmp")?;
        let mut lines = text.lines().filter(|line| line.starts_with(protocol));
        let (names, values) = (lines.next(), lines.next());
        let mut pairs = names
            .unwrap_or_default()
            .split_whitespace()
            .zip(values.unwrap_or_default().split_whitespace());
        let value = pairs.find(|(name, _)| *name == field);
        let value = value.and_then(|(_, value)| value.parse().ok());
        value.with_context(|| format!("no {protocol} {field} in {text}"))
    }
}

/// With its offloads on, and nothing else on the way that would take time of who sends.
fn lay_cable(prober: &Host, web: &Host) -> Result<()> {
    let inside = web.netns().path();
    prober.netns().ip(&format!(
        "link add eth0 type veth peer name eth0 netns {}",
        inside.display()
    ))?;
    for (host, address) in [(prober, "192.0.2.1/24"), (web, "192.0.2.10/24")] {
        host.netns()
            .ip(&format!("address add {address} dev eth0"))?;
        host.netns().ip("link set eth0 up")?;
    }
    Ok(())
}

/// The address of a target.
pub(super) fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + number + 1)
}
