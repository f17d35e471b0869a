//! Tokens to a tree of statements; nothing is interpreted.

use super::diagnostic::{Place, Report, Severity};
use super::lexer::{Token, Word};
use smallvec::SmallVec;
use std::vec::Drain;

/// keepalived's deepest block is five levels down.
const MAX_DEPTH: usize = 16;

/// A keyword, what follows it on its line, and its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// First word.
    pub keyword: Word,
    /// The other words; most often one.
    pub arguments: SmallVec<[Word; 1]>,
    /// What stands in braces after it.
    pub body: Option<Vec<Self>>,
}

impl Statement {
    /// All words, where the first is not a keyword.
    pub(super) fn words(&self) -> Vec<Word> {
        let mut words = vec![self.keyword.clone()];
        words.extend_from_slice(&self.arguments);
        words
    }
}

/// A block that is still open.
struct Open {
    at: Place,
    statements: Vec<Statement>,
}

/// Builds the tree.
pub(super) struct Builder {
    begins_root_block: fn(&str) -> bool,
    root: Vec<Statement>,
    open: Vec<Open>,
    words: Vec<Word>,
    /// Room for the content of a block, used again by the next one: there may be tens of thousands.
    rooms: Vec<Vec<Statement>>,
    /// Braces below [`MAX_DEPTH`] or without a keyword, whose content is left out.
    ignored: usize,
}

impl Builder {
    /// `begins_root_block` says of a keyword that it can only stand outside all blocks, which is
    /// how a forgotten brace is found where it is missing and not at the end.
    pub(super) const fn new(begins_root_block: fn(&str) -> bool) -> Self {
        Self {
            begins_root_block,
            root: Vec::new(),
            open: Vec::new(),
            words: Vec::new(),
            rooms: Vec::new(),
            ignored: 0,
        }
    }

    /// Takes the next token of the file.
    pub(super) fn token(&mut self, token: Token, report: &mut Report) {
        match token {
            Token::Word(word) => self.words.push(word),
            Token::EndOfLine => self.end_statement(report),
            Token::Open(at) => self.open_block(at, report),
            Token::Close(at) => self.close_block(&at, report),
        }
    }

    fn end_statement(&mut self, report: &mut Report) {
        if self.words.is_empty() {
            return;
        }
        let mut words = self.words.drain(..);
        let Some(keyword) = words.next() else { return };
        if self.ignored > 0 {
            return;
        }
        let arguments = words.collect();
        if (self.begins_root_block)(&keyword.text) {
            self.close_forgotten(&keyword, report);
        }
        self.statements().push(Statement {
            keyword,
            arguments,
            body: None,
        });
    }

