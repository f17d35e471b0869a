//! keepalived.conf: from bytes to [`model::Config`], with everything that there is to say about it.
//!
//! file ▶ `text` ▶ lines ▶ `expand` (`variables`, `directors`, `sequence`) ▶ `lexer` ▶ words and
//! braces ▶ `reader` (`include`) ▶ `tree` ▶ statements ▶ `keywords` (the one table) ▶ `draft` ▶
//! `resolve` ▶ `model`. What there is to say about it is written by `present`.
//!
//! Reading never fails: what keepalived tolerates is tolerated, with a [`Diagnostic`]. Only a
//! configuration that keepalived would not start with [is fatal](Loaded::is_fatal).

pub mod diagnostic;
mod difference;
mod directors;
mod draft;
mod expand;
mod host;
pub mod keywords;
mod lexer;
pub mod model;
mod pattern;
mod predefined;
mod present;
mod reader;
mod resolve;
mod sequence;
mod text;
mod tree;
mod variables;

pub use difference::difference;
pub use host::{Anywhere, Host, Interfaces, Program, System, machine_name};
pub use present::{Format, Palette};

use diagnostic::{Diagnostic, Location, Report, Severity, Source};
use draft::Draft;
use model::Config;
use reader::Reader;
use std::path::Path;
use std::slice;
use std::sync::Arc;

/// A configuration and what there is to say about it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What it means. Not to be run if it [is fatal](Self::is_fatal).
    pub config: Config,
    /// In the order of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// The file could be read.
    pub readable: bool,
    sources: Vec<Arc<Source>>,
}

impl Loaded {
    /// Whether it is nothing that keepalived would start with.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        self.worst() >= Some(Severity::Absent)
    }

    /// Whether something in it cannot be used as it is written.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        let is_error = |severity| {
            matches!(
                severity,
                Severity::Error | Severity::Stray | Severity::Absent | Severity::Fatal
            )
        };
        self.diagnostics.iter().any(|said| is_error(said.severity))
    }

    /// What `--config-test` exits with: 0 good, 4 unreadable or fatal, 5 faults, 6 script security.
    #[must_use]
    pub fn test_status(&self) -> u8 {
        self.worst().map_or(0, Severity::test_status)
    }

    /// All diagnostics, in this format.
    #[must_use]
    pub fn render(&self, format: Format, palette: Palette) -> String {
        let status = self.test_status();
        present::present(&self.diagnostics, &self.sources, status, format, palette)
    }

    /// All diagnostics, a line for each.
    #[must_use]
    pub fn plain(&self) -> String {
        self.render(Format::Plain, Palette::default())
    }

    fn worst(&self) -> Option<Severity> {
        self.diagnostics.iter().map(|d| d.severity).max()
    }
}

/// Reads the configuration at `path` for the machine `system`: included files are read, interfaces
/// and scripts are looked for. A file that cannot be read is a fatal diagnostic.
#[must_use]
pub fn load(system: &System, path: &Path) -> Loaded {
    let name = path.to_string_lossy();
    match system.read(path) {
        Ok(text) => parse_for(system, text, &name),
        Err(error) => unreadable(&name, &error),
    }
}

/// Reads a configuration from memory as if for a machine that has every interface and script.
#[must_use]
pub fn parse(text: &[u8], file_name: &str) -> Loaded {
    parse_for(&Anywhere, text, file_name)
}

/// Reads a configuration from memory for the machine `host`.
#[must_use]
pub fn parse_for(host: &dyn Host, text: impl Into<Vec<u8>>, file_name: &str) -> Loaded {
    let mut report = Report::default();
    let mut reader = Reader::new(host, &mut report);
    let mut draft = Draft::default();
    let is_whole = reader.read(file_name, text.into(), &mut |statement, report| {
        let (table, statements) = (&keywords::ROOT, slice::from_ref(&statement));
        keywords::interpret("the root", statements, table, &mut draft, report);
    });
    let sources = reader.into_sources();
    if !is_whole {
        draft = Draft::default();
    }
    let config = resolve::resolve(draft, host, &mut report);
    Loaded {
        config,
        diagnostics: report.finish(&sources),
        readable: true,
        sources,
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Loaded {
    let diagnostic = Diagnostic {
        severity: Severity::Fatal,
        location: Location::whole(Arc::from(name)),
        message: format!("cannot read the configuration: {error}"),
        help: Some("name another file with -f".into()),
    };
    Loaded {
        diagnostics: vec![diagnostic],
        ..Loaded::default()
    }
}
