//! The rustc that compiles the XDP program: one with core for `bpfel-unknown-none`.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use anyhow::{Result, bail};

use super::apt;
use super::toolchain::Toolchain;
use crate::{job, workspace};

pub(super) const TARGET: &str = "bpfel-unknown-none";
/// Debian's compiler and its core, compiled for BPF.
const PACKAGES: &[&str] = &["rustc-web", "libstd-rust-web-dev-bpf"];

/// The one that `ha-user/build.rs` will use, if there is one.
pub(super) fn find() -> Option<Toolchain> {
    Toolchain::find(
        env::var_os("HA_BPF_RUSTC").filter(|named| !named.is_empty()),
        TARGET,
    )
}

/// The one that is there, else one that is installed: rust-src for the toolchain in use, else
/// Debian's packages.
///
/// # Errors
/// Neither can be had. The message has the commands.
pub(super) fn ensure() -> Result<Toolchain> {
    match find() {
        Some(rustc) => Ok(rustc),
        None => install(),
    }
}

fn install() -> Result<Toolchain> {
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
    let names = PACKAGES.join(" ");
    eprintln!("setup: apt packages {names}: a rustc with core for {TARGET}");
    apt::install(PACKAGES)
}
