//! nginx, keepalived, haproxy and dnsmasq, which labs put vipd beside. A package that is installed may start its
//! service, so these are unpacked into the cache and started from there.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{Peers, apt};
use crate::workspace::find_command;

/// A program that labs start.
pub(super) struct Peer {
    pub(super) name: &'static str,
    package: &'static str,
    /// The variable by which one can name another executable.
    variable: &'static str,
    pub(super) purpose: &'static str,
}

const NGINX: Peer = Peer {
    name: "nginx",
    package: "nginx",
    variable: "HA_NGINX",
    purpose: "the service behind the VIP",
};
const KEEPALIVED: Peer = Peer {
    name: "keepalived",
    package: "keepalived",
    variable: "HA_KEEPALIVED",
    purpose: "the oracle of the tests, and the other half of the benchmarks",
};

const HAPROXY: Peer = Peer {
    name: "haproxy",
    package: "haproxy",
    variable: "HA_HAPROXY",
    purpose: "what probes are measured against",
};

const DNSMASQ: Peer = Peer {
    name: "dnsmasq",
    package: "dnsmasq-base",
    variable: "HA_DNSMASQ",
    purpose: "the name server that is probed",
};

/// Where the programs are, after [`fetch`].
///
/// # Errors
/// There is no cache.
pub(super) fn find() -> Result<Peers> {
    Ok(Peers {
        nginx: locate(&NGINX)?,
        keepalived: locate(&KEEPALIVED)?,
        haproxy: locate(&HAPROXY)?,
        dnsmasq: locate(&DNSMASQ)?,
    })
}

/// Those that have to be fetched.
///
/// # Errors
/// There is no cache.
pub(super) fn missing() -> Result<Vec<&'static Peer>> {
    let mut missing = Vec::new();
    for peer in [&NGINX, &KEEPALIVED, &HAPROXY, &DNSMASQ] {
        if locate(peer)?.is_none() {
            missing.push(peer);
        }
    }
    Ok(missing)
}

/// Unpacks the program with the libraries that this machine lacks, and tries it.
///
/// # Errors
/// It cannot be downloaded or does not start.
pub(super) fn fetch(peer: &Peer) -> Result<()> {
    let directory = super::cache()?.join("peers").join(peer.name);
    let _ = fs::remove_dir_all(&directory);
    apt::unpack(peer.package, &directory)?;
    let launcher = write_launcher(peer, &directory)?;
    if !runs(&launcher) {
        bail!(
            "{} does not start: name another one in {}",
            launcher.display(),
            peer.variable
        );
    }
    Ok(())
}

fn locate(peer: &Peer) -> Result<Option<PathBuf>> {
    if let Some(named) = env::var_os(peer.variable) {
        return Ok(Some(PathBuf::from(named)));
    }
    let fetched = launcher(&super::cache()?.join("peers").join(peer.name), peer);
    Ok(find_command(peer.name).or_else(|| runs(&fetched).then_some(fetched)))
}

fn launcher(directory: &Path, peer: &Peer) -> PathBuf {
    directory.join(peer.name)
}

/// A script that starts the program with its libraries. It ends in `exec`, so that the process
/// bears the program's name, by which `ps -C` and `killall` find it.
fn write_launcher(peer: &Peer, directory: &Path) -> Result<PathBuf> {
    let path = launcher(directory, peer);
    let libraries =
        env::join_paths(apt::library_directories(directory)).context("library directories")?;
    let program = directory.join("usr/sbin").join(peer.name);
    let mut script = OsString::from("#!/bin/sh\nLD_LIBRARY_PATH='");
    script.push(libraries);
    script.push("' exec '");
    script.push(program);
    script.push("' \"$@\"\n");
    fs::write(&path, script.as_encoded_bytes())
        .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn runs(launcher: &Path) -> bool {
    let mut version = Command::new(launcher);
    version
        .arg("-v")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}
