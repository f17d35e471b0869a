//! A name server on a host.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::{Host, Tools};

/// Debian's dnsmasq, which asks nobody else.
#[derive(Debug)]
pub struct Dnsmasq {
    host: Host,
    program: PathBuf,
    records: Vec<String>,
}

impl Dnsmasq {
    /// One of `host`, not started, that knows all of the names below `domain`: each of `names`, which
    /// are whole, has this IPv4 address and nothing else. It refuses to answer for other domains.
    ///
    /// # Errors
    /// When the lab has no dnsmasq.
    pub fn new(host: &Host, domain: &str, names: &[(&str, &str)]) -> Result<Self> {
        let record = |(name, address): &(&str, &str)| format!("--host-record={name},{address}");
        let local = format!("--local=/{domain}/");
        Ok(Self {
            host: host.clone(),
            program: Tools::dnsmasq()?,
            records: names.iter().map(record).chain([local]).collect(),
        })
    }

    /// Starts it on port 53 of every address; it goes to the background by itself, once it listens.
    ///
    /// # Errors
    /// When it does not start; with what it said.
    pub fn start(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["--conf-file=/dev/null", "--no-resolv", "--no-hosts"]);
        // Nobody has made the user whom its package would make.
        command.args(["--user=root", "--pid-file=/run/dnsmasq.pid"]);
        let output = self.host.output(command.args(&self.records))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "dnsmasq: {}", said.trim());
        Ok(())
    }

    /// Kills it.
    ///
    /// # Errors
    /// When it is there after two seconds.
    pub fn kill(&self) -> Result<()> {
        self.host.kill("dnsmasq")
    }
}
