//! The first process of the machine that `cargo xtask vm` boots: it makes a Linux of the bare
//! kernel, runs the steps of a plan one after the other, reports, and turns the machine off.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::process::{WaitOptions, wait as wait_for_child};
use rustix::system::{RebootCommand, finit_module, reboot};
use serde::Deserialize;

use crate::lab::{pause, until};

/// Where `cargo xtask vm` puts what it wants done.
const PLAN: &str = "/plan.json";
/// Kernel modules, named so that those which others need come first.
const MODULES: &str = "/modules";
/// Begins the lines of the report that are not a step's own output.
const MARK: &str = "guest: ";
/// `MODULE_INIT_COMPRESSED_FILE` of linux/module.h.
const COMPRESSED: i32 = 4;

/// File systems, and where they belong.
const MOUNTS: &[[&str; 2]] = &[
    ["proc", "/proc"],
    ["sysfs", "/sys"],
    ["devtmpfs", "/dev"],
    ["tmpfs", "/run"],
    ["tmpfs", "/tmp"],
    ["bpf", "/sys/fs/bpf"],
];

/// Links that a kernel leaves to others to make, and where they lead.
const LINKS: &[[&str; 2]] = &[
    ["/dev/fd", "/proc/self/fd"],
    ["/dev/stdin", "/proc/self/fd/0"],
    ["/dev/stdout", "/proc/self/fd/1"],
    ["/dev/stderr", "/proc/self/fd/2"],
];

/// What to do.
#[derive(Deserialize)]
struct Plan {
    /// Where to report to.
    report: PathBuf,
    environment: BTreeMap<String, String>,
    steps: Vec<Step>,
}

/// A program that runs to its end.
#[derive(Deserialize)]
struct Step {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    directory: PathBuf,
    /// After which it is killed.
    limit_seconds: u64,
}

/// Carries the plan out and turns the machine off. Returns only on failure: the kernel then stops
/// the machine.
///
/// # Errors
/// This is not the first process, the machine cannot be set up, or the plan cannot be read.
pub fn run() -> Result<()> {
    ensure!(
        std::process::id() == 1,
        "only the first process of a machine may turn it off: use cargo xtask vm"
    );
    for [kind, place] in MOUNTS {
        mount(kind, place)?;
    }
    for [link, target] in LINKS {
        symlink(target, link).with_context(|| format!("cannot create {link}"))?;
    }
    load_modules()?;
    let plan = fs::read(PLAN).with_context(|| format!("cannot read {PLAN}"))?;
    let plan: Plan =
        serde_json::from_slice(&plan).with_context(|| format!("{PLAN}: not a plan"))?;
    plan.carry_out()?;
    reboot(RebootCommand::PowerOff).context("cannot turn the machine off")
}

fn mount(kind: &str, place: &str) -> Result<()> {
    let status = Command::new("mount")
        .args(["-t", kind, kind, place])
        .status();
    match status.context("cannot run mount")? {
        status if status.success() => Ok(()),
        status => bail!("mount {place}: {status}"),
    }
}

fn load_modules() -> Result<()> {
    let modules = fs::read_dir(MODULES).with_context(|| format!("cannot read {MODULES}"))?;
    let paths: io::Result<Vec<_>> = modules.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.sort();
    for path in paths {
        let flags = match path.extension().is_some_and(|extension| extension == "ko") {
            true => 0,
            false => COMPRESSED,
        };
        finit_module(File::open(&path)?, c"", flags)
            .with_context(|| format!("cannot load {}", path.display()))?;
    }
    Ok(())
}

impl Plan {
    fn carry_out(&self) -> Result<()> {
        let mut report = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.report)
            .with_context(|| format!("cannot open {}", self.report.display()))?;
        let started = Instant::now();
        for step in &self.steps {
            writeln!(report, "{MARK}begin {}", step.name)?;
            let began = Instant::now();
            let end = match self.execute(step, &report) {
                Ok(status) if status.success() => "ok".to_owned(),
                Ok(status) => status.to_string(),
                Err(error) => format!("{error:#}"),
            };
            end_leftovers();
            writeln!(report, "{MARK}end {:.1?} {end}", began.elapsed())?;
        }
        writeln!(report, "{MARK}done after {:.1?}", started.elapsed())?;
        // What a terminal has not sent yet is lost when the machine is turned off.
        rustix::termios::tcdrain(&report).context("the report")
    }

    fn execute(&self, step: &Step, report: &File) -> Result<ExitStatus> {
        let child = Command::new(&step.program)
            .args(&step.arguments)
            .current_dir(&step.directory)
            .env_clear()
            .envs(&self.environment)
            .stdin(report.try_clone()?)
            .stdout(report.try_clone()?)
            .stderr(report.try_clone()?)
            .spawn()
            .with_context(|| format!("cannot start {}", step.program.display()))?;
        wait(child, Duration::from_secs(step.limit_seconds))
    }
}

fn wait(mut child: Child, limit: Duration) -> Result<ExitStatus> {
    let mut status = None;
    let ended = until("its end", limit, || {
        pause(Duration::from_millis(20))?;
        status = child.try_wait()?;
        Ok(status.is_some())
    });
    if ended.is_err() {
        child.kill()?;
        child.wait()?;
    }
    ended?;
    status.context("it has not ended")
}

/// Ends what a step has left behind, before it can disturb the next one.
fn end_leftovers() {
    const EVERYBODY_ELSE: Pid = Pid::from_raw(-1);
    // Both fail when nobody is left.
    let _ = kill(EVERYBODY_ELSE, Signal::SIGKILL);
    while wait_for_child(WaitOptions::empty()).is_ok() {}
}
