//! Lines to tokens: words, braces, ends of lines.
//!
//! A statement of `keepalived.conf` ends with its line or with a brace.

use super::diagnostic::{FileId, Place, Report, Severity};
use super::text::{Glyph, Line, Written, is_blank};
use smol_str::SmolStr;
use std::iter::{Copied, Peekable};
use std::slice::Iter;

/// A word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Without its quotes. Nearly all words are short, and there may be half a million.
    pub text: SmolStr,
    /// It was written in double quotes.
    pub quoted: bool,
    /// Where it begins.
    pub at: Place,
}

/// The smallest unit of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Open(Place),
    Close(Place),
    EndOfLine,
}

/// Splits a line without its comment into tokens. What cannot be read is reported and left out.
pub(super) fn lex(file: FileId, line: Line<'_>, tokens: &mut Vec<Token>, report: &mut Report) {
    match line {
        Line::Written(line) => lex_written(file, line, tokens),
        Line::Made(line) => lex_glyphs(file, &line, tokens, report),
    }
    tokens.push(Token::EndOfLine);
}

/// Splits a line of words and braces alone, a word at a time.
fn lex_written(file: FileId, line: Written<'_>, tokens: &mut Vec<Token>) {
    let octets = line.text.as_bytes();
    let mut start = line.start;
    while let Some(first) = octets.get(start).copied() {
        if is_blank(first) {
            start += 1;
            continue;
        }
        let at = Place {
            file,
            line: line.number,
            column: u32::try_from(start + 1).unwrap_or(u32::MAX),
        };
        let rest = octets.get(start..).unwrap_or_default();
        let length = match first {
            b'{' | b'}' => 1,
            _ => rest.iter().take_while(|octet| !ends_word(**octet)).count(),
        };
        let end = start + length;
        tokens.push(match first {
            b'{' => Token::Open(at),
            b'}' => Token::Close(at),
            _ => Token::Word(Word {
                text: SmolStr::new(line.text.get(start..end).unwrap_or_default()),
                quoted: false,
                at,
            }),
        });
        start = end;
    }
}

fn ends_word(octet: u8) -> bool {
    is_blank(octet) || matches!(octet, b'{' | b'}')
}

fn lex_glyphs(file: FileId, line: &[Glyph], tokens: &mut Vec<Token>, report: &mut Report) {
    let lexer = Lexer {
        file,
        rest: line.iter().copied().peekable(),
        tokens,
        report,
    };
    lexer.run();
}

struct Lexer<'a> {
    file: FileId,
    rest: Peekable<Copied<Iter<'a, Glyph>>>,
    tokens: &'a mut Vec<Token>,
    report: &'a mut Report,
}

impl Lexer<'_> {
    fn run(mut self) {
        while let Some(next) = self.rest.peek().copied() {
            let at = next.at(self.file);
            match next.c {
                '{' => self.brace(Token::Open(at)),
                '}' => self.brace(Token::Close(at)),
                '"' => self.quoted(at),
                c if c.is_whitespace() => {
                    self.rest.next();
                }
                _ => self.word(at),
            }
        }
    }

    fn brace(&mut self, brace: Token) {
        self.rest.next();
        self.tokens.push(brace);
    }

    fn word(&mut self, at: Place) {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            match c {
                '{' if text.ends_with('$') => self.variable(&mut text),
                '{' | '}' => break,
                c if c.is_whitespace() => break,
                c => {
                    text.push(c);
                    self.rest.next();
                }
            }
        }
        self.push_word(text, false, at);
    }

    /// `${NAME}` that is not defined belongs to its word, braces and all.
    fn variable(&mut self, text: &mut String) {
        for glyph in self.rest.by_ref() {
            text.push(glyph.c);
            if glyph.c == '}' {
                return;
            }
        }
    }

    fn quoted(&mut self, at: Place) {
        self.rest.next();
        let mut text = String::new();
        loop {
            match self.rest.next().map(|glyph| glyph.c) {
                None => {
                    self.unterminated(&at);
                    break;
                }
                Some('"') => break,
                Some('\\') => text.push(self.escaped()),
                Some(c) => text.push(c),
            }
        }
        self.push_word(text, true, at);
    }

    fn unterminated(&mut self, at: &Place) {
        let message = "this quote is never closed";
        self.report
            .add_with_help(Severity::Fatal, at, message, "add a `\"`");
    }

    /// Inside quotes `\"` is a quote; every other backslash is left to whoever reads the word.
    fn escaped(&mut self) -> char {
        let quote = self.rest.next_if(|glyph| glyph.c == '"');
        quote.map_or('\\', |glyph| glyph.c)
    }

    fn push_word(&mut self, text: String, quoted: bool, at: Place) {
        if text.contains(['\u{201c}', '\u{201d}', '\u{201e}']) {
            let message = format!("typographic quotes in `{text}` are ordinary characters");
            self.report
                .add_with_help(Severity::Warning, &at, message, "write `\"`");
        }
        let text = SmolStr::from(text);
        self.tokens.push(Token::Word(Word { text, quoted, at }));
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|glyph| glyph.c)
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::{Lines, from_text};
    use super::*;

    /// Tokens as a line of text: words in brackets, `;` for the end of a line.
    fn lexed(text: &str) -> String {
        let (file, mut report) = (FileId(0), Report::default());
        let mut tokens = Vec::new();
        lex(file, Line::Made(from_text(text)), &mut tokens, &mut report);
        let mut lines = Lines::new(file, text);
        if let Some(line @ Line::Written(_)) = lines.next(|_| false, &mut report) {
            let mut written = Vec::new();
            lex(file, line, &mut written, &mut report);
            assert_eq!(tokens, written, "{text}");
        }
        let show = |token: &Token| match token {
            Token::Word(word) => format!("[{}]", word.text),
            Token::Open(_) => "{".into(),
            Token::Close(_) => "}".into(),
            Token::EndOfLine => ";".into(),
        };
        tokens.iter().map(show).collect()
    }

    #[test]
    fn braces_need_no_space() {
        assert_eq!(lexed("a b{1.2.3.4/5}}"), "[a][b]{[1.2.3.4/5]}};");
    }

    #[test]
    fn words_are_separated_by_blanks_of_any_kind() {
        assert_eq!(lexed("\ta \u{b}b\u{a0}c\u{e9} {} "), "[a][b][c\u{e9}]{};");
        assert_eq!(lexed("\ta \u{b}b\rc {} "), "[a][b][c]{};");
    }

    #[test]
    fn quotes_keep_blanks_and_escaped_quotes() {
        assert_eq!(lexed(r#"a "b \"c\" \d""#), r#"[a][b "c" \d];"#);
    }

    #[test]
    fn a_variable_keeps_its_braces() {
        assert_eq!(lexed("a ${B} c"), "[a][${B}][c];");
    }
}
