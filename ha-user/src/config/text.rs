//! Text to lines: continuation, comments, NUL bytes.

use super::diagnostic::{FileId, Place, Report, Severity};
use memchr::memchr;

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
    pub(super) fn at(self, file: FileId) -> Place {
        Place {
            file,
            line: self.line,
            column: self.column,
        }
    }
}

/// Characters, each with its place.
pub(super) type Glyphs = Vec<Glyph>;

/// A line without its comment and its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// As it stands in its file: in tens of thousands of lines there are only words and braces, an octet
    /// for each character.
    Written(Written<'t>),
    /// Joined of several, or with something in it that may stand for something else.
    Made(Glyphs),
}

impl Line<'_> {
    /// Its characters.
    pub(super) fn into_glyphs(self) -> Glyphs {
        match self {
            Self::Written(written) => written.glyphs().collect(),
            Self::Made(glyphs) => glyphs,
        }
    }
}

/// One line of a file, or its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written<'t> {
    pub text: &'t str,
    /// Octets before the first that is not blank, or all: tens of thousands of lines are indented.
    pub start: usize,
    /// From 1.
    pub number: u32,
}

impl<'t> Written<'t> {
    /// Its characters.
    pub(super) fn glyphs(self) -> impl Iterator<Item = Glyph> + use<'t> {
        let line = self.number;
        let columns = 1..=u32::MAX;
        let glyphs = self.text.chars().zip(columns);
        glyphs.map(move |(c, column)| Glyph { c, line, column })
    }

    fn new(text: &'t str, number: u32) -> Self {
        let first = text.bytes().position(|octet| !is_blank(octet));
        let start = first.unwrap_or(text.len());
        Self {
            text,
            start,
            number,
        }
    }

    /// Its first octet that is not blank.
    pub(super) fn first(self) -> Option<u8> {
        self.text.as_bytes().get(self.start).copied()
    }

    /// Nothing in it begins or ends a comment, a quote or a variable, joins lines, or is out of place, and
    /// each of its octets is a character.
    fn is_plain(self) -> bool {
        let special = |byte: u8| matches!(byte, b'"' | b'#' | b'!' | b'\\' | b'$' | 0 | 0x80..);
        // Without a way out in the middle: that is faster for lines of ordinary length.
        let rest = self.text.as_bytes().get(self.start..).unwrap_or_default();
        !rest
            .iter()
            .fold(false, |found, byte| found | special(*byte))
    }
}

/// Whether an octet that is a character is between words.
pub(super) const fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t'..=b'\r')
}

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
    file: FileId,
    /// `None` after the last line.
    rest: Option<&'a str>,
    number: u32,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            file,
            rest: Some(text),
            number: 0,
        }
    }

    /// The next line, with those that a backslash joins to it. A line of which `keeps_ends` is
    /// true has a `\n` where it was joined, and its comments and blanks may follow the backslash.
    pub(super) fn next(
        &mut self,
        keeps_ends: fn(&[Glyph]) -> bool,
        report: &mut Report,
    ) -> Option<Line<'a>> {
        let first = self.line()?;
        if first.is_plain() {
            return Some(Line::Written(first));
        }
        let mut quotes = Quotes::default();
        let (mut line, mut comment_joins) = self.part(first, &mut quotes, report);
        let keeps_ends = keeps_ends(&line);
        loop {
            if keeps_ends {
                line.truncate(trim_end(&line).len());
            }
            let backslash = line.pop_if(|last| last.c == '\\');
            let ends = backslash.is_none() && !(keeps_ends && comment_joins);
            if ends {
                return Some(Line::Made(line));
            }
            let Some(next) = self.line() else {
                return Some(Line::Made(line));
            };
            let (part, joins) = self.part(next, &mut quotes, report);
            line.extend(keeps_ends.then(|| self.start().with('\n')));
            line.extend(part);
            comment_joins = joins;
        }
    }

    /// The next line as it was written, without its end.
    fn line(&mut self) -> Option<Written<'a>> {
        let rest = self.rest?;
        let end = memchr(b'\n', rest.as_bytes());
        self.rest = end.and_then(|end| rest.get(end + 1..));
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let text = text.trim_end_matches('\r');
        self.number = self.number.saturating_add(1);
        Some(Written::new(text, self.number))
    }

    /// A line without its comment, and whether there was a backslash at the end of the comment.
    fn part(
        &self,
        written: Written<'_>,
        quotes: &mut Quotes,
        report: &mut Report,
    ) -> (Glyphs, bool) {
        if written.text.contains('\0') {
            self.say_nul(report);
            return (Glyphs::new(), false);
        }
        let mut line: Glyphs = written.glyphs().collect();
        let comment = quotes.comment(&line).map(|start| line.split_off(start));
        self.say_comment(&line, comment.as_deref(), report);
        let joins = comment.and_then(|comment| comment.last().map(|last| last.c == '\\'));
        (line, joins.unwrap_or(false))
    }

    /// The start of the line that was read last.
    const fn start(&self) -> Glyph {
        Glyph {
            c: ' ',
            line: self.number,
            column: 1,
        }
    }

    /// keepalived ignores such lines since 2.4.0.
    fn say_nul(&self, report: &mut Report) {
        let message = "this line contains a NUL byte and is ignored";
        report.add(Severity::Warning, &self.start().at(self.file), message);
    }

    /// A comment inside a word is pointed out.
    fn say_comment(&self, line: &[Glyph], comment: Option<&[Glyph]>, report: &mut Report) {
        let ends_word =
            |glyph: &Glyph| glyph.c.is_whitespace() || matches!(glyph.c, '{' | '}' | '"');
        let word = line.iter().rposition(ends_word).map_or(0, |end| end + 1);
        let word = text(&line[word..]);
        let Some(sign) = comment
            .and_then(<[Glyph]>::first)
            .filter(|_| !word.is_empty())
        else {
            return;
        };
        let message = format!("the comment begins here: the word is `{word}`");
        let help = "quote the word if `#` or `!` belongs to it";
        report.add_with_help(Severity::Notice, &sign.at(self.file), message, help);
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
pub(super) fn from_text(text: &str) -> Glyphs {
    Written::new(text, 1).glyphs().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines between bars; those that begin with `$` keep their ends.
    fn lines(file: &str) -> String {
        let mut lines = Lines::new(FileId(0), file);
        let mut report = Report::default();
        let keeps_ends = |line: &[Glyph]| line.first().is_some_and(|first| first.c == '$');
        let lines = std::iter::from_fn(|| lines.next(keeps_ends, &mut report));
        lines.map(|line| text(&line.into_glyphs()) + "|").collect()
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
    fn a_line_that_keeps_its_ends_may_have_comments() {
        assert_eq!(lines("$a \\\n b # c \\\n d\ne"), "$a \n b\n d|e|");
        assert_eq!(lines("$a \\ # b\n # c \\\nd \\\n\ne"), "$a\nd|e|");
    }

    #[test]
    fn a_line_with_nul_is_left_out() {
        assert_eq!(lines("a\nb\0c\nd"), "a||d|");
    }

    #[test]
    fn places_are_counted_in_characters() {
        let mut lines = Lines::new(FileId(0), "\n é  x");
        let mut next = || lines.next(|_| false, &mut Report::default());
        assert_eq!(next().map(Line::into_glyphs), Some(vec![]));
        let last = next().and_then(|line| line.into_glyphs().pop());
        let (c, line, column) = ('x', 2, 5);
        assert_eq!(last, Some(Glyph { c, line, column }));
    }
}
