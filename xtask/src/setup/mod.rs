//! `cargo xtask setup`: sees to the eBPF toolchain and to what the labs call. Run twice, the
//! second run finds everything there and does nothing.
//!
//! Nothing here starts a service or touches a running one: programs that come with a service are
//! unpacked into the user's cache ([`peers`]), everything else is tools and compilers.

mod apt;
mod kernel;
mod linker;
mod peers;
mod qemu;
mod rustc;
mod suite;
#[path = "../../../ha-user/build/toolchain.rs"]
mod toolchain;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

pub(crate) use self::kernel::{Kernel, Series};
pub(crate) use self::qemu::Qemu;

/// The programs that labs put vipd beside. `None`: not on this machine, and not to be had.
pub(crate) struct Peers {
    pub(crate) nginx: Option<PathBuf>,
    pub(crate) keepalived: Option<PathBuf>,
    pub(crate) haproxy: Option<PathBuf>,
    pub(crate) dnsmasq: Option<PathBuf>,
}

/// Everything: to build and to run labs. What labs would like to call is not insisted on here,
/// as not every lab calls everything: see [`require_everything`].
///
/// # Errors
/// Something cannot be installed. The message has the commands that do.
pub(crate) fn run() -> Result<Peers> {
    let rustc = rustc::ensure()?;
    let installed = install_for_labs();
    // Last, as it takes longest: nobody is asked for a password after it. It needs no root, so it
    // is built even where the rest could not be installed.
    linker::ensure(&rustc)?;
    installed?;
    peers::find()
}

/// Only what building needs.
///
/// # Errors
/// As [`run`].
pub(crate) fn to_build() -> Result<()> {
    linker::ensure(&rustc::ensure()?)
}

/// What building needs, and the compiler of libFuzzer.
///
/// # Errors
/// As [`run`].
pub(crate) fn to_fuzz() -> Result<()> {
    let missing = apt::missing(FUZZ_TOOLS);
    for tool in &missing {
        eprintln!("setup: apt package {}: {}", tool.package, tool.purpose);
    }
    if !missing.is_empty() {
        let packages: Vec<_> = missing.iter().map(|tool| tool.package).collect();
        apt::install(&packages)?;
    }
    to_build()
}

/// Tests call everything: a machine that lacks something cannot run them.
///
/// # Errors
/// The first thing that is missing, after [`run`].
pub(crate) fn require_everything(peers: &Peers) -> Result<()> {
    if let Some(tool) = apt::missing(LAB_TOOLS).first() {
        bail!(
            "the tests call {} ({}): install it",
            tool.command,
            tool.purpose
        );
    }
    let started = [
        ("nginx", "HA_NGINX", &peers.nginx),
        ("keepalived", "HA_KEEPALIVED", &peers.keepalived),
        ("dnsmasq", "HA_DNSMASQ", &peers.dnsmasq),
    ];
    for (name, variable, program) in started {
        if program.is_none() {
            bail!("the tests start {name}: name it in {variable}");
        }
    }
    Ok(())
}

/// The target of the XDP program, where the toolchain that compiles for it can lint for it: it
/// builds core from source, and has clippy.
pub(crate) fn lintable_target() -> Option<&'static str> {
    let rustc = rustc::find()?;
    let has_clippy = rustc.sysroot.join("bin/cargo-clippy").exists();
    (!rustc.has_core && has_clippy).then_some(rustc::TARGET)
}

/// The directory for what setup builds and unpacks, once per user.
///
/// # Errors
/// Neither `XDG_CACHE_HOME` nor `HOME` is set.
fn cache() -> Result<PathBuf> {
    toolchain::cache()
        .context("neither XDG_CACHE_HOME nor HOME is set: there is no place to keep things")
}

/// The commands that labs and the scripts in them call, and the packages that hold them.
const LAB_TOOLS: &[apt::Tool] = &[
    apt::Tool {
        command: "ip",
        package: "iproute2",
        purpose: "to look around in a lab",
    },
    apt::Tool {
        command: "killall",
        package: "psmisc",
        purpose: "check scripts stop vipd with it",
    },
    apt::Tool {
        command: "ps",
        package: "procps",
        purpose: "check scripts look for nginx with it",
    },
    apt::Tool {
        command: "ping",
        package: "iputils-ping",
        purpose: "the echo tests",
    },
    apt::Tool {
        command: "tcpdump",
        package: "tcpdump",
        purpose: "to look at the adverts of a lab",
    },
];

/// What the fuzz target is built with, beside what everything else is.
const FUZZ_TOOLS: &[apt::Tool] = &[apt::Tool {
    command: "c++",
    package: "g++",
    purpose: "libFuzzer is written in C++",
}];

fn install_for_labs() -> Result<()> {
    let (tools, peers) = (apt::missing(LAB_TOOLS), peers::missing()?);
    for tool in &tools {
        eprintln!("setup: apt package {}: {}", tool.package, tool.purpose);
    }
    for peer in &peers {
        let (name, purpose) = (peer.name, peer.purpose);
        eprintln!("setup: {name}: {purpose}; unpacked into the cache, not installed");
    }
    if tools.is_empty() && peers.is_empty() {
        return Ok(());
    }
    if !apt::is_here() {
        eprintln!("setup: there is no apt-get here: install these by hand, labs may do without");
        return Ok(());
    }
    let packages: Vec<_> = tools.iter().map(|tool| tool.package).collect();
    apt::install(&packages)?;
    peers.into_iter().try_for_each(peers::fetch)
}
