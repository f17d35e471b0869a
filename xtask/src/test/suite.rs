//! One test executable.

use std::process::Command;

use anyhow::Result;

use super::tally::Tally;
use crate::artifacts::Artifact;
use crate::job::{self, Outcome};
use crate::lab::Lab;
use crate::{progress, workspace};

/// A test executable and how it is started.
pub(super) struct Suite {
    name: String,
    command: Command,
    /// How many of its tests run at once; libtest's own choice if nothing is said.
    at_once: Option<usize>,
    /// Runs tests again whose subject is time, and which something else on the machine may have
    /// disturbed.
    again: Option<Command>,
}

impl Suite {
    /// A suite that runs as the user.
    pub(super) fn unprivileged(artifact: Artifact) -> Self {
        let mut command = Command::new(&artifact.executable);
        command.current_dir(&artifact.directory);
        Self {
            name: artifact.name(),
            command,
            at_once: None,
            again: None,
        }
    }

    /// The examples in the documentation of the packages that `selection` names.
    pub(super) fn documentation(selection: &[&str]) -> Self {
        let mut command = workspace::cargo();
        command.args(["test", "--doc"]).args(selection).arg("--");
        Self {
            name: "documentation".to_owned(),
            command,
            at_once: None,
            again: None,
        }
    }

    /// A suite that runs as root, with `at_once` tests at a time.
    pub(super) fn in_lab(lab: &Lab, at_once: usize, artifact: Artifact) -> Self {
        let start = || {
            let mut command = lab.start(&artifact.executable);
            command.current_dir(&artifact.directory);
            command
        };
        Self {
            name: artifact.name(),
            command: start(),
            at_once: Some(at_once),
            again: Some(start()),
        }
    }

    /// Runs it and prints one line, or everything that it printed if a test failed.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn run(mut self, filter: Option<&str>) -> Result<Ran> {
        if let Some(filter) = filter.filter(|filter| !self.name.contains(filter)) {
            self.command.arg(filter);
        }
        self.command.args(self.at_once.map(test_threads));
        let tally = perform(&self.name, &self.name, &mut self.command)?;
        Ok(Ran { suite: self, tally })
    }
}

/// A suite that has run.
pub(super) struct Ran {
    suite: Suite,
    tally: Tally,
}

impl Ran {
    /// What its tests did; one or two that failed in a lab run once more before.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn tally(self) -> Result<Tally> {
        let Self { suite, tally } = self;
        let Some(mut again) = suite.again else {
            return Ok(tally);
        };
        tally.with_second_chance(|first| {
            again.args(first.failed_tests(&suite.name));
            again.arg("--exact").arg(test_threads(1));
            perform(&suite.name, &format!("{}, again", suite.name), &mut again)
        })
    }
}

/// An option of libtest, after the filter.
pub(crate) fn test_threads(count: usize) -> String {
    format!("--test-threads={count}")
}

/// Runs `command` of the suite called `name`.
fn perform(name: &str, label: &str, command: &mut Command) -> Result<Tally> {
    let outcome = job::run(label, command)?;
    let status = outcome.status.to_string();
    let end = outcome.status.success().then_some(()).ok_or(&*status);
    let tally = Tally::of(name, &outcome.stdout, end);
    print(label, &tally, &outcome);
    Ok(tally)
}

fn print(label: &str, tally: &Tally, outcome: &Outcome) {
    let mut text = String::new();
    if tally.is_failure() {
        text.extend([&*outcome.stdout, &*outcome.stderr]);
    }
    if !tally.is_empty() {
        text += &format!("{label:<28} {tally} in {:.1?}\n", outcome.elapsed);
    }
    progress::print(&text);
}
