//! Builds the XDP program and hands it to `datapath` as `$OUT_DIR/vipd-xdp`.
//!
//! The program needs a rustc that knows `core` for the BPF target, and bpf-linker; neither is
//! needed to run the result. Environment variables that change what is used:
//!
//! * `HA_BPF_OBJ`: a finished object; nothing is built.
//! * `HA_BPF_RUSTC`: the rustc to use.
//! * `HA_BPF_LINKER`: the bpf-linker to use.

#[path = "build/toolchain.rs"]
mod toolchain;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use crate::toolchain::{Toolchain, kept_linker};

/// Name of the object, as `ha-ebpf/Cargo.toml` and `datapath` know it.
const OBJECT: &str = "vipd-xdp";

/// What the object is made from, relative to this crate.
const SOURCES: [&str; 6] = [
    "../Cargo.toml",
    "../Cargo.lock",
    "../ha-ebpf/Cargo.toml",
    "../ha-ebpf/src",
    "../ha-common/Cargo.toml",
    "../ha-common/src",
];

/// Between the flags in `CARGO_ENCODED_RUSTFLAGS`.
const FLAG_SEPARATOR: &str = "\x1f";

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    match provide_object() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn provide_object() -> Result<()> {
    for path in SOURCES {
        println!("cargo::rerun-if-changed={path}");
    }
    let object = match variable("HA_BPF_OBJ") {
        Some(prebuilt) => rerun_if_changed(PathBuf::from(prebuilt)),
        None => build(&find_toolchain()?, &find_linker()?)?,
    };
    place(&object, &out_dir()?.join(OBJECT))
}

/// Copies the object, unless it is there already: a new file would have the crate rebuilt.
fn place(object: &Path, target: &Path) -> Result<()> {
    let failed = |what, path: &Path, error| {
        format!("cannot {what} the XDP program, {}: {error}", path.display())
    };
    let new = fs::read(object).map_err(|error| failed("read", object, error))?;
    if fs::read(target).is_ok_and(|old| old == new) {
        return Ok(());
    }
    fs::write(target, new).map_err(|error| failed("write", target, error))
}

fn find_toolchain() -> Result<Toolchain> {
    Toolchain::find(variable("HA_BPF_RUSTC"), bpf_target()).ok_or_else(|| {
        missing(
            "no rustc here has `core` for the BPF target",
            "    rustup component add rust-src",
            "HA_BPF_RUSTC",
        )
    })
}

/// The named bpf-linker, else the one that `cargo xtask setup` keeps, else one on the path.
fn find_linker() -> Result<PathBuf> {
    if let Some(chosen) = variable("HA_BPF_LINKER") {
        return Ok(rerun_if_changed(chosen.into()));
    }
    println!("cargo::rerun-if-env-changed=XDG_CACHE_HOME");
    let kept = toolchain::cache().map(|cache| kept_linker(&cache));
    let kept = kept.filter(|linker| linker.is_file()).map(rerun_if_changed);
    let path = env::var_os("PATH").unwrap_or_default();
    kept.into_iter()
        .chain(env::split_paths(&path).map(|dir| dir.join("bpf-linker")))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            missing(
                "bpf-linker is not installed",
                "    cargo install bpf-linker --locked   (with LLVM's development files)",
                "HA_BPF_LINKER",
            )
        })
}

fn missing(what: &str, by_hand: &str, variable: &str) -> String {
    format!(
        "The XDP program cannot be built: {what}.\n\
         This command installs what it needs, and says what that is first:\n\
         \n    cargo xtask setup\n\n\
         By hand:\n\n{by_hand}\n\n\
         Or name one with {variable}, or a finished object with HA_BPF_OBJ."
    )
}

fn build(toolchain: &Toolchain, linker: &Path) -> Result<PathBuf> {
    // A target directory of its own: the outer cargo holds the lock on the usual one.
    let target_dir = out_dir()?.join("bpf-target");
    let mut cargo = Command::new(cargo_of(toolchain));
    scrub(&mut cargo);
    cargo
        .args(["build", "--release", "--locked"])
        .args(["--manifest-path", "../ha-ebpf/Cargo.toml"])
        .args(["--target", bpf_target()])
        .arg("--target-dir")
        .arg(&target_dir)
        .env("RUSTC", toolchain.rustc())
        // aya-ebpf uses unstable features of the target.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(linker));
    if !toolchain.has_core {
        cargo.arg("-Zbuild-std=core");
    }
    run(&mut cargo)?;
    Ok(target_dir.join(bpf_target()).join("release").join(OBJECT))
}

/// The cargo of that toolchain, if it has one, else the one that builds us.
fn cargo_of(toolchain: &Toolchain) -> PathBuf {
    let own = toolchain.sysroot.join("bin/cargo");
    if own.is_file() {
        return own;
    }
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

fn rustflags(linker: &Path) -> OsString {
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let mut flags = vec![
        format!("--cfg=bpf_target_arch=\"{arch}\""),
        "-Ctarget-cpu=v3".to_owned(),
        "-Cdebuginfo=2".to_owned(),
        "-Clink-arg=--btf".to_owned(),
    ];
    // Where the kernel allows it, headers are read by words instead of octets.
    if matches!(arch.as_str(), "x86_64" | "aarch64") {
        flags.push("-Clink-arg=--cpu-features=+allows-misaligned-mem-access".to_owned());
    }
    let mut flags = OsString::from(flags.join(FLAG_SEPARATOR));
    flags.push(FLAG_SEPARATOR);
    flags.push("-Clinker=");
    flags.push(linker);
    flags
}

/// Takes away what this cargo tells its children about itself: the inner build has another
/// target, other flags, and maybe another toolchain.
fn scrub(cargo: &mut Command) {
    const KEPT: [&str; 4] = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR"];
    const ALSO: [&str; 5] = ["TARGET", "HOST", "OUT_DIR", "PROFILE", "MAKEFLAGS"];
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let told = ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"]
            .iter()
            .any(|prefix| text.starts_with(prefix));
        let kept = KEPT.iter().any(|prefix| text.starts_with(prefix));
        if told && !kept || ALSO.contains(&text.as_ref()) {
            cargo.env_remove(&name);
        }
    }
}

/// Runs the inner build. What it says is shown if there is anything to warn of.
fn run(cargo: &mut Command) -> Result<()> {
    let program = cargo.get_program().to_owned();
    let Output { status, stderr, .. } = cargo
        .output()
        .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
    let messages = String::from_utf8_lossy(&stderr);
    if !status.success() {
        return Err(format!(
            "building the XDP program with {} failed ({status}):\n{messages}",
            program.display()
        ));
    }
    if messages.contains("warning:") {
        for line in messages.lines() {
            println!("cargo::warning={line}");
        }
    }
    Ok(())
}

fn bpf_target() -> &'static str {
    match env::var("CARGO_CFG_TARGET_ENDIAN").as_deref() {
        Ok("big") => "bpfeb-unknown-none",
        _ => "bpfel-unknown-none",
    }
}

fn out_dir() -> Result<PathBuf> {
    env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or_else(|| "OUT_DIR is not set; this program is cargo's to run".to_owned())
}

/// A variable of the environment that the result depends on.
fn variable(name: &str) -> Option<OsString> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var_os(name).filter(|value| !value.is_empty())
}

fn rerun_if_changed(path: PathBuf) -> PathBuf {
    println!("cargo::rerun-if-changed={}", path.display());
    path
}