    /// Those outside all blocks that are whole: the last one may yet be followed by its block.
    pub(super) fn whole(&mut self) -> Drain<'_, Statement> {
        let count = self.root.len().saturating_sub(1);
        self.root.drain(..count)
    }

    /// Takes what an `include` stands for.
    pub(super) fn include(&mut self, statements: Vec<Statement>, report: &mut Report) {
        self.end_statement(report);
        if self.ignored == 0 {
            self.statements().extend(statements);
        }
    }

    /// The brace belongs to the statement before it, on the same line or an earlier one.
    fn open_block(&mut self, at: Place, report: &mut Report) {
        self.end_statement(report);
        if self.ignored > 0 {
            self.ignored += 1;
            return;
        }
        let too_deep = self.open.len() >= MAX_DEPTH;
        match self.statements().last() {
            Some(Statement { body: None, .. }) if !too_deep => {
                let statements = self.rooms.pop().unwrap_or_default();
                self.open.push(Open { at, statements });
            }
            _ => self.ignore_block(&at, report),
        }
    }

    fn ignore_block(&mut self, at: &Place, report: &mut Report) {
        let message = "unexpected '{': ignoring everything up to its '}'";
        let help = "a block needs a keyword in front of its brace";
        report.add_with_help(Severity::Error, at, message, help);
        self.ignored = 1;
    }

    fn close_block(&mut self, at: &Place, report: &mut Report) {
        self.end_statement(report);
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        match self.open.pop() {
            Some(block) => self.attach(block),
            None => report.add_with_help(
                Severity::Error,
                at,
                "extra '}' found: ignoring it",
                "no block is open here",
            ),
        }
    }

    /// Gives a closed block to the statement that it belongs to.
    fn attach(&mut self, mut block: Open) {
        let body = block.statements.drain(..).collect();
        self.rooms.push(block.statements);
        if let Some(owner) = self.statements().last_mut() {
            owner.body = Some(body);
        }
    }

    /// What the block is called that was opened last, without what is in it now.
    fn name(&mut self) -> &str {
        let owner = self.statements().last();
        owner.map_or("", |owner| owner.keyword.text.as_str())
    }

    fn close_forgotten(&mut self, keyword: &Word, report: &mut Report) {
        while let Some(block) = self.open.pop() {
            let message = format!(
                "missing '}}': the block `{}` opened here is not closed before `{}` on line {}",
                self.name(),
                keyword.text,
                keyword.at.line
            );
            report.add_with_help(Severity::Error, &block.at, message, "closing it there");
            self.attach(block);
        }
    }

    /// All that was not taken before.
    pub(super) fn finish(mut self, report: &mut Report) -> Vec<Statement> {
        self.end_statement(report);
        while let Some(block) = self.open.pop() {
            let name = self.name();
            let message = format!("missing '}}': the block `{name}` opened here is never closed");
            report.add_with_help(Severity::Error, &block.at, message, "closing it at the end");
            self.attach(block);
        }
        self.root
    }

    fn statements(&mut self) -> &mut Vec<Statement> {
        match self.open.last_mut() {
            Some(block) => &mut block.statements,
            None => &mut self.root,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::{FileId, Source};
    use super::super::lexer::lex;
    use super::super::text::Lines;
    use super::*;
    use smol_str::SmolStr;

    fn shown(statements: &[Statement]) -> String {
        let show = |statement: &Statement| {
            let arguments = statement.arguments.iter().map(|word| &word.text);
            let words = std::iter::once(&statement.keyword.text).chain(arguments);
            let words: Vec<&str> = words.map(SmolStr::as_str).collect();
            match &statement.body {
                Some(body) => format!("{}({})", words.join(" "), shown(body)),
                None => words.join(" "),
            }
        };
        statements.iter().map(show).collect::<Vec<_>>().join(",")
    }

    fn built(text: &str) -> (String, Vec<String>) {
        let mut report = Report::default();
        let source = Source {
            name: "f".into(),
            text: text.into(),
        };
        let mut lines = Lines::new(FileId(0), &source.text);
        let mut builder = Builder::new(|keyword| keyword == "root");
        let mut tokens = Vec::new();
        while let Some(line) = lines.next(|_| false, &mut report) {
            lex(FileId(0), line, &mut tokens, &mut report);
            for token in tokens.drain(..) {
                builder.token(token, &mut report);
            }
        }
        let tree = builder.finish(&mut report);
        let said = report
            .finish(&[source.into()])
            .iter()
            .map(ToString::to_string)
            .collect();
        (shown(&tree), said)
    }

    #[test]
    fn a_block_opens_on_its_line_or_the_next() {
        for text in ["a b {\n c d\n}\ne", "a b\n\n{ c d } e", "a b{c d}e"] {
            assert_eq!(built(text), ("a b(c d),e".into(), vec![]), "{text}");
        }
    }

    #[test]
    fn a_block_that_is_never_closed_is_named_where_it_opens() {
        let (tree, said) = built("a {\n b {\n c\n }\n");
        assert_eq!(tree, "a(b(c))");
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("f:1:3: error: missing '}'"), "{said:?}");
    }

    #[test]
    fn a_forgotten_brace_does_not_swallow_the_next_root_block() {
        let (tree, said) = built("root 1 {\n a {\n b\n}\nroot 2 {\n c\n}\n");
        assert_eq!(tree, "root 1(a(b)),root 2(c)");
        assert!(said[0].starts_with("f:1:8: error: missing '}'"), "{said:?}");
        assert!(said[0].contains("line 5"), "{said:?}");
    }

    #[test]
    fn extra_braces_are_reported_and_ignored() {
        let (tree, said) = built("a\n}\n{ b { c } }\nd");
        assert_eq!(tree, "a(b(c)),d");
        assert_eq!(said.len(), 1);
        let (tree, said) = built("{ b { c } }\nd");
        assert_eq!((tree.as_str(), said.len()), ("d", 1));
    }

    #[test]
    fn depth_is_bounded() {
        let (_, said) = built(&"a {".repeat(100_000));
        assert!(said.iter().any(|line| line.contains("unexpected '{'")));
    }
}
