//! Debian's packages: installed, or unpacked without being installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::job;
use crate::privilege::Root;
use crate::workspace::find_command;

/// Takes nothing away that is there: a compiler of Debian's may conflict with another.
const INSTALL: [&str; 4] = ["install", "-y", "--no-install-recommends", "--no-remove"];

/// A command and the package that holds it.
pub(super) struct Tool {
    pub(super) command: &'static str,
    pub(super) package: &'static str,
    pub(super) purpose: &'static str,
}

/// Those of `tools` that this machine lacks.
pub(super) fn missing(tools: &'static [Tool]) -> Vec<&'static Tool> {
    tools
        .iter()
        .filter(|tool| find_command(tool.command).is_none())
        .collect()
}

/// Whether this machine has apt-get.
pub(super) fn is_here() -> bool {
    find_command("apt-get").is_some()
}

/// Insists on it.
///
/// # Errors
/// It is not here.
pub(super) fn required() -> Result<()> {
    if !is_here() {
        bail!("there is no apt-get here");
    }
    Ok(())
}

/// Refreshes the lists and installs `packages`, if any.
///
/// # Errors
/// There is no apt-get here, or no root, or apt-get fails. The message has the commands.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    install_as_root(packages)
        .map_err(|error| anyhow!("{error:#}\nBy hand, on Debian:\n  {}", by_hand(packages)))
}

fn install_as_root(packages: &[&str]) -> Result<()> {
    required()?;
    let root = Root::obtain("install packages with apt-get")?;
    let mut update = root.command("apt-get", []);
    // A third party's list that cannot be had is no reason to stop: Debian's may be there.
    job::run("apt-get update", update.arg("update"))?;
    if packages.is_empty() {
        return Ok(());
    }
    let quiet = [("DEBIAN_FRONTEND", "noninteractive".into())];
    let mut install = root.command("apt-get", &quiet);
    install
        .args(INSTALL)
        .args(["-o", "DPkg::Lock::Timeout=300"])
        .args(packages);
    job::must("apt-get install", &mut install).map(drop)
}

fn by_hand(packages: &[&str]) -> String {
    let install = [&INSTALL, packages].concat().join(" ");
    if packages.is_empty() {
        return "apt-get update".to_owned();
    }
    format!("apt-get update && apt-get {install}")
}

/// Unpacks `package`, and those of its dependencies that are not installed, into `directory`. No
/// script of theirs runs, nothing is registered, no root is needed.
///
/// # Errors
/// The packages cannot be downloaded or unpacked.
pub(super) fn unpack(package: &str, directory: &Path) -> Result<()> {
    let apt_get = Command::new("apt-get");
    unpack_only(&closure(package)?, directory, apt_get)
}

/// Unpacks `packages` and nothing else into `directory`, as downloaded by `apt_get`.
///
/// # Errors
/// The packages cannot be downloaded or unpacked.
pub(super) fn unpack_only(
    packages: &[String],
    directory: &Path,
    mut apt_get: Command,
) -> Result<()> {
    let archives = directory.join("archives");
    fs::create_dir_all(&archives)
        .with_context(|| format!("cannot create {}", archives.display()))?;
    let last = packages.last().map_or("nothing", String::as_str);
    apt_get
        .args(["download", "-o", "APT::Sandbox::User=root"])
        .args(packages)
        .current_dir(&archives);
    job::must(&format!("downloading {last}"), &mut apt_get)?;
    for entry in fs::read_dir(&archives).context("reading the archives")? {
        let archive = entry.context("reading the archives")?.path();
        let mut dpkg = Command::new("dpkg");
        job::must(
            "unpacking",
            dpkg.arg("--extract").arg(archive).arg(directory),
        )?;
    }
    fs::remove_dir_all(&archives).with_context(|| format!("cannot remove {}", archives.display()))
}

/// What apt-get would install for `package`, itself included.
fn closure(package: &str) -> Result<Vec<String>> {
    let mut plan = Command::new("apt-get");
    plan.args([
        "install",
        "--print-uris",
        "-qq",
        "-y",
        "--no-install-recommends",
        package,
    ]);
    let outcome = job::must(&format!("looking up {package}"), &mut plan)?;
    // 'http://…/keepalived_2.2.7_amd64.deb' keepalived_2.2.7_amd64.deb 569660 SHA256:…
    let files = outcome
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1));
    Ok(files
        .filter_map(|file| file.split('_').next())
        .map(str::to_owned)
        .collect())
}

/// Where the libraries are of packages that were unpacked into `root`.
pub(super) fn library_directories(root: &Path) -> [PathBuf; 2] {
    let triple = format!("{}-linux-gnu", env::consts::ARCH);
    ["lib", "usr/lib"].map(|lib| root.join(lib).join(&triple))
}
