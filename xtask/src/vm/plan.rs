//! What runs inside the machine, and what came of it. `ha_tests::guest` reads the plan and writes
//! the report.

use std::path::PathBuf;

use serde_json::{Value, json};

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

/// What a step printed, and how it ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) output: String,
    /// `ok` and the time it took, or what went wrong; nothing if the machine died meanwhile.
    pub(super) end: Option<String>,
}

impl Section {
    pub(super) fn is_good(&self) -> bool {
        let end = self.end.as_deref();
        end.is_some_and(|end| end.starts_with("ok "))
    }

    /// Reads the sections of a report, and whether the machine came to the end of its plan.
    pub(super) fn parse(report: &str) -> (Vec<Self>, bool) {
        let (mut sections, mut done) = (Vec::<Self>::new(), false);
        for line in report.lines() {
            let mark = line
                .strip_prefix(MARK)
                .and_then(|mark| mark.split_once(' '));
            match (mark, sections.last_mut()) {
                (Some(("begin", name)), _) => sections.push(Self {
                    name: name.to_owned(),
                    ..Self::default()
                }),
                (Some(("end", verdict)), Some(section)) => section.end = Some(verdict.to_owned()),
                (Some(("done", _)), _) => done = true,
                (_, Some(section)) => section.output.extend([line, "\n"]),
                (_, None) => {}
            }
        }
        (sections, done)
    }
}

#[cfg(test)]
mod tests {
    use super::Section;

    #[test]
    fn a_report_is_read_up_to_where_the_machine_died() {
        let report = "noise\r\nguest: begin one\r\nhello\r\nguest: end ok 1.2 s\r\n\
                      guest: begin two\r\nguest: end exit status: 1\r\nguest: begin three\r\nhalf a";
        let (sections, done) = Section::parse(report);
        let names: Vec<_> = sections.iter().map(|section| &*section.name).collect();
        assert_eq!(names, ["one", "two", "three"]);
        let good: Vec<_> = sections.iter().map(Section::is_good).collect();
        assert_eq!(good, [true, false, false]);
        assert_eq!(sections[0].output, "hello\n");
        assert_eq!(sections[2].end, None);
        assert!(!done);
        assert!(Section::parse("guest: done after 3 s").1);
    }
}
