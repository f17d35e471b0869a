//! Files to statements, with what they `include`.

use super::diagnostic::{FileId, Place, Report, Severity, Source};
use super::expand::{Expander, Scope};
use super::host::Host;
use super::keywords::begins_root_block;
use super::lexer::{Token, Word, lex};
use super::pattern;
use super::tree::{Builder, Statement};
use std::collections::HashSet;
use std::iter;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;
use std::sync::Arc;

/// Files that include files that include files.
const MAX_DEPTH: usize = 16;
/// Files in all.
const MAX_FILES: usize = 1000;
/// Spellings of `include`; they differ in what keepalived takes for an error.
const INCLUDES: [&str; 6] = [
    "include", "includer", "includem", "includew", "includeb", "includea",
];

/// Reads files into statements.
pub(super) struct Reader<'a> {
    scope: Scope<'a>,
    /// What was read, each text once.
    sources: Vec<Arc<Source>>,
    /// How often something was read.
    reads: usize,
    /// The files that are being read, each of which includes the next one.
    open: Vec<Open>,
    /// Every file that was read.
    read: HashSet<PathBuf>,
    /// There was a ring: nothing that was read is read again.
    has_ring: bool,
}

/// What becomes of a statement.
type Take<'t> = dyn FnMut(Statement, &mut Report) + 't;

/// A file that is being read.
struct Open {
    name: Arc<str>,
    /// Whatever it is called.
    identity: PathBuf,
}

impl<'a> Reader<'a> {
    pub(super) fn new(host: &'a dyn Host, report: &'a mut Report) -> Self {
        Self {
            scope: Scope::new(host, report),
            sources: Vec::new(),
            reads: 0,
            open: Vec::new(),
            read: HashSet::new(),
            has_ring: false,
        }
    }

    /// Gives the statements of `text` and of everything that it includes to `take`, those outside all
    /// blocks, each once it is whole: of tens of thousands there are never all. `false` if there is no end
    /// to what variables stand for: that is half of what is meant, with braces that nobody forgot.
    pub(super) fn read(&mut self, name: &str, text: Vec<u8>, take: &mut Take<'_>) -> bool {
        let identity = self.scope.host.identity(Path::new(name));
        self.file(name, text, identity, take);
        !self.scope.is_exhausted()
    }

    /// Every file that was read.
    pub(super) fn into_sources(self) -> Vec<Arc<Source>> {
        self.sources
    }

    fn file(&mut self, name: &str, text: Vec<u8>, identity: PathBuf, take: &mut Take<'_>) {
        let lossy = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
        let text = String::from_utf8(text).unwrap_or_else(lossy);
        let (file, source) = self.source(name, text);
        self.reads += 1;
        self.read.insert(identity.clone());
        let name = Arc::clone(&source.name);
        self.open.push(Open { name, identity });
        self.content(file, &source, take);
        self.open.pop();
    }

    /// What has been read before under the same name is the same source: what is found at a place of it is
    /// said once, however often it is included.
    fn source(&mut self, name: &str, text: String) -> (FileId, Arc<Source>) {
        let mut known = self.sources.iter();
        let known = known.position(|source| &*source.name == name && source.text == text);
        let number = known.unwrap_or(self.sources.len());
        if known.is_none() {
            let name = name.into();
            self.sources.push(Arc::new(Source { name, text }));
        }
        let file = FileId(u32::try_from(number).unwrap_or(u32::MAX));
        (file, Arc::clone(&self.sources[number]))
    }

    fn content(&mut self, file: FileId, source: &Source, take: &mut Take<'_>) {
        let mut lines = Expander::new(file, source);
        let mut builder = Builder::new(begins_root_block);
        let mut tokens = Vec::new();
        while let Some(line) = lines.next(&mut self.scope) {
            lex(file, line, &mut tokens, self.scope.report);
            self.take_line(&mut tokens, &mut builder);
            for statement in builder.whole() {
                take(statement, self.scope.report);
            }
        }
        if !self.scope.is_exhausted() {
            for statement in builder.finish(self.scope.report) {
                take(statement, self.scope.report);
            }
        }
    }

