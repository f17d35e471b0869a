//! Where the compiler and the linker of the XDP program are. xtask, which installs them, contains
//! this file as well.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A rustc that can compile for the BPF target, and where its parts are.
pub(crate) struct Toolchain {
    pub(crate) sysroot: PathBuf,
    /// `core` for the target came with it; else it is built from rust-src.
    pub(crate) has_core: bool,
}

impl Toolchain {
    /// The `named` one and no other, else the first that fits: the one in use, rustup's nightly,
    /// rustup's others, the system's.
    pub(crate) fn find(named: Option<OsString>, target: &str) -> Option<Self> {
        let candidates = named.map_or_else(candidates, |named| vec![named.into()]);
        candidates.iter().find_map(|rustc| Self::of(rustc, target))
    }

    /// The one that `rustc` belongs to, if it can compile for `target`.
    fn of(rustc: &Path, target: &str) -> Option<Self> {
        let sysroot = PathBuf::from(stdout(Command::new(rustc).args(["--print", "sysroot"]))?);
        let library = sysroot.join("lib/rustlib");
        let has_core = library.join(target).is_dir();
        let has_source = library.join("src/rust/library/core/Cargo.toml").is_file();
        (has_core || has_source).then_some(Self { sysroot, has_core })
    }

    pub(crate) fn rustc(&self) -> PathBuf {
        self.sysroot.join("bin/rustc")
    }
}

/// Where `cargo xtask setup` keeps what it builds and unpacks.
pub(crate) fn cache() -> Option<PathBuf> {
    let chosen = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty());
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    Some(chosen.map(PathBuf::from).or_else(home)?.join("vipd"))
}

/// Where in `cache` the linker is.
pub(crate) fn kept_linker(cache: &Path) -> PathBuf {
    cache.join("bin/bpf-linker")
}

/// What a command prints, if it succeeds.
pub(crate) fn stdout(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim_end().to_owned())
}

fn candidates() -> Vec<PathBuf> {
    let in_use = env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    let nightly = rustup_rustc("nightly");
    let installed = stdout(Command::new("rustup").args(["toolchain", "list", "--quiet"]));
    let installed = installed.unwrap_or_default();
    let others = installed.lines().filter_map(rustup_rustc);
    let system = PathBuf::from("/usr/bin/rustc");
    [in_use]
        .into_iter()
        .chain(nightly)
        .chain(others)
        .chain([system])
        .collect()
}

fn rustup_rustc(toolchain: &str) -> Option<PathBuf> {
    let mut rustup = Command::new("rustup");
    rustup.args(["which", "--toolchain", toolchain, "rustc"]);
    stdout(&mut rustup).map(PathBuf::from)
}
