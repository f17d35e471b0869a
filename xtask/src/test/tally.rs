//! What became of tests.

use std::fmt;
use std::time::Instant;

use anyhow::{Result, bail};

/// Begins the line in which libtest counts.
const RESULT: &str = "test result:";

/// How many tests passed and failed. One that was ignored did not run, so it failed.
#[derive(Default)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    /// `suite: test` of those that ran and failed.
    failures: Vec<String>,
}

impl Tally {
    /// Reads what libtest printed. Something else that ran counts as one test, and so does a suite
    /// that died before its report; `end` tells how, if it did not succeed.
    pub(crate) fn of(suite: &str, stdout: &str, end: Result<(), &str>) -> Self {
        let mut tally = Self {
            failures: failures(suite, stdout),
            ..Self::default()
        };
        let lines = stdout.lines();
        for line in lines.filter(|line| line.starts_with(RESULT)) {
            tally.passed += count(line, "passed");
            tally.failed += count(line, "failed") + count(line, "ignored");
        }
        if let Err(end) = end
            && tally.failed == 0
        {
            tally.add(Self::failure(suite, end));
        }
        if end.is_ok() && !Self::is_of_tests(stdout) {
            tally.passed = 1;
        }
        tally
    }

    /// One failure in `suite`, and how it came about.
    pub(crate) fn failure(suite: &str, end: &str) -> Self {
        Self {
            passed: 0,
            failed: 1,
            failures: vec![format!("{suite}: {end}")],
        }
    }

    /// Whether libtest printed this.
    pub(crate) fn is_of_tests(stdout: &str) -> bool {
        stdout.lines().any(|line| line.starts_with(RESULT))
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.failed == 0
    }

    pub(crate) fn is_failure(&self) -> bool {
        self.failed > 0
    }

    /// Prints the failures and the sums, since `started`.
    ///
    /// # Errors
    /// A test failed, or none was there.
    pub(crate) fn verdict(&self, started: Instant) -> Result<()> {
        for failure in &self.failures {
            println!("failed: {failure}");
        }
        println!("{self} in {:.0?}", started.elapsed());
        if self.is_failure() {
            bail!("{} tests failed or could not run", self.failed);
        }
        if self.is_empty() {
            bail!("no test has a name like that");
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The names below the line `failures:`.
fn failures(suite: &str, stdout: &str) -> Vec<String> {
    let mut failures = Vec::new();
    let mut listed = false;
    for line in stdout.lines() {
        listed = line == "failures:" || listed && line.starts_with("    ");
        if listed && line != "failures:" {
            failures.push(format!("{suite}: {}", line.trim()));
        }
    }
    failures
}

/// The number before `word` in `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn count(line: &str, word: &str) -> usize {
    let mut previous = "";
    for current in line.split([' ', ';']).filter(|word| !word.is_empty()) {
        if current == word {
            return previous.parse().unwrap_or(0);
        }
        previous = current;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::{Tally, count, failures};

    #[test]
    fn what_could_not_run_has_failed() {
        let died = Tally::of("suite", "running 3 tests\n", Err("signal 9"));
        assert_eq!((died.passed, died.failed), (0, 1));
        assert_eq!(died.failures, ["suite: signal 9"]);
        let other = Tally::of("a lab", "a table\n", Ok(()));
        assert_eq!((other.passed, other.failed), (1, 0));
        let unselected = Tally::of("suite", "test result: ok. 0 passed; 0 failed;\n", Ok(()));
        assert!(unselected.is_empty());
    }

    #[test]
    fn counts_are_read_from_the_line_that_libtest_prints() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 7 filtered out";
        let words = ["passed", "failed", "ignored", "skipped"];
        assert_eq!(words.map(|word| count(line, word)), [12, 3, 1, 0]);
    }

    #[test]
    fn names_are_read_from_the_last_list_that_libtest_prints() {
        let stdout = "failures:\n\n---- a::b stdout ----\n    indented\n\nfailures:\n    a::b\n    c\n\n\
                      test result: FAILED.";
        assert_eq!(failures("suite", stdout), ["suite: a::b", "suite: c"]);
    }
}
