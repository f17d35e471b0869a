//! Builds the XDP program and hands it to `datapath` as `$OUT_DIR/vipd-xdp`.
//!
//! The program needs a rustc that knows `core` for the BPF target, and bpf-linker; neither is
//! needed to run the result. Environment variables that change what is used:
//!
//! * `HA_BPF_OBJ`: a finished object; nothing is built.
//! * `HA_BPF_RUSTC`: the rustc to use.
//! * `HA_BPF_LINKER`: the bpf-linker to use.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

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
        None => build(&Toolchain::find()?, &find_linker()?)?,
    };
    let target = out_dir()?.join(OBJECT);
    fs::copy(&object, &target).map(drop).map_err(|error| {
        format!(
            "cannot copy the XDP program from {} to {}: {error}",
            object.display(),
            target.display()
        )
    })
}

/// A rustc that can compile for the BPF target, and where its parts are.
struct Toolchain {
    sysroot: PathBuf,
    /// `core` for the target came with it; else it is built from rust-src.
    has_core: bool,
}

impl Toolchain {
    fn find() -> Result<Self> {
        candidates()
            .into_iter()
            .filter_map(|rustc| Self::of(&rustc))
            .next()
            .ok_or_else(|| {
                missing(
                    "no rustc here has `core` for the BPF target",
                    "    rustup toolchain install nightly --profile minimal --component rust-src",
                    "HA_BPF_RUSTC",
                )
            })
    }

    fn of(rustc: &Path) -> Option<Self> {
        let sysroot = PathBuf::from(stdout(Command::new(rustc).args(["--print", "sysroot"]))?);
        let library = sysroot.join("lib/rustlib");
        let has_core = library.join(bpf_target()).is_dir();
        let has_source = library.join("src/rust/library/core/Cargo.toml").is_file();
        (has_core || has_source).then_some(Self { sysroot, has_core })
    }

    fn rustc(&self) -> PathBuf {
        self.sysroot.join("bin/rustc")
    }

    fn cargo(&self) -> PathBuf {
        let own = self.sysroot.join("bin/cargo");
        if own.is_file() {
            return own;
        }
        env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
    }
}

/// Compilers worth asking, the most specific wish first.
fn candidates() -> Vec<PathBuf> {
    if let Some(chosen) = variable("HA_BPF_RUSTC") {
        return vec![chosen.into()];
    }
    let own = env::var_os("RUSTC").map(PathBuf::from);
    let nightly = rustup_rustc("nightly");
    let installed = stdout(Command::new("rustup").args(["toolchain", "list", "--quiet"]));
    let installed = installed.unwrap_or_default();
    let others = installed.lines().filter_map(rustup_rustc);
    let system = PathBuf::from("/usr/bin/rustc");
    own.into_iter()
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

/// The named bpf-linker, else the one that `cargo xtask setup` keeps, else one on the path.
fn find_linker() -> Result<PathBuf> {
    if let Some(chosen) = variable("HA_BPF_LINKER") {
        return Ok(rerun_if_changed(chosen.into()));
    }
    let kept = cache_dir().map(|cache| cache.join("vipd/bin/bpf-linker"));
    if let Some(kept) = &kept {
        rerun_if_changed(kept.clone());
    }
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

fn cache_dir() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    variable("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)
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
    let mut cargo = Command::new(toolchain.cargo());
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

fn rustflags(linker: &Path) -> OsString {
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let mut flags = OsString::from(format!("--cfg=bpf_target_arch=\"{arch}\"\x1f"));
    flags.push("-Ctarget-cpu=v3\x1f-Cdebuginfo=2\x1f-Clink-arg=--btf\x1f-Clinker=");
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

/// What a command prints, if it succeeds.
fn stdout(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim_end().to_owned())
}
