//! What became of tests.

use std::fmt;

/// How many tests passed and failed. One that was ignored did not run, so it failed.
#[derive(Default)]
pub(crate) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// `suite: test` of those that ran and failed.
    pub(super) failures: Vec<String>,
}

impl Tally {
    /// Reads what libtest printed. A suite that died before its report is one failure; `end` tells
    /// how, if it did not succeed.
    pub(crate) fn of(suite: &str, stdout: &str, end: Result<(), &str>) -> Self {
        let mut tally = Self {
            failures: failures(suite, stdout),
            ..Self::default()
        };
        let lines = stdout.lines();
        for line in lines.filter(|line| line.starts_with("test result:")) {
            tally.passed += count(line, "passed");
            tally.failed += count(line, "failed") + count(line, "ignored");
        }
        if let Err(end) = end
            && tally.failed == 0
        {
            tally.failed = 1;
            tally.failures.push(format!("{suite}: {end}"));
        }
        tally
    }

    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.failed == 0
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
    use super::{count, failures};

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
