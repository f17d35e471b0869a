//! Text to tokens: words, braces, ends of lines.
//!
//! A statement of `keepalived.conf` ends with its line or with a brace. `#` and `!` start a
//! comment anywhere outside quotes, a backslash at the end of a line joins it with the next one.

use super::diagnostic::{Location, Report, Severity};
use std::iter::Peekable;
use std::str::Chars;
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
}

/// Splits `text` into tokens. What cannot be read is reported and left out.
pub(super) fn lex(file: &Arc<str>, text: &str, report: &mut Report) -> Vec<Token> {
    Lexer::new(file, text, report).run()
}

struct Lexer<'a> {
    file: &'a Arc<str>,
    rest: Peekable<Chars<'a>>,
    line: u32,
    column: u32,
    tokens: Vec<Token>,
    report: &'a mut Report,
}

impl<'a> Lexer<'a> {
    fn new(file: &'a Arc<str>, text: &'a str, report: &'a mut Report) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            file,
            rest: text.chars().peekable(),
            line: 1,
            column: 1,
            tokens: Vec::new(),
            report,
        }
    }

    fn run(mut self) -> Vec<Token> {
        self.start_of_line();
        while let Some(&next) = self.rest.peek() {
            match next {
                '\n' => self.end_of_line(),
                '#' | '!' => self.skip_line(),
                '{' | '}' => self.brace(next),
                '"' => self.quoted(),
                '\\' if self.joins_lines() => {}
                c if c.is_whitespace() => {
                    self.bump();
                }
                _ => self.word(),
            }
        }
        self.tokens.push(Token::EndOfLine);
        self.tokens
    }

    /// Leaves out a line that holds a NUL byte, as keepalived does since 2.4.0.
    fn start_of_line(&mut self) {
        let line = || self.rest.clone().take_while(|&c| c != '\n');
        if line().any(|c| c == '\0') {
            let message = "this line contains a NUL byte and is ignored";
            self.report.add(Severity::Warning, &self.here(), message);
            self.skip_line();
        }
    }

    fn end_of_line(&mut self) {
        self.bump();
        self.tokens.push(Token::EndOfLine);
        self.start_of_line();
    }

    fn skip_line(&mut self) {
        while self.rest.peek().is_some_and(|&c| c != '\n') {
            self.bump();
        }
    }

    fn brace(&mut self, brace: char) {
        let at = self.here();
        self.bump();
        self.tokens.push(match brace {
            '{' => Token::Open(at),
            _ => Token::Close(at),
        });
    }

    /// Skips a backslash and the end of line after it.
    fn joins_lines(&mut self) -> bool {
        let mut ahead = self.rest.clone().skip(1).skip_while(|&c| c == '\r');
        if ahead.next() != Some('\n') {
            return false;
        }
        while self.bump().is_some_and(|c| c != '\n') {}
        true
    }

    fn word(&mut self) {
        let at = self.here();
        let mut text = String::new();
        while let Some(&next) = self.rest.peek() {
            match next {
                '{' if text.ends_with('$') => self.variable(&mut text),
                '{' | '}' => break,
                '#' | '!' => {
                    self.comment_in_word(&text);
                    break;
                }
                '\\' if self.joins_lines() => {}
                c if c.is_whitespace() => break,
                c => {
                    text.push(c);
                    self.bump();
                }
            }
        }
        self.push_word(text, false, at);
    }

    /// `${NAME}` belongs to its word, braces and all.
    fn variable(&mut self, text: &mut String) {
        while let Some(&next) = self.rest.peek() {
            if next == '\n' {
                return;
            }
            text.push(next);
            self.bump();
            if next == '}' {
                return;
            }
        }
    }

    fn comment_in_word(&mut self, text: &str) {
        let at = self.here();
        let message = format!("the comment begins here: the word is `{text}`");
        let help = "quote the word if `#` or `!` belongs to it";
        self.report
            .add_with_help(Severity::Notice, &at, message, help);
    }

    fn quoted(&mut self) {
        let at = self.here();
        self.bump();
        let mut text = String::new();
        loop {
            match self.rest.peek().copied() {
                None | Some('\n') => {
                    self.unterminated(&at);
                    break;
                }
                Some('"') => {
                    self.bump();
                    break;
                }
                Some('\\') if self.joins_lines() => {}
                Some('\\') => text.extend(self.escaped()),
                Some(_) => text.extend(self.bump()),
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
    fn escaped(&mut self) -> Vec<char> {
        self.bump();
        match self.rest.peek() {
            Some('"') => self.bump().into_iter().collect(),
            _ => vec!['\\'],
        }
    }

    fn push_word(&mut self, text: String, quoted: bool, at: Location) {
        if text.contains(['\u{201c}', '\u{201d}', '\u{201e}']) {
            let message = format!("typographic quotes in `{text}` are ordinary characters");
            self.report
                .add_with_help(Severity::Warning, &at, message, "write `\"`");
        }
        self.tokens.push(Token::Word(Word { text, quoted, at }));
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(c)
    }

    fn here(&self) -> Location {
        Location {
            file: Arc::clone(self.file),
            line: self.line,
            column: self.column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens as a line of text: words in brackets, `;` for the end of a line.
    fn lexed(text: &str) -> String {
        let tokens = lex(&Arc::from("f"), text, &mut Report::default());
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
    fn comments_begin_anywhere_but_in_quotes() {
        assert_eq!(lexed("a b#c\n! x\n\"d#e\" f"), "[a][b];;[d#e][f];");
    }

    #[test]
    fn lines_end_as_unix_or_dos_writes_them() {
        assert_eq!(lexed("a\r\nb\tc\r\n"), "[a];[b][c];;");
    }

    #[test]
    fn a_backslash_joins_lines() {
        assert_eq!(lexed("au\\\nth \\\r\n x"), "[auth][x];");
    }

    #[test]
    fn quotes_keep_blanks_and_escaped_quotes() {
        assert_eq!(lexed(r#"a "b \"c\" \d""#), r#"[a][b "c" \d];"#);
    }

    #[test]
    fn a_variable_keeps_its_braces() {
        assert_eq!(lexed("a ${B} c"), "[a][${B}][c];");
    }

    #[test]
    fn a_line_with_nul_is_left_out() {
        assert_eq!(lexed("a\nb\0c\nd"), "[a];;[d];");
    }

    #[test]
    fn places_are_counted_in_characters() {
        let tokens = lex(&Arc::from("f"), "\n é  x", &mut Report::default());
        let Some(Token::Word(word)) = tokens.get(2) else {
            panic!("the third token is a word: {tokens:?}");
        };
        assert_eq!((word.at.line, word.at.column), (2, 5));
    }
}
