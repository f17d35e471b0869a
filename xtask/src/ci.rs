//! `cargo xtask ci`: everything that has to hold before a change is merged, in one list.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::lab::Lab;
use crate::{job, marathon, setup, test, vm, workspace};

struct Step {
    name: &'static str,
    run: fn() -> Result<()>,
}

const STEPS: &[Step] = &[
    Step {
        name: "setup",
        run: || setup::run().map(drop),
    },
    Step {
        name: "format",
        run: || cargo(&["fmt", "--all", "--check"]),
    },
    Step {
        name: "lints",
        run: lints,
    },
    Step {
        name: "lints of the XDP program",
        run: xdp_lints,
    },
    Step {
        name: "documentation",
        run: documentation,
    },
    Step {
        name: "tests",
        run: || test::run(&test::Arguments::default()),
    },
    Step {
        name: "marathon, 3 minutes",
        run: marathon::replay,
    },
    Step {
        name: "cargo xtask run",
        run: demonstration,
    },
    Step {
        name: "other kernels",
        run: || vm::run(&vm::Arguments::default()),
    },
];

/// Runs every step, also after one failed, and prints what each took.
///
/// # Errors
/// A step failed.
pub(crate) fn run() -> Result<()> {
    let started = Instant::now();
    let results: Vec<_> = STEPS.iter().map(Step::perform).collect();
    println!();
    for (step, result) in STEPS.iter().zip(&results) {
        let (verdict, elapsed) = match result {
            Ok(elapsed) => ("ok", elapsed),
            Err(elapsed) => ("FAILED", elapsed),
        };
        println!("{:<28} {verdict:<7} {}", step.name, seconds(*elapsed));
    }
    println!("{:<28} {:<7} {}", "all", "", seconds(started.elapsed()));
    match results.iter().filter(|result| result.is_err()).count() {
        0 => Ok(()),
        failed => bail!("{failed} of {} steps failed", STEPS.len()),
    }
}

impl Step {
    /// How long it took to succeed or to fail.
    fn perform(&self) -> Result<Duration, Duration> {
        println!("── {}", self.name);
        let started = Instant::now();
        let outcome = (self.run)();
        let elapsed = started.elapsed();
        if let Err(error) = outcome {
            println!("── {}: {error:#} ({})", self.name, seconds(elapsed));
            return Err(elapsed);
        }
        println!("── {}: ok ({})", self.name, seconds(elapsed));
        Ok(elapsed)
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn cargo(arguments: &[&str]) -> Result<()> {
    must(workspace::cargo().args(arguments))
}

fn must(cargo: &mut Command) -> Result<()> {
    let verb = cargo.get_args().next().unwrap_or_default();
    let label = format!("cargo {}", verb.to_string_lossy());
    job::must(&label, cargo).map(drop)
}

/// Of every crate, for this machine. The XDP program's modules compile for it as well.
fn lints() -> Result<()> {
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])
}

/// Of the XDP program for the target it is shipped for.
fn xdp_lints() -> Result<()> {
    let Some(target) = setup::lintable_target() else {
        println!("only for the host: the rustc for the BPF target has no clippy");
        return Ok(());
    };
    let lint = [
        "clippy",
        "--package",
        "ha-ebpf",
        "--target",
        target,
        "-Zbuild-std=core",
    ];
    must(
        workspace::cargo()
            .args(lint)
            // Of its own: the variable below, and its absence later, would have proc-macro2 and
            // whatever depends on it built anew.
            .arg("--target-dir")
            .arg(workspace::target()?.join("xdp-lints"))
            .args(["--", "-D", "warnings"])
            // aya-ebpf and -Zbuild-std use unstable features.
            .env("RUSTC_BOOTSTRAP", "1")
            .env(
                "RUSTFLAGS",
                format!("--cfg=bpf_target_arch=\"{}\"", std::env::consts::ARCH),
            ),
    )
}

fn documentation() -> Result<()> {
    let arguments = ["doc", "--no-deps", "--workspace", "--exclude", "ha-ebpf"];
    must(
        workspace::cargo()
            .args(arguments)
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

/// What the README tells people to run first has to work.
fn demonstration() -> Result<()> {
    let mut run = Lab::prepare()?.command(&["run"]);
    let status = run.status()?;
    if !status.success() {
        bail!("ha-lab run ended with {status}");
    }
    Ok(())
}
