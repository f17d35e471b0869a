//! What is in every machine: this host's tools, vipd, the labs, and the plan.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::Arguments;
use super::image::Image;
use super::plan::Step;
use super::processor::Processor;
use crate::artifacts::{self, Artifact};
use crate::lab::Programs;
use crate::setup::{self, Series};
use crate::test;

/// Suites that depend on the kernel.
const SUITES: &[&str] = &["xdp_fixtures", super::SUITE];
/// The name of the step that `cargo xtask run` is on a host.
const RUN: &str = "cargo xtask run";
/// Tests of the daemon's patience, which no kernel has a part in.
const LOSS: &str = "loss::";
/// Much more than the slowest takes: a host may have other things to do as well.
const STEP_LIMIT_SECONDS: u64 = 900;

/// Commands that the labs, the scripts in them and whoever looks around call.
const COMMANDS: &[&str] = &[
    "bash", "cat", "chmod", "date", "dmesg", "env", "grep", "head", "install", "ip", "kill",
    "killall", "ln", "ls", "mkdir", "mount", "ping", "ps", "rm", "sed", "setpriv", "setsid", "sh",
    "sleep", "tail", "tc", "tcpdump", "touch", "true", "umount", "uname", "wc",
];
/// Names of users and groups, which nginx and tcpdump look up.
const FILES: &[&str] = &["/etc/passwd", "/etc/group"];

/// Variables of every step. Nothing may redraw lines: the report is a terminal, but nobody's.
const SURROUNDINGS: &[(&str, &str)] = &[
    ("HOME", "/tmp"),
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("TERM", "dumb"),
];

/// What is built and copied once for all machines.
pub(super) struct Contents {
    processor: &'static Processor,
    programs: Programs,
    /// Our executables, to be stripped.
    executables: Vec<PathBuf>,
    steps: Vec<Step>,
    /// Every kernel takes all steps, as somebody asked for this one or for these tests.
    is_thorough: bool,
}

impl Contents {
    /// Builds everything, and makes a plan of the steps that `arguments` select.
    ///
    /// # Errors
    /// A tool or a build is not to be had.
    pub(super) fn build(arguments: &Arguments) -> Result<Self> {
        let peers = setup::run()?;
        setup::require_everything(&peers)?;
        let programs = Programs::build(peers)?;
        let built = test::build_lab_suites(SUITES)?;
        let child = artifacts::binary(&built, "ha-child")?;
        let suites: Vec<_> = artifacts::suites(built).collect();
        let executables = suites.iter().map(|suite| suite.executable.clone());
        Ok(Self {
            processor: Processor::best(),
            executables: executables.chain([child]).collect(),
            steps: match arguments.shell {
                true => vec![shell_step()],
                false => steps(suites, &programs.lab, arguments.filter.as_deref()),
            },
            is_thorough: arguments.kernel.is_some() || arguments.filter.is_some(),
            programs,
        })
    }

    /// What it runs on.
    pub(super) fn processor(&self) -> &'static Processor {
        self.processor
    }

    /// What the machine with the kernel of `series` is to do. What one kernel is enough for, one does.
    pub(super) fn steps(&self, series: Series) -> Vec<Step> {
        let steps = self.steps.iter().cloned();
        match series {
            _ if self.is_thorough => steps.collect(),
            Series::Bookworm => steps.map(|step| step.without(LOSS)).collect(),
            Series::Trixie => steps.collect(),
        }
    }

    /// How to start the first process: a program and its argument.
    pub(super) fn first_process(&self) -> (&Path, &'static str) {
        (&self.programs.lab, "guest")
    }

    /// Puts everything into `image` but the kernel's modules, and a plan of `steps`. The machine
    /// reports to the device `report`; `scratch` may be overwritten.
    ///
    /// # Errors
    /// Something is not on this machine, or as of the file system.
    pub(super) fn write(
        &self,
        image: &mut Image,
        (steps, report): (&[Step], &str),
        scratch: &Path,
    ) -> Result<()> {
        COMMANDS.iter().try_for_each(|name| image.command(name))?;
        FILES
            .iter()
            .try_for_each(|file| image.host_file(Path::new(file)))?;
        for executable in &self.executables {
            image.stripped(executable, scratch)?;
        }
        for (_, path) in &self.programs.environment {
            self.write_named(image, Path::new(path), scratch)?;
        }
        for step in steps {
            image.directory(&step.directory)?;
        }
        let plan = self.plan(steps, report).to_string();
        image.file(Path::new("/plan.json"), plan.as_bytes())
    }

    /// What a variable names: one of our executables, a peer, or a directory for results. Some
    /// name no file at all.
    fn write_named(&self, image: &mut Image, path: &Path, scratch: &Path) -> Result<()> {
        if path.is_relative() {
            return Ok(());
        }
        if path.is_dir() {
            return image.directory(path);
        }
        if path.parent() == self.programs.lab.parent() {
            return image.stripped(path, scratch);
        }
        match path.parent() {
            Some(directory) if is_script(path)? => image.tree(directory),
            _ => image.program(path),
        }
    }

    fn plan(&self, steps: &[Step], report: &str) -> Value {
        let mut environment: Map<_, Value> = SURROUNDINGS
            .iter()
            .chain([&("HA_SLOWNESS", self.processor.slowness)])
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect();
        for (name, value) in &self.programs.environment {
            environment.insert((*name).to_owned(), value.to_string_lossy().into());
        }
        let steps: Vec<_> = steps.iter().map(Step::json).collect();
        json!({ "report": report, "environment": environment, "steps": steps })
    }
}

/// The suites, and what a host does for `cargo xtask run`. `filter` selects a step or the tests
/// in it, as it does for `cargo xtask test`.
fn steps(suites: Vec<Artifact>, lab: &Path, filter: Option<&str>) -> Vec<Step> {
    let run = run_step(lab);
    let is_selected = filter.is_none_or(|filter| run.name.contains(filter));
    let suites = suites.into_iter().map(|suite| suite_step(suite, filter));
    suites.chain(is_selected.then_some(run)).collect()
}

fn suite_step(suite: Artifact, filter: Option<&str>) -> Step {
    let name = suite.name();
    let tests = filter.filter(|filter| !name.contains(filter));
    let tests = tests.map(str::to_owned);
    Step {
        arguments: iter::once(super::one_at_a_time()).chain(tests).collect(),
        is_suite: true,
        name,
        program: suite.executable,
        directory: suite.directory,
        limit_seconds: STEP_LIMIT_SECONDS,
    }
}

fn run_step(lab: &Path) -> Step {
    Step {
        name: RUN.to_owned(),
        program: lab.to_owned(),
        arguments: vec!["run".to_owned()],
        is_suite: false,
        directory: PathBuf::from("/"),
        limit_seconds: STEP_LIMIT_SECONDS,
    }
}

/// A shell on the terminal that the report goes to.
fn shell_step() -> Step {
    Step {
        name: "a shell".to_owned(),
        program: PathBuf::from("setsid"),
        arguments: ["--ctty", "--wait", "bash", "-i"].map(str::to_owned).into(),
        is_suite: false,
        directory: PathBuf::from("/"),
        limit_seconds: u64::from(u32::MAX),
    }
}

/// A launcher has what it launches beside it.
fn is_script(path: &Path) -> Result<bool> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes.starts_with(b"#!"))
}
