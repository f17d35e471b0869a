//! What runs inside the machine, and what came of it. `ha_tests::guest` reads the plan and writes
//! the report.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::test::Tally;

/// Begins the lines of a report that are not a step's own output.
const MARK: &str = "guest: ";

/// One program that the machine runs to its end.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    /// Whether libtest reads its arguments.
    pub(super) is_suite: bool,
    pub(super) directory: PathBuf,
    /// After which it is killed.
    pub(super) limit_seconds: u64,
}

impl Step {
    /// What its tests are counted under on the kernel `release`.
    pub(super) fn title(&self, release: &str) -> String {
        title(release, &self.name)
    }

    /// It without the tests whose name contains `name`, if it is a suite.
    pub(super) fn without(mut self, name: &str) -> Self {
        if self.is_suite {
            let options = ["--skip", name].map(str::to_owned);
            self.arguments.extend(options);
        }
        self
    }

    /// It with these tests alone, if it is a suite.
    pub(super) fn only(&self, tests: Vec<String>) -> Self {
        let mut step = self.clone();
        if self.is_suite {
            let options = ["--exact".to_owned(), super::one_at_a_time()];
            step.arguments = tests.into_iter().chain(options).collect();
        }
        step
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "program": self.program,
            "arguments": self.arguments,
            "directory": self.directory,
            "limit_seconds": self.limit_seconds,
        })
    }
}

/// What came of a plan.
pub(super) struct Report {
    pub(super) sections: Vec<Section>,
    /// The machine came to the end of the plan.
    pub(super) is_complete: bool,
}

/// What a step printed, and how it ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    name: String,
    output: String,
    /// Nothing if the machine died meanwhile.
    end: Option<End>,
}

#[derive(Debug, PartialEq, Eq)]
struct End {
    elapsed: String,
    /// `ok`, or what went wrong.
    verdict: String,
}

impl Section {
    /// Prints how it ended, and its output unless it was a suite whose tests have passed. Returns
    /// what its tests did on the kernel `release`.
    pub(super) fn print(&self, release: &str) -> Tally {
        let Self { name, output, end } = self;
        let (verdict, elapsed) = match end {
            Some(end) => (&*end.verdict, &*end.elapsed),
            None => ("the machine died", ""),
        };
        let result = self.is_good().then_some(()).ok_or(verdict);
        let tally = Tally::of(&title(release, name), output, result);
        if tally.is_failure() || !Tally::is_of_tests(output) {
            print!("{output}");
        }
        if !tally.is_empty() {
            println!("{name:<28} {tally}: {verdict} {elapsed}");
        }
        tally
    }

    fn is_good(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.verdict == "ok")
    }
}

impl Report {
    /// Whether the machine came as far as the first step.
    pub(super) fn has_begun(&self) -> bool {
        !self.sections.is_empty()
    }

    /// Reads what a machine has printed.
    pub(super) fn parse(report: &str) -> Self {
        let (mut sections, mut is_complete) = (Vec::<Section>::new(), false);
        for line in report.lines() {
            // A step that was killed may have left its line unfinished.
            let (output, mark) = match line.split_once(MARK) {
                None => (Some(line), ""),
                Some((unfinished, mark)) => {
                    (Some(unfinished).filter(|text| !text.is_empty()), mark)
                }
            };
            if let (Some(section), Some(output)) = (sections.last_mut(), output) {
                section.output.extend([output, "\n"]);
            }
            match (mark.split_once(' '), sections.last_mut()) {
                (Some(("begin", name)), _) => sections.push(Section {
                    name: name.to_owned(),
                    ..Section::default()
                }),
                (Some(("end", end)), Some(section)) => section.end = End::parse(end),
                (Some(("done", _)), _) => is_complete = true,
                _ => {}
            }
        }
        Self {
            sections,
            is_complete,
        }
    }
}

impl End {
    /// The time it took, and how it ended.
    fn parse(text: &str) -> Option<Self> {
        let (elapsed, verdict) = text.split_once(' ')?;
        Some(Self {
            elapsed: elapsed.to_owned(),
            verdict: verdict.to_owned(),
        })
    }
}

fn title(release: &str, step: &str) -> String {
    format!("{release} {step}")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Report, Section, Step};

    #[test]
    fn only_a_suite_is_told_which_tests_to_run() {
        let step = |is_suite| Step {
            name: "a step".to_owned(),
            program: PathBuf::new(),
            arguments: vec!["argument".to_owned()],
            is_suite,
            directory: PathBuf::new(),
            limit_seconds: 1,
        };
        let only = |is_suite| step(is_suite).only(vec!["a::b".to_owned()]).arguments;
        assert_eq!(only(true), ["a::b", "--exact", "--test-threads=1"]);
        assert_eq!(only(false), ["argument"]);
    }

    #[test]
    fn a_report_is_read_up_to_where_the_machine_died() {
        let report = "noise\r\nguest: begin one\r\nhello\r\nguest: end 1.2s ok\r\n\
                      guest: begin two\r\nhalf a guest: end 3.4s exit status: 1\r\nguest: begin three\r\nhalf";
        let Report {
            sections,
            is_complete,
        } = Report::parse(report);
        assert!(!Report::parse("noise").has_begun());
        let names: Vec<_> = sections.iter().map(|section| &*section.name).collect();
        assert_eq!(names, ["one", "two", "three"]);
        let good: Vec<_> = sections.iter().map(Section::is_good).collect();
        assert_eq!(good, [true, false, false]);
        assert_eq!(sections[0].output, "hello\n");
        assert_eq!(sections[1].output, "half a \n");
        let end = sections[1].end.as_ref().unwrap();
        assert_eq!((&*end.elapsed, &*end.verdict), ("3.4s", "exit status: 1"));
        assert_eq!(sections[2].end, None);
        assert!(!is_complete);
        assert!(Report::parse("guest: done after 3 s").is_complete);
    }
}
