//! Findings for whoever reads them: people before a terminal, people behind a pipe, programs.

mod json;
mod picture;

use super::diagnostic::{Diagnostic, Location, Source};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Each with the line that it is about.
    Picture,
    /// A line for each: FILE:LINE:COLUMN: SEVERITY: MESSAGE (HELP)
    Plain,
    /// One object
    Json,
}

/// Whether a terminal shows colours, and more than ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// It has colours, and whoever sits there wants them.
    pub colours: bool,
    /// It shows lines and arrows.
    pub unicode: bool,
}

impl Palette {
    /// What the environment asks for, where a terminal is written to.
    #[must_use]
    pub fn of_environment(is_terminal: bool) -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        let locale = locale.unwrap_or_default().to_lowercase();
        Self {
            colours: is_terminal && !is_set("NO_COLOR"),
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
        }
    }
}

/// Findings in one format; `status` is what the configuration test exits with.
pub(super) fn present(
    diagnostics: &[Diagnostic],
    sources: &[Arc<Source>],
    status: u8,
    format: Format,
    palette: Palette,
) -> String {
    match format {
        Format::Plain => plain(diagnostics),
        Format::Picture => picture::draw(diagnostics, &Lines::of(sources), palette),
        Format::Json => json::write(diagnostics, &Lines::of(sources), status),
    }
}

fn plain(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{diagnostic}");
    }
    text
}

/// The lines of all files that were read.
struct Lines<'a>(BTreeMap<Arc<str>, Vec<&'a str>>);

impl<'a> Lines<'a> {
    fn of(sources: &'a [Arc<Source>]) -> Self {
        let files = sources
            .iter()
            .map(|source| (Arc::clone(&source.name), source.text.lines().collect()));
        Self(files.collect())
    }

    /// The line that a place is in; none for a file as a whole.
    fn at(&self, location: &Location) -> Option<&'a str> {
        let index = usize::try_from(location.line).ok()?.checked_sub(1)?;
        self.0.get(&location.file)?.get(index).copied()
    }

    /// How many characters stand there: a brace, a word, or one with its quotes.
    fn length(&self, location: &Location) -> usize {
        let line = self.at(location).unwrap_or_default();
        let before = usize::try_from(location.column).unwrap_or(0).max(1) - 1;
        word_length(line.chars().skip(before))
    }
}

fn word_length(mut rest: impl Iterator<Item = char>) -> usize {
    match rest.next() {
        None => 0,
        Some('{' | '}') => 1,
        Some('"') => {
            let inside: Vec<char> = rest.collect();
            let end = inside.iter().position(|c| *c == '"');
            1 + end.map_or(inside.len(), |end| end + 1)
        }
        Some(_) => {
            let ends = |c: &char| c.is_whitespace() || matches!(c, '{' | '}' | '"');
            1 + rest.take_while(|c| !ends(c)).count()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_ends_where_the_next_begins() {
        for (line, length) in [
            ("", 0),
            ("priority 5", 8),
            ("priority", 8),
            ("{ }", 1),
            ("}", 1),
            ("VI_1{", 4),
            ("\"a b\" c", 5),
            ("\"a b", 4),
            ("äöü x", 3),
        ] {
            assert_eq!(word_length(line.chars()), length, "{line:?}");
        }
    }
}