    /// Moves the tokens of a line to `builder`, with the content of files for `include`. That is
    /// read now, because it may define variables for the next line.
    fn take_line(&mut self, tokens: &mut Vec<Token>, builder: &mut Builder) {
        let mut tokens = tokens.drain(..).peekable();
        let mut begins = true;
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(keyword) if begins && is_include(&keyword) => {
                    let is_word = |token: &Token| matches!(token, Token::Word(_));
                    let mut rest = iter::from_fn(|| tokens.next_if(is_word));
                    let pattern = rest.next();
                    rest.for_each(drop);
                    let statements = self.include(&keyword, pattern);
                    builder.include(statements, self.scope.report);
                }
                token => {
                    begins = !matches!(token, Token::Word(_));
                    builder.token(token, self.scope.report);
                }
            }
        }
    }

    fn include(&mut self, keyword: &Word, pattern: Option<Token>) -> Vec<Statement> {
        let Some(Token::Word(pattern)) = pattern else {
            let message = "`include` is missing a parameter";
            self.say(Severity::Fatal, &keyword.at, message);
            return Vec::new();
        };
        let open = self.open.last();
        let from = open.and_then(|file| Path::new(&*file.name).parent());
        let path = from.unwrap_or(Path::new("")).join(pattern.text.as_str());
        let paths = pattern::files(&path, self.scope.host);
        if paths.is_empty() {
            let message = format!("Config files missing '{}'", pattern.text);
            self.say(Severity::Notice, &pattern.at, &message);
        }
        let mut statements = Vec::new();
        for path in paths {
            let take = &mut |statement, _: &mut Report| statements.push(statement);
            self.included(&pattern.at, &path, take);
        }
        statements
    }

    fn included(&mut self, at: &Place, path: &Path, take: &mut Take<'_>) {
        let identity = self.scope.host.identity(path);
        if self.is_ring(at, &identity) || self.is_too_much(at) {
            return;
        }
        match self.scope.host.read(path) {
            Ok(text) => self.file(&path.to_string_lossy(), text, identity, take),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                self.say(Severity::Notice, at, &message);
            }
        }
    }

    /// Whether reading this file would go on for ever. The first time that is said. From then on
    /// no file is read twice: files that include each other by a pattern have a way through them
    /// for every order that they can be in.
    fn is_ring(&mut self, at: &Place, identity: &Path) -> bool {
        let mut open = self.open.iter();
        let Some(first) = open.position(|file| file.identity == identity) else {
            return self.has_ring && self.read.contains(identity);
        };
        if !self.has_ring {
            self.has_ring = true;
            let ring = self.open.get(first..).unwrap_or_default();
            let message = format!("{}: ignoring this include", ring_of(ring));
            let help = "no file can be part of itself";
            let report = &mut *self.scope.report;
            report.add_with_help(Severity::Error, at, message, help);
        }
        true
    }

    fn is_too_much(&mut self, at: &Place) -> bool {
        let is_too_much = self.open.len() > MAX_DEPTH || self.reads >= MAX_FILES;
        if is_too_much && self.scope.report.first("files") {
            let message = format!(
                "files include each other {MAX_DEPTH} deep, or are {MAX_FILES}: ignoring this one, \
                 and what is too much after it"
            );
            self.say(Severity::Error, at, &message);
        }
        is_too_much
    }

    fn say(&mut self, severity: Severity, at: &Place, message: &str) {
        self.scope.report.add(severity, at, message);
    }
}

/// What it is that goes on for ever, for people.
fn ring_of(files: &[Open]) -> String {
    match files {
        [file] => format!("{} includes itself", file.name),
        files => {
            let first = files.iter().take(1);
            let names = files.iter().chain(first).map(|file| &*file.name);
            let names: Vec<&str> = names.collect();
            names.join(" includes ")
        }
    }
}

fn is_include(keyword: &Word) -> bool {
    INCLUDES.contains(&keyword.text.as_str())
}
