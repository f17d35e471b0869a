//! One test executable.

use std::fmt;
use std::process::Command;

use anyhow::Result;

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

/// How many tests passed and failed. One that was ignored did not run, so it failed.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
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
        let tally = Tally::of(&outcome);
        self.print(&tally, &outcome);
        Ok(tally)
    }

    fn print(&self, tally: &Tally, outcome: &Outcome) {
        if tally.failed > 0 {
            print!("{}{}", outcome.stdout, outcome.stderr);
        }
        if tally.failed + tally.passed > 0 {
            println!("{:<28} {tally} in {:.1?}", self.name, outcome.elapsed);
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Counts what libtest reported. A suite that died before its report counts as one failure.
    fn of(outcome: &Outcome) -> Self {
        let mut tally = Self::default();
        for line in outcome
            .stdout
            .lines()
            .filter(|line| line.starts_with("test result:"))
        {
            tally.passed += count(line, "passed");
            tally.failed += count(line, "failed") + count(line, "ignored");
        }
        if !outcome.status.success() {
            tally.failed = tally.failed.max(1);
        }
        tally
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The number before `word` in `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn count(line: &str, word: &str) -> usize {
    let mut words = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut previous = "";
    words
        .find_map(|current| {
            let number = if current == word {
                previous.parse().ok()
            } else {
                None
            };
            previous = current;
            number
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_are_read_from_the_line_that_libtest_prints() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 7 filtered out";
        assert_eq!(
            ["passed", "failed", "ignored", "filtered"].map(|word| count(line, word)),
            [12, 3, 1, 7]
        );
    }

    #[test]
    fn a_word_that_is_missing_counts_as_none() {
        assert_eq!(count("test result: ok.", "passed"), 0);
    }
}
