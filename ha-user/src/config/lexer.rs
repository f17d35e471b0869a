//! Lines to tokens: words, braces, ends of lines.
//!
//! A statement of `keepalived.conf` ends with its line or with a brace.

use super::diagnostic::{Location, Report, Severity};
use super::text::Glyph;
use super::tree::Statement;
use std::iter::{Copied, Peekable};
use std::slice::Iter;
use std::sync::Arc;

/// A word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Without its quotes.
    pub text: String,
    /// It was written in double quotes.
    pub quoted: bool,
    /// Where it begins.
    pub at: Location,
}

/// The smallest unit of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Open(Location),
    Close(Location),
    EndOfLine,
    /// What an `include` stands for.
    Included(Vec<Statement>),
}

/// Splits a line without its comment into tokens. What cannot be read is reported and left out.
pub(super) fn lex(file: &Arc<str>, line: &[Glyph], report: &mut Report) -> Vec<Token> {
    let lexer = Lexer {
        file,
        rest: line.iter().copied().peekable(),
        tokens: Vec::new(),
        report,
    };
    lexer.run()
}

struct Lexer<'a> {
    file: &'a Arc<str>,
    rest: Peekable<Copied<Iter<'a, Glyph>>>,
    tokens: Vec<Token>,
    report: &'a mut Report,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
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
        self.tokens.push(Token::EndOfLine);
        self.tokens
    }

    fn brace(&mut self, brace: Token) {
        self.rest.next();
        self.tokens.push(brace);
    }

    fn word(&mut self, at: Location) {
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

    fn quoted(&mut self, at: Location) {
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

    fn unterminated(&mut self, at: &Location) {
        let message = "this quote is never closed";
        self.report
            .add_with_help(Severity::Fatal, at, message, "add a `\"`");
    }

    /// Inside quotes `\"` is a quote; every other backslash is left to whoever reads the word.
    fn escaped(&mut self) -> char {
        let quote = self.rest.next_if(|glyph| glyph.c == '"');
        quote.map_or('\\', |glyph| glyph.c)
    }

    fn push_word(&mut self, text: String, quoted: bool, at: Location) {
        if text.contains(['\u{201c}', '\u{201d}', '\u{201e}']) {
            let message = format!("typographic quotes in `{text}` are ordinary characters");
            self.report
                .add_with_help(Severity::Warning, &at, message, "write `\"`");
        }
        self.tokens.push(Token::Word(Word { text, quoted, at }));
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|glyph| glyph.c)
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::from_text;
    use super::*;

    /// Tokens as a line of text: words in brackets, `;` for the end of a line.
    fn lexed(text: &str) -> String {
        let tokens = lex(&Arc::from("f"), &from_text(text), &mut Report::default());
        let show = |token: &Token| match token {
            Token::Word(word) => format!("[{}]", word.text),
            Token::Open(_) => "{".into(),
            Token::Close(_) => "}".into(),
            Token::EndOfLine => ";".into(),
            Token::Included(_) => "<".into(),
        };
        tokens.iter().map(show).collect()
    }

    #[test]
    fn braces_need_no_space() {
        assert_eq!(lexed("a b{1.2.3.4/5}}"), "[a][b]{[1.2.3.4/5]}};");
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
