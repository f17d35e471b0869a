//! Text to lines: continuation, comments, NUL bytes.

use super::diagnostic::{Location, Report, Severity};
use std::sync::Arc;

/// A character and where it was written, or where the variable stands that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    /// The character.
    pub c: char,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Glyph {
    /// Another character at the same place.
    pub(super) const fn with(self, c: char) -> Self {
        Self { c, ..self }
    }

    /// Its place in `file`.
    pub(super) fn at(self, file: &Arc<str>) -> Location {
        Location {
            file: Arc::clone(file),
            line: self.line,
            column: self.column,
        }
    }
}

/// A line without its comment and its end.
pub(super) type Line = Vec<Glyph>;

/// `line` from its first character that is not blank.
pub(super) fn trim_start(line: &[Glyph]) -> &[Glyph] {
    let blanks = line.iter().take_while(|glyph| glyph.c.is_whitespace());
    &line[blanks.count()..]
}

/// `line` up to its last character that is not blank.
pub(super) fn trim_end(line: &[Glyph]) -> &[Glyph] {
    let blanks = line
        .iter()
        .rev()
        .take_while(|glyph| glyph.c.is_whitespace());
    &line[..line.len() - blanks.count()]
}

/// The characters alone.
pub(super) fn text(line: &[Glyph]) -> String {
    line.iter().map(|glyph| glyph.c).collect()
}

/// The lines of a file, those that a backslash joins as one.
pub(super) struct Lines<'a> {
    file: &'a Arc<str>,
    rest: std::str::Split<'a, char>,
    number: u32,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a Arc<str>, text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (rest, number) = (text.split('\n'), 0);
        Self { file, rest, number }
    }

    /// The next line with anything on it. What a backslash joins is one line; a line of which
    /// `keeps_ends` is true has a `\n` where it was joined, and may have empty lines inside.
    pub(super) fn next(
        &mut self,
        keeps_ends: fn(&[Glyph]) -> bool,
        report: &mut Report,
    ) -> Option<Line> {
        let mut quotes = Quotes::default();
        let mut line = self.part(&mut quotes, report)?;
        let keeps_ends = keeps_ends(&line);
        while let Some(backslash) = line.pop_if(|last| last.c == '\\') {
            let Some(part) = self.part_of(keeps_ends, &mut quotes, report) else {
                break;
            };
            line.extend(keeps_ends.then(|| backslash.with('\n')));
            line.extend(part);
        }
        Some(line)
    }

    /// The continuation of a line.
    fn part_of(
        &mut self,
        skips_empty: bool,
        quotes: &mut Quotes,
        report: &mut Report,
    ) -> Option<Line> {
        loop {
            let part = self.part(quotes, report)?;
            if !skips_empty || !trim_start(&part).is_empty() {
                return Some(part);
            }
        }
    }

    /// A line as it was written, without its comment and its end.
    fn part(&mut self, quotes: &mut Quotes, report: &mut Report) -> Option<Line> {
        let text = self.rest.next()?;
        self.number = self.number.saturating_add(1);
        let columns = 1..=u32::MAX;
        let text = text.trim_end_matches('\r').chars();
        let mut line: Line = text
            .zip(columns)
            .map(|(c, column)| Glyph {
                c,
                line: self.number,
                column,
            })
            .collect();
        if line.iter().any(|glyph| glyph.c == '\0') {
            self.say_nul(report);
            return Some(Line::new());
        }
        self.cut_comment(&mut line, quotes, report);
        Some(line)
    }

    /// keepalived ignores such lines since 2.4.0.
    fn say_nul(&self, report: &mut Report) {
        let (line, column) = (self.number, 1);
        let at = Glyph {
            c: '\0',
            line,
            column,
        }
        .at(self.file);
        let message = "this line contains a NUL byte and is ignored";
        report.add(Severity::Warning, &at, message);
    }

    fn cut_comment(&self, line: &mut Line, quotes: &mut Quotes, report: &mut Report) {
        let Some(start) = quotes.comment(line) else {
            return;
        };
        let comment = line.drain(start..).next();
        let ends_word =
            |glyph: &Glyph| glyph.c.is_whitespace() || matches!(glyph.c, '{' | '}' | '"');
        let word = line.iter().rposition(ends_word).map_or(0, |end| end + 1);
        let (Some(comment), false) = (comment, line[word..].is_empty()) else {
            return;
        };
        let word = text(&line[word..]);
        let message = format!("the comment begins here: the word is `{word}`");
        let help = "quote the word if `#` or `!` belongs to it";
        report.add_with_help(Severity::Notice, &comment.at(self.file), message, help);
    }
}

