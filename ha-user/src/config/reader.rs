//! Files to one tree of statements: `include`, and what of the language is not understood yet.

use super::diagnostic::{Location, Report, Severity, Source};
use super::host::Host;
use super::keywords::begins_root_block;
use super::lexer::{Word, lex};
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
    host: &'a dyn Host,
    report: &'a mut Report,
    sources: Vec<Source>,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(host: &'a dyn Host, report: &'a mut Report) -> Self {
        Self {
            host,
            report,
            sources: Vec::new(),
            depth: 0,
        }
    }

    /// The statements of `text` and of everything that it includes.
    pub(super) fn statements(&mut self, name: &str, text: &[u8]) -> Vec<Statement> {
        let file: Arc<str> = Arc::from(name);
        let text = String::from_utf8_lossy(text).into_owned();
        let tokens = lex(&file, &text, self.report);
        self.sources.push(Source { name: file, text });
        let statements = build(tokens, begins_root_block, self.report);
        self.expand(statements)
    }

    /// Every file that was read.
    pub(super) fn into_sources(self) -> Vec<Source> {
        self.sources
    }

    fn expand(&mut self, statements: Vec<Statement>) -> Vec<Statement> {
        let mut expanded = Vec::with_capacity(statements.len());
        for mut statement in statements {
            if INCLUDES.contains(&statement.keyword.text.as_str()) {
                expanded.extend(self.include(&statement));
            } else if self.understood(&statement.keyword) {
                statement.body = statement.body.map(|body| self.expand(body));
                expanded.push(statement);
            }
        }
        expanded
    }

    /// A line whose meaning would only be guessed must not become a configuration.
    fn understood(&mut self, keyword: &Word) -> bool {
        let text = keyword.text.as_str();
        let what = match text.chars().next() {
            _ if keyword.quoted => return true,
            Some('$') if text.contains('=') => "a definition of a variable",
            Some('@') => "a line for some directors only",
            Some('~') => "an expansion",
            _ => return true,
        };
        let message = format!("`{text}` is {what}, which is not supported yet");
        let help = "write out what it stands for";
        self.report
            .add_with_help(Severity::Fatal, &keyword.at, message, help);
        false
    }

    fn include(&mut self, statement: &Statement) -> Vec<Statement> {
        let at = &statement.keyword.at;
        let Some(pattern) = statement.arguments.first() else {
            let message = "`include` is missing a parameter";
            self.report.add(Severity::Fatal, at, message);
            return Vec::new();
        };
        if self.depth >= MAX_DEPTH || self.sources.len() >= MAX_FILES {
            let message = format!(
                "files include each other {MAX_DEPTH} deep, or are {MAX_FILES}: ignoring this one"
            );
            self.report.add(Severity::Error, at, message);
            return Vec::new();
        }
        let paths = self.matches(at, &pattern.text);
        if paths.is_empty() {
            let message = format!("Config files missing '{}'", pattern.text);
            self.report.add(Severity::Notice, &pattern.at, message);
        }
        self.depth += 1;
        let statements = paths
            .iter()
            .flat_map(|path| self.included(&pattern.at, path))
            .collect();
        self.depth -= 1;
        statements
    }

    fn included(&mut self, at: &Location, path: &Path) -> Vec<Statement> {
        match self.host.read(path) {
            Ok(text) => self.statements(&path.to_string_lossy(), &text),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                self.report.add(Severity::Notice, at, message);
                Vec::new()
            }
        }
    }

    /// The files that a pattern stands for, relative to the file that includes them. `*` and `?`
    /// are understood in the last part of the path.
    fn matches(&self, at: &Location, pattern: &str) -> Vec<PathBuf> {
        let from = Path::new(&*at.file).parent().unwrap_or(Path::new(""));
        let path = from.join(pattern);
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Vec::new();
        };
        let name = name.to_string_lossy();
        if !name.contains(['*', '?']) {
            return vec![path];
        }
        let hidden = |file: &String| file.starts_with('.') && !name.starts_with('.');
        let files = self.host.list(directory).into_iter();
        files
            .filter(|file| !hidden(file) && fits(name.as_bytes(), file.as_bytes()))
            .map(|file| directory.join(file))
            .collect()
    }
}

/// Whether `name` fits a pattern of characters, `?` and `*`.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == b'?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else {
                    return false;
                };
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.config", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?", "a", true),
            ("?", "", false),
            ("*", "", true),
        ] {
            assert_eq!(
                fits(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
