//! Findings with the line that each is about, for a terminal.

use super::super::diagnostic::{Diagnostic, Severity};
use super::{Lines, Palette};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use std::fmt;

/// Columns of a terminal that nobody has asked.
const WIDTH: usize = 100;
/// Characters of a line that are shown around a place.
const MAX_SHOWN: usize = 160;

pub(super) fn draw(diagnostics: &[Diagnostic], lines: &Lines<'_>, palette: Palette) -> String {
    let handler = GraphicalReportHandler::new_themed(theme(palette))
        .with_width(WIDTH)
        .with_links(false);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let picture = Picture::of(diagnostic, lines);
        // Writing to a string cannot fail.
        let _ = handler.render_report(&mut text, &picture);
        text.push('\n');
    }
    text
}

fn theme(palette: Palette) -> GraphicalTheme {
    GraphicalTheme {
        characters: match palette.unicode {
            true => ThemeCharacters::unicode(),
            false => ThemeCharacters::ascii(),
        },
        styles: match palette.colours {
            true => ThemeStyles::ansi(),
            false => ThemeStyles::none(),
        },
    }
}

/// One finding as miette wants it.
#[derive(Debug)]
struct Picture<'a> {
    diagnostic: &'a Diagnostic,
    excerpt: Option<Excerpt>,
}

impl<'a> Picture<'a> {
    fn of(diagnostic: &'a Diagnostic, lines: &Lines<'_>) -> Self {
        let location = &diagnostic.location;
        let excerpt = lines.at(location).map(|line| {
            let column = usize::try_from(location.column).unwrap_or(0).max(1) - 1;
            let skipped = match line.len() {
                0..=MAX_SHOWN => 0,
                _ => column.saturating_sub(MAX_SHOWN / 2),
            };
            let shown: String = line.chars().skip(skipped).take(MAX_SHOWN).collect();
            Excerpt {
                name: printable(&location.file),
                number: usize::try_from(location.line).unwrap_or(0).max(1) - 1,
                column,
                skipped,
                length: lines.length(location),
                line: printable(&shown),
            }
        });
        Self {
            diagnostic,
            excerpt,
        }
    }
}

/// Without what would move a terminal's cursor.
fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' => c,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.excerpt.is_none() {
            write!(f, "{}: ", self.diagnostic.location)?;
        }
        let severity = self.diagnostic.severity.name();
        write!(f, "{severity}: {}", printable(&self.diagnostic.message))
    }
}

impl std::error::Error for Picture<'_> {}

impl miette::Diagnostic for Picture<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Notice => miette::Severity::Advice,
            Severity::Warning | Severity::Security => miette::Severity::Warning,
            Severity::Error | Severity::Stray | Severity::Absent | Severity::Fatal => {
                miette::Severity::Error
            }
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_deref()?;
        Some(Box::new(printable(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.excerpt.as_ref()?.span();
        let label = LabeledSpan::new_primary_with_span(None, span);
        Some(Box::new(std::iter::once(label)))
    }
}

/// The line that a finding is about. Not the file: miette would read that once for each finding.
#[derive(Debug)]
struct Excerpt {
    name: String,
    /// From 0.
    number: usize,
    /// From 0, in characters.
    column: usize,
    /// Characters of the line that come before what is shown.
    skipped: usize,
    /// In characters.
    length: usize,
    line: String,
}

impl Excerpt {
    /// In octets of the line.
    fn span(&self) -> SourceSpan {
        let octet = |character| {
            let mut places = self.line.char_indices().map(|(octet, _)| octet);
            places.nth(character).unwrap_or(self.line.len())
        };
        let place = self.column - self.skipped;
        let begin = octet(place);
        let end = octet(place.saturating_add(self.length));
        (begin, end - begin).into()
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        lines_before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without lines around it, the place itself is asked for.
        let column = if lines_before == 0 { self.column } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.line.as_bytes(),
            (0, self.line.len()).into(),
            self.number,
            column,
            1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::diagnostic::{Location, Source};
    use super::*;

    #[test]
    fn of_a_long_line_the_place_is_shown() {
        let (before, after) = ("a".repeat(100_000), "b".repeat(100_000));
        let finding = Diagnostic {
            severity: Severity::Error,
            location: Location {
                file: "long.conf".into(),
                line: 1,
                column: 100_001,
            },
            message: String::new(),
            help: None,
        };
        let source = Source {
            name: "long.conf".into(),
            text: format!("{before}{after}"),
        };
        let picture = draw(&[finding], &Lines::of(&[source.into()]), Palette::default());
        let half = MAX_SHOWN / 2;
        let shown = format!("{}{}", &before[..half], &after[..half]);
        assert!(picture.contains(&shown), "{picture}");
        assert!(picture.contains("long.conf:1:100001"), "{picture}");
        assert!(picture.len() < 1000, "{picture}");
    }
}
