//! bpf-linker, built once and kept in the user's cache.
//!
//! It is linked against the very LLVM library that the rustc for BPF brings along, so it reads
//! that compiler's bitcode, and no LLVM has to be installed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::toolchain::{Toolchain, kept_linker, stdout};
use crate::{job, workspace};

const VERSION: &str = "0.13.0";

/// Builds the linker unless there is one that fits `rustc`.
///
/// # Errors
/// No LLVM library of rustc's version is found, or the build fails.
pub(super) fn ensure(rustc: &Toolchain) -> Result<()> {
    if std::env::var_os("HA_BPF_LINKER").is_some() {
        return Ok(());
    }
    let cache = super::cache()?;
    let llvm = llvm_version(rustc)?;
    let prefix = cache.join(format!("llvm-{llvm}"));
    if prefix.exists() && runs(&kept_linker(&cache)) {
        return Ok(());
    }
    let library = find_library(rustc, llvm)?;
    eprintln!(
        "setup: bpf-linker {VERSION} into {}: links the XDP program; takes a minute, once",
        cache.join("bin").display()
    );
    link_library(&prefix, &library)?;
    install(&cache, &prefix, llvm)
}

/// The major version of the LLVM whose bitcode `rustc` writes.
fn llvm_version(rustc: &Toolchain) -> Result<u32> {
    let text = stdout(Command::new(rustc.rustc()).arg("-vV")).unwrap_or_default();
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "));
    version
        .and_then(|version| version.split('.').next()?.parse().ok())
        .with_context(|| format!("{} -vV names no LLVM version", rustc.rustc().display()))
}

fn runs(linker: &Path) -> bool {
    let mut version = Command::new(linker);
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

fn find_library(rustc: &Toolchain, major: u32) -> Result<PathBuf> {
    let system = [
        format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH),
        "/usr/lib64".to_owned(),
        format!("/usr/lib/llvm-{major}/lib"),
    ];
    let directories = [rustc.sysroot.join("lib")]
        .into_iter()
        .chain(system.map(PathBuf::from));
    let start = format!("libLLVM.so.{major}.");
    let found = directories
        .flat_map(list)
        .find(|path| starts_with(path, &start));
    match found {
        Some(library) => Ok(library),
        None => bail!(
            "no {start}* beside rustc or in the system's library directories. Install it, or build \
             the linker by hand and set HA_BPF_LINKER:\n  \
             apt-get install llvm-{major}-dev\n  \
             LLVM_PREFIX=/usr/lib/llvm-{major} cargo install bpf-linker --version {VERSION} --locked \
             --no-default-features --features llvm-{major}"
        ),
    }
}

fn list(directory: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn starts_with(path: &Path, start: &str) -> bool {
    path.file_name()
        .and_then(OsStr::to_str)
        .is_some_and(|name| name.starts_with(start))
}

/// Makes `prefix/lib` hold the library under the name it is linked by and the one it is loaded by.
fn link_library(prefix: &Path, library: &Path) -> Result<()> {
    let directory = prefix.join("lib");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let loaded_by = library.file_name().unwrap_or_default();
    for name in [OsStr::new("libLLVM.so"), loaded_by] {
        let link = directory.join(name);
        symlink(library, &link).with_context(|| format!("cannot create {}", link.display()))?;
    }
    Ok(())
}

fn install(cache: &Path, prefix: &Path, llvm: u32) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo
        .args([
            "install",
            "bpf-linker",
            "--version",
            VERSION,
            "--locked",
            "--force",
        ])
        .args([
            "--no-default-features",
            "--features",
            &format!("llvm-{llvm}"),
        ])
        .arg("--root")
        .arg(cache)
        .arg("--target-dir")
        .arg(workspace::target()?.join("bpf-linker"))
        .env("LLVM_PREFIX", prefix)
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    job::must("bpf-linker", &mut cargo).map(drop)
}
