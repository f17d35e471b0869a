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
    /// `suite: test` of those that failed, and passed when they ran again.
    unsteady: Vec<String>,
}

/// More failures in one suite than this are not put down to chance.
const CHANCES: usize = 2;

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
            unsteady: Vec::new(),
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
        self.unsteady.extend(other.unsteady);
    }

    /// What is known when so few failures had a second chance that something else on the machine may
    /// have caused them: `again` runs what failed, and nothing else. More failures get none.
    ///
    /// # Errors
    /// As of `again`.
    pub(crate) fn with_second_chance(
        self,
        again: impl FnOnce(&Self) -> Result<Self>,
    ) -> Result<Self> {
        if !self.may_be_chance() {
            return Ok(self);
        }
        let second = again(&self)?;
        Ok(self.amended_by(second))
    }

    /// Whether so few tests failed that something else on the machine may have disturbed them.
    fn may_be_chance(&self) -> bool {
        self.is_failure() && self.failed <= CHANCES
    }

    /// The names in `suite` of the tests that failed.
    pub(crate) fn failed_tests(&self, suite: &str) -> Vec<String> {
        let prefix = format!("{suite}: ");
        let names = self
            .failures
            .iter()
            .filter_map(|it| it.strip_prefix(&prefix));
        names.map(str::to_owned).collect()
    }

    /// What is known after all failed tests, and they alone, ran again with this result.
    fn amended_by(mut self, again: Self) -> Self {
        if again.passed + again.failed != self.failed {
            return self;
        }
        self.failures.retain(|test| !again.failures.contains(test));
        std::mem::swap(&mut self.unsteady, &mut self.failures);
        self.passed += again.passed;
        self.failed = again.failed;
        self.failures = again.failures;
        self
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
        for test in &self.unsteady {
            println!("passed only when it ran again: {test}");
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
    fn a_second_run_counts_for_the_tests_that_failed() {
        let of = |stdout: &str| Tally::of("suite", stdout, Err("exit status: 101"));
        let first = || of("failures:\n    a\n    b\n\ntest result: FAILED. 5 passed; 2 failed;");
        assert_eq!(first().failed_tests("suite"), ["a", "b"]);

        let again = of("failures:\n    b\n\ntest result: FAILED. 1 passed; 1 failed;");
        let amended = first().amended_by(again);
        assert_eq!((amended.passed, amended.failed), (6, 1));
        assert_eq!(amended.unsteady, ["suite: a"]);
        assert_eq!(amended.failures, ["suite: b"]);

        let nothing = of("test result: ok. 0 passed; 0 failed;");
        assert_eq!(first().amended_by(nothing).failed, 2, "did not run");
        let died = Tally::of("suite", "running 3 tests\n", Err("signal 9"));
        let nothing = Tally::of("suite", "test result: ok. 0 passed; 0 failed;", Ok(()));
        assert!(died.amended_by(nothing).is_failure());
    }

    #[test]
    fn more_than_two_failures_get_no_second_chance() {
        let failed = |count: usize| {
            let report = format!("test result: FAILED. 5 passed; {count} failed;");
            Tally::of("suite", &report, Err("exit status: 101"))
        };
        for (count, left) in [(1, 0), (2, 0), (3, 3)] {
            let again = |_: &Tally| {
                let report = format!("test result: ok. {count} passed; 0 failed;");
                Ok(Tally::of("suite", &report, Ok(())))
            };
            let tally = failed(count).with_second_chance(again).unwrap();
            assert_eq!((tally.passed, tally.failed), (5 + count - left, left));
        }
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
