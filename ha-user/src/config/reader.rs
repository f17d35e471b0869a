//! Files to one tree of statements, with what they `include`.

use super::diagnostic::{Location, Report, Severity, Source};
use super::expand::{Expander, Scope};
use super::host::Host;
use super::keywords::begins_root_block;
use super::lexer::{Token, Word, lex};
use super::pattern;
use super::tree::{Statement, build};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that include files that include files.
const MAX_DEPTH: usize = 16;
/// Files in all: a file that includes itself twice would be read 2^16 times.
const MAX_FILES: usize = 1000;
/// Spellings of `include`; they differ in what keepalived takes for an error.
const INCLUDES: [&str; 6] = [
    "include", "includer", "includem", "includew", "includeb", "includea",
];

/// Reads files into statements.
pub(super) struct Reader<'a> {
    scope: Scope<'a>,
    sources: Vec<Source>,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(host: &'a dyn Host, report: &'a mut Report) -> Self {
        Self {
            scope: Scope::new(host, report),
            sources: Vec::new(),
            depth: 0,
        }
    }

    /// The statements of `text` and of everything that it includes.
    pub(super) fn statements(&mut self, name: &str, text: &[u8]) -> Vec<Statement> {
        let file: Arc<str> = Arc::from(name);
        let text = String::from_utf8_lossy(text).into_owned();
        self.sources.push(Source {
            name: Arc::clone(&file),
            text: text.clone(),
        });
        let mut lines = Expander::new(&file, &text);
        let mut tokens = Vec::new();
        while let Some(line) = lines.next(&mut self.scope) {
            let line = lex(&file, &line, self.scope.report);
            self.include_files(line, &mut tokens);
        }
        build(tokens, begins_root_block, self.scope.report)
    }

    /// Every file that was read.
    pub(super) fn into_sources(self) -> Vec<Source> {
        self.sources
    }

    /// Moves the tokens of a line to `tokens`, with the content of files for `include`. That is
    /// read now, because it may define variables for the next line.
    fn include_files(&mut self, line: Vec<Token>, tokens: &mut Vec<Token>) {
        let is_word = |token: &Token| matches!(token, Token::Word(_));
        for statement in line.chunk_by(|a, b| is_word(a) && is_word(b)) {
            match statement {
                [Token::Word(keyword), arguments @ ..] if is_include(keyword) => {
                    let pattern = arguments.first();
                    let statements = self.include(keyword, pattern);
                    tokens.push(Token::Included(statements));
                }
                _ => tokens.extend_from_slice(statement),
            }
        }
    }

    fn include(&mut self, keyword: &Word, pattern: Option<&Token>) -> Vec<Statement> {
        let Some(Token::Word(pattern)) = pattern else {
            let message = "`include` is missing a parameter";
            self.say(Severity::Fatal, &keyword.at, message);
            return Vec::new();
        };
        if self.depth >= MAX_DEPTH || self.sources.len() >= MAX_FILES {
            let message = format!(
                "files include each other {MAX_DEPTH} deep, or are {MAX_FILES}: ignoring this one"
            );
            self.say(Severity::Error, &keyword.at, &message);
            return Vec::new();
        }
        let from = Path::new(&*pattern.at.file).parent();
        let path = from.unwrap_or(Path::new("")).join(&pattern.text);
        let paths = pattern::files(&path, self.scope.host);
        if paths.is_empty() {
            let message = format!("Config files missing '{}'", pattern.text);
            self.say(Severity::Notice, &pattern.at, &message);
        }
        self.included(&pattern.at, &paths)
    }

    fn included(&mut self, at: &Location, paths: &[PathBuf]) -> Vec<Statement> {
        let mut statements = Vec::new();
        self.depth += 1;
        for path in paths {
            match self.scope.host.read(path) {
                Ok(text) => statements.extend(self.statements(&path.to_string_lossy(), &text)),
                Err(error) => {
                    let message = format!("cannot read {}: {error}", path.display());
                    self.say(Severity::Notice, at, &message);
                }
            }
        }
        self.depth -= 1;
        statements
    }

    fn say(&mut self, severity: Severity, at: &Location, message: &str) {
        self.scope.report.add(severity, at, message);
    }
}

fn is_include(keyword: &Word) -> bool {
    INCLUDES.contains(&keyword.text.as_str())
}
