//! What runs inside the machine, and what came of it. `ha_tests::guest` reads the plan and writes
//! the report.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::test::Tally;

/// Begins the lines of a report that are not a step's own output.
const MARK: &str = "guest: ";

/// One program that the machine runs to its end.
pub(super) struct Step {
    pub(super) name: String,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) directory: PathBuf,
    /// After which it is killed.
    pub(super) limit_seconds: u64,
}

impl Step {
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
    /// `ok` and the time it took, or what went wrong; nothing if the machine died meanwhile.
    end: Option<String>,
}

impl Section {
    /// Prints how it ended, and its output unless it was a suite whose tests have passed. Returns
    /// what its tests did on the kernel `release`.
    pub(super) fn print(&self, release: &str) -> Tally {
        let Self { name, output, end } = self;
        let end = end.as_deref().unwrap_or("the machine died");
        let result = self.is_good().then_some(()).ok_or(end);
        let tally = Tally::of(&format!("{release} {name}"), output, result);
        if tally.is_failure() || !Tally::is_of_tests(output) {
            print!("{output}");
        }
        if !tally.is_empty() {
            println!("{name:<28} {tally}: {end}");
        }
        tally
    }

    fn is_good(&self) -> bool {
        let end = self.end.as_deref();
        end.is_some_and(|end| end.starts_with("ok "))
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
                (Some(("end", verdict)), Some(section)) => section.end = Some(verdict.to_owned()),
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

#[cfg(test)]
mod tests {
    use super::{Report, Section};

    #[test]
    fn a_report_is_read_up_to_where_the_machine_died() {
        let report = "noise\r\nguest: begin one\r\nhello\r\nguest: end ok 1.2 s\r\n\
                      guest: begin two\r\nhalf a guest: end exit status: 1\r\nguest: begin three\r\nhalf";
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
        assert_eq!(sections[2].end, None);
        assert!(!is_complete);
        assert!(Report::parse("guest: done after 3 s").is_complete);
    }
}
