//! What there is to say about a configuration: how serious, where, what, and how to mend it.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

/// Findings of one place, as a line of a sequence has them, until only worse ones count.
const MAX_AT_PLACE: usize = 20;

/// A place in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file as it was named on the command line or by `include`.
    pub file: Arc<str>,
    /// From 1; 0 for the file as a whole.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Location {
    /// The file as a whole.
    #[must_use]
    pub fn whole(file: Arc<str>) -> Self {
        Self {
            file,
            line: 0,
            column: 0,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.file);
        }
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A file that was read, by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FileId(pub u32);

/// A [`Location`] while a configuration is read: half a million words have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub file: FileId,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Place {
    /// With the name of its file.
    fn location(self, sources: &[Arc<Source>]) -> Location {
        let source = sources.get(self.file.0 as usize);
        Location {
            file: source.map_or_else(|| "".into(), |source| Arc::clone(&source.name)),
            line: self.line,
            column: self.column,
        }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Place,
}

/// How serious a diagnostic is, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; keepalived's configuration test finds no fault with it.
    Notice,
    /// An interface that is not there is named where it need not be: both start, and if
    /// nothing else is wrong keepalived's test ends as with a file that does not.
    Stray,
    /// Ignored, as keepalived does.
    Warning,
    /// Not usable as written: keepalived's fallback is used instead.
    Error,
    /// Scripts run without `enable_script_security`.
    Security,
    /// An interface is not there, and was asked for: keepalived would not start, and says so with
    /// the status of an error.
    Absent,
    /// keepalived would not start with this, and neither do we.
    Fatal,
}

impl Severity {
    /// The word in front of a message.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning | Self::Security => "warning",
            Self::Error | Self::Stray => "error",
            Self::Absent | Self::Fatal => "fatal",
        }
    }

    /// What `--config-test` exits with when this is the worst found.
    #[must_use]
    pub const fn test_status(self) -> u8 {
        match self {
            Self::Notice => 0,
            Self::Warning | Self::Error | Self::Absent => 5,
            Self::Security => 6,
            Self::Stray | Self::Fatal => 4,
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious.
    pub severity: Severity,
    /// Where.
    pub location: Location,
    /// What, and what is done instead.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    /// One line: `FILE:LINE:COLUMN: severity: message (help)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (location, severity) = (&self.location, self.severity.name());
        write!(f, "{location}: {severity}: {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// As in [`Location::file`].
    pub name: Arc<str>,
    /// Its text; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// A [`Diagnostic`] while a configuration is read.
#[derive(Debug)]
struct Finding {
    severity: Severity,
    place: Place,
    message: String,
    help: Option<String>,
}

/// Collects diagnostics while a configuration is read.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    /// Which of them are of which place: a line of a sequence is read more than once.
    places: HashMap<Place, Vec<usize>>,
    said: BTreeSet<&'static str>,
}

impl Report {
    /// Adds a finding.
    pub(super) fn add(&mut self, severity: Severity, at: &Place, message: impl Into<String>) {
        self.push(severity, at, message.into(), None);
    }

    /// Adds a finding that can be mended.
    pub(super) fn add_with_help(
        &mut self,
        severity: Severity,
        at: &Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(severity, at, message.into(), Some(help.into()));
    }

    /// `true` the first time it is asked about `topic`: a remark that holds for every use of a
    /// keyword is made once.
    pub(super) fn first(&mut self, topic: &'static str) -> bool {
        self.said.insert(topic)
    }

    /// All findings in the order of the files' names; those of one place in the order they were made.
    pub(super) fn finish(self, sources: &[Arc<Source>]) -> Vec<Diagnostic> {
        let findings = self.findings.into_iter();
        let diagnostics = findings.map(|finding| Diagnostic {
            severity: finding.severity,
            location: finding.place.location(sources),
            message: finding.message,
            help: finding.help,
        });
        let mut diagnostics: Vec<_> = diagnostics.collect();
        diagnostics.sort_by(|a, b| a.location.cmp(&b.location));
        diagnostics
    }

    /// Whether a finding would be a new one, for whoever has to work for the remedy.
    pub(super) fn is_news(&self, severity: Severity, at: &Place, message: &str) -> bool {
        let said = self.places.get(at).map_or(&[][..], Vec::as_slice);
        let mut here = said.iter().filter_map(|index| self.findings.get(*index));
        let is_worse = here.clone().all(|other| other.severity < severity);
        let is_same = |other: &Finding| other.message == message;
        (said.len() < MAX_AT_PLACE || is_worse) && !here.any(is_same)
    }

    fn push(&mut self, severity: Severity, at: &Place, message: String, help: Option<String>) {
        if !self.is_news(severity, at, &message) {
            return;
        }
        let here = self.places.entry(*at).or_default();
        here.push(self.findings.len());
        self.findings.push(Finding {
            severity,
            place: *at,
            message,
            help,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            line: 1,
            column: 1,
            ..Place::default()
        }
    }

    #[test]
    fn a_place_has_so_many_findings_and_then_only_worse_ones() {
        let mut report = Report::default();
        for number in 0..1000 {
            let message = number.to_string();
            report.add(Severity::Warning, &place(), message);
        }
        assert!(!report.is_news(Severity::Warning, &place(), "more"));
        for severity in [Severity::Error, Severity::Error, Severity::Fatal] {
            report.add(severity, &place(), format!("{severity:?}"));
        }
        let said = report.finish(&[]);
        assert_eq!(said.len(), MAX_AT_PLACE + 2);
    }
}
