//! One test executable.

use std::process::Command;

use anyhow::Result;

use super::tally::Tally;
use crate::artifacts::Artifact;
use crate::job::{self, Outcome};
use crate::lab::Lab;
use crate::workspace;

/// A test executable and how it is started.
pub(super) struct Suite {
    name: String,
    command: Command,
    /// Options of libtest, after the filter.
    options: &'static [&'static str],
}

impl Suite {
    /// A suite that runs as the user.
    pub(super) fn unprivileged(artifact: Artifact) -> Self {
        let mut command = Command::new(&artifact.executable);
        command.current_dir(&artifact.directory);
        Self {
            name: artifact.name(),
            command,
            options: &[],
        }
    }

    /// The examples in the documentation of the packages that `selection` names.
    pub(super) fn documentation(selection: &[&str]) -> Self {
        let mut command = workspace::cargo();
        command.args(["test", "--doc"]).args(selection).arg("--");
        Self {
            name: "documentation".to_owned(),
            command,
            options: &[],
        }
    }

    /// A suite that runs as root, one test at a time.
    pub(super) fn in_lab(lab: &Lab, artifact: Artifact) -> Self {
        let mut command = lab.start(&artifact.executable);
        command.current_dir(&artifact.directory);
        Self {
            name: artifact.name(),
            command,
            options: &["--test-threads=1"],
        }
    }

    /// Runs it and prints one line, or everything that it printed if a test failed.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn run(mut self, filter: Option<&str>) -> Result<Tally> {
        if let Some(filter) = filter.filter(|filter| !self.name.contains(filter)) {
            self.command.arg(filter);
        }
        self.command.args(self.options);
        let outcome = job::run(&self.name, &mut self.command)?;
        let status = outcome.status.to_string();
        let end = outcome.status.success().then_some(()).ok_or(&*status);
        let tally = Tally::of(&self.name, &outcome.stdout, end);
        self.print(&tally, &outcome);
        Ok(tally)
    }

    fn print(&self, tally: &Tally, outcome: &Outcome) {
        if tally.is_failure() {
            print!("{}{}", outcome.stdout, outcome.stderr);
        }
        if !tally.is_empty() {
            println!("{:<28} {tally} in {:.1?}", self.name, outcome.elapsed);
        }
    }
}