/// Which characters of a line are quoted: `"` counts at the start of a word, and `\"` never.
#[derive(Default)]
struct Quotes {
    open: bool,
    in_word: bool,
}

impl Quotes {
    /// Where the comment begins, outside quotes.
    fn comment(&mut self, line: &[Glyph]) -> Option<usize> {
        let mut previous = ' ';
        for (index, glyph) in line.iter().enumerate() {
            match glyph.c {
                '"' if self.open && previous != '\\' => (self.open, self.in_word) = (false, false),
                _ if self.open => {}
                '"' if !self.in_word => self.open = true,
                '#' | '!' => return Some(index),
                c => self.in_word = !(c.is_whitespace() || matches!(c, '{' | '}')),
            }
            previous = glyph.c;
        }
        None
    }
}

/// A first line of a file, for the tests of what lines are made into.
#[cfg(test)]
pub(super) fn from_text(text: &str) -> Line {
    let columns = 1..=u32::MAX;
    let glyphs = text.chars().zip(columns);
    glyphs
        .map(|(c, column)| Glyph { c, line: 1, column })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines between bars; those that begin with `$` keep their ends.
    fn lines(file: &str) -> String {
        let name = Arc::from("f");
        let mut lines = Lines::new(&name, file);
        let mut report = Report::default();
        let keeps_ends = |line: &[Glyph]| line.first().is_some_and(|first| first.c == '$');
        let lines = std::iter::from_fn(|| lines.next(keeps_ends, &mut report));
        lines.map(|line| text(&line) + "|").collect()
    }

    #[test]
    fn comments_begin_anywhere_but_in_quotes() {
        assert_eq!(lines("a b#c\n! x\n\"d#e\" f"), "a b||\"d#e\" f|");
        assert_eq!(lines("\"a\\\"#b\" c\"d#e"), "\"a\\\"#b\" c\"d|");
    }

    #[test]
    fn lines_end_as_unix_or_dos_writes_them() {
        assert_eq!(lines("a\r\nb\tc\r\n"), "a|b\tc||");
    }

    #[test]
    fn a_backslash_joins_lines() {
        assert_eq!(lines("au\\\nth \\\r\n x\ny\\"), "auth  x|y|");
        assert_eq!(lines("\"a \\\n#b\" #c"), "\"a #b\" |");
        assert_eq!(lines("a # b \\\nc"), "a |c|");
    }

    #[test]
    fn a_line_that_keeps_its_ends_skips_what_is_empty() {
        assert_eq!(lines("$a \\\n\n # b \\\n c \\\n\td\ne"), "$a \n c \n\td|e|");
    }

    #[test]
    fn a_line_with_nul_is_left_out() {
        assert_eq!(lines("a\nb\0c\nd"), "a||d|");
    }

    #[test]
    fn places_are_counted_in_characters() {
        let name = Arc::from("f");
        let mut lines = Lines::new(&name, "\n é  x");
        let mut next = || lines.next(|_| false, &mut Report::default());
        assert_eq!(next(), Some(vec![]));
        let last = next().and_then(|mut line| line.pop());
        let (c, line, column) = ('x', 2, 5);
        assert_eq!(last, Some(Glyph { c, line, column }));
    }
}
