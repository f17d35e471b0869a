//! The rustc that compiles the XDP program: one with core for `bpfel-unknown-none`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::apt;
use crate::privilege::Root;
use crate::{job, workspace};

pub(super) const TARGET: &str = "bpfel-unknown-none";
/// Debian's compiler and its core, compiled for BPF.
const PACKAGES: &[&str] = &["rustc-web", "libstd-rust-web-dev-bpf"];

/// A compiler that can be used.
pub(super) struct BpfRustc {
    pub(super) sysroot: PathBuf,
    /// Major version of the LLVM whose bitcode it writes; only the same or a newer one reads it.
    pub(super) llvm: u32,
}

/// The first usable one: `HA_BPF_RUSTC`, rustup's toolchains (the one in use first), Debian's.
pub(super) fn find() -> Option<BpfRustc> {
    candidates().iter().find_map(|rustc| inspect(rustc))
}

/// Gets one: rust-src for the toolchain in use, else Debian's packages.
///
/// # Errors
/// Neither can be had. The message has the commands.
pub(super) fn install() -> Result<BpfRustc> {
    eprintln!("setup: rustup component rust-src: core is compiled from it for {TARGET}");
    if let Err(error) = add_rust_src() {
        eprintln!("setup: {error:#}; trying Debian's packages");
        install_packages()?;
    }
    match find() {
        Some(rustc) => Ok(rustc),
        None => bail!(
            "still no rustc with core for {TARGET}: set HA_BPF_RUSTC to one, or run\n  \
             rustup component add rust-src"
        ),
    }
}

/// Whether the toolchain in use can build core itself, with its own clippy.
pub(super) fn in_use_builds_core() -> bool {
    sysroot(Path::new("rustc")).is_some_and(|sysroot| has_source(&sysroot))
}

fn candidates() -> Vec<PathBuf> {
    let named = env::var_os("HA_BPF_RUSTC").map(PathBuf::from);
    let in_use = sysroot(Path::new("rustc")).map(|sysroot| sysroot.join("bin/rustc"));
    let debian = PathBuf::from("/usr/bin/rustc");
    named
        .into_iter()
        .chain(in_use)
        .chain(rustup_toolchains())
        .chain([debian])
        .collect()
}

fn rustup_toolchains() -> Vec<PathBuf> {
    let home = env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".rustup")));
    let Some(entries) = home.and_then(|home| fs::read_dir(home.join("toolchains")).ok()) else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path().join("bin/rustc"))
        .collect();
    found.sort();
    found
}

fn inspect(rustc: &Path) -> Option<BpfRustc> {
    let sysroot = sysroot(rustc)?;
    if !has_source(&sysroot) && !sysroot.join("lib/rustlib").join(TARGET).exists() {
        return None;
    }
    Some(BpfRustc {
        llvm: llvm_version(rustc)?,
        sysroot,
    })
}

fn has_source(sysroot: &Path) -> bool {
    sysroot
        .join("lib/rustlib/src/rust/library/core/Cargo.toml")
        .exists()
}

fn sysroot(rustc: &Path) -> Option<PathBuf> {
    let text = output(Command::new(rustc).args(["--print", "sysroot"]))?;
    Some(PathBuf::from(text.trim()))
}

fn llvm_version(rustc: &Path) -> Option<u32> {
    let text = output(Command::new(rustc).arg("-vV"))?;
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next()?.parse().ok()
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.current_dir(workspace::root()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn add_rust_src() -> Result<()> {
    let mut rustup = Command::new("rustup");
    rustup
        .args(["component", "add", "rust-src"])
        .current_dir(workspace::root());
    if let Some(toolchain) = toolchain_in_use() {
        rustup.arg("--toolchain").arg(toolchain);
    }
    job::must("rust-src", &mut rustup).map(drop)
}

/// The name that rustup gave the toolchain which runs this xtask.
fn toolchain_in_use() -> Option<OsString> {
    env::var_os("RUSTUP_TOOLCHAIN")
}

fn install_packages() -> Result<()> {
    apt::require(PACKAGES)?;
    eprintln!(
        "setup: apt packages {}: a rustc with core for {TARGET}",
        PACKAGES.join(" ")
    );
    let root = Root::obtain("install packages with apt-get")?;
    apt::install(root, PACKAGES)
}
