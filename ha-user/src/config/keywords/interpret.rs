//! Applies a table of keywords to the statements of a block.

use super::super::diagnostic::{At, Report, Severity};
use super::super::lexer::Word;
use super::super::tree::Statement;
use super::catalogue::{blocks_of, closest};
use super::{Keyword, Known, Syntax, Table, number};
use std::ops::RangeInclusive;

/// Interprets the statements of the block called `block`, collecting what they mean in `target`.
pub(in crate::config) fn interpret<T>(
    block: &str,
    statements: &[Statement],
    table: &'static Table<T>,
    target: &mut T,
    report: &mut Report,
) {
    for statement in statements {
        let name = statement.keyword.text.as_str();
        if let Some(row) = table.rows().find(|row| row.name == name) {
            let mut applied = Applied {
                row,
                table,
                statement,
                report: &mut *report,
            };
            applied.run(target);
        } else if let Some(known) = table.later.iter().find(|row| row.name == name) {
            later(known, statement, report);
        } else {
            unknown(block, statement, table, report);
        }
    }
}

/// Says of a block, and once of a keyword, that it is known and not done yet.
fn later(known: &Known, statement: &Statement, report: &mut Report) {
    let name = known.name;
    let message = match statement.body {
        Some(_) => format!("`{name}` is not supported yet: ignoring the whole block"),
        None => format!("`{name}` is accepted and has no effect yet"),
    };
    if statement.body.is_some() || report.first(name) {
        report.add(Severity::Warning, &statement.keyword.at, message);
    }
}

fn unknown<T>(block: &str, statement: &Statement, table: &'static Table<T>, report: &mut Report) {
    let Word { text: name, at, .. } = &statement.keyword;
    let what = match statement.body {
        Some(_) => " with its block",
        None => "",
    };
    let message = format!("Unknown keyword '{name}' in {block}: ignoring it{what}");
    let homes = blocks_of(name);
    if !homes.is_empty() {
        let help = format!("it belongs in {}", homes.join(" or "));
        return report.add_with_help(Severity::Warning, at, message, help);
    }
    match closest(name, names(table)) {
        Some(known) => {
            let help = format!("did you mean `{known}`?");
            report.add_with_help(Severity::Warning, at, message, help);
        }
        None => report.add(Severity::Warning, at, message),
    }
}

/// A row of the table and the statement that it is applied to.
struct Applied<'a, 'r, T: 'static> {
    row: &'static Keyword<T>,
    table: &'static Table<T>,
    statement: &'a Statement,
    report: &'r mut Report,
}

impl<'a, T> Applied<'a, '_, T> {
    fn run(&mut self, target: &mut T) {
        match &self.row.syntax {
            Syntax::Flag(set) => {
                self.surplus(0);
                set(target, self.here(()));
            }
            Syntax::Switch(set) => set(target, self.truth()),
            Syntax::Number {
                range,
                otherwise,
                set,
            } => {
                let instead = match otherwise {
                    Some(value) => format!("Using default {value}"),
                    None => "ignoring".into(),
                };
                let value = self.value(&instead, |word| number::whole(word, range));
                if let Some(value) = value.or(*otherwise) {
                    set(target, self.here(value));
                }
            }
            Syntax::Seconds { range, set } => {
                if let Some(value) = self.value("ignoring", |word| number::seconds(word, range)) {
                    set(target, self.here(value));
                }
            }
            Syntax::Words { count, apply, .. } => {
                if let Some(words) = self.words(count) {
                    apply(target, &self.statement.keyword, words, self.report);
                }
            }
            _ => return self.run_block(target),
        }
        no_block(self.statement, self.report);
    }

    fn run_block(&mut self, target: &mut T) {
        let name = self.row.name;
        match &self.row.syntax {
            Syntax::Lines { apply, .. } => {
                for line in self.body() {
                    apply(target, &line.words(), self.report);
                    no_block(line, self.report);
                }
            }
            Syntax::Block(table) => {
                interpret(name, self.body(), table, target, self.report);
            }
            Syntax::Section { apply, .. } if self.statement.body.is_some() => {
                apply(target, self.statement, self.report);
            }
            Syntax::Section { .. } => {
                self.body();
            }
            _ => {}
        }
    }

    fn here<V>(&self, value: V) -> At<V> {
        let at = self.statement.keyword.at.clone();
        At { value, at }
    }

    fn truth(&mut self) -> bool {
        let word = self.statement.arguments.first();
        let truth = word.and_then(|word| match word.text.as_str() {
            "true" | "on" | "yes" => Some(true),
            "false" | "off" | "no" => Some(false),
            _ => None,
        });
        self.surplus(usize::from(truth.is_some()));
        truth.unwrap_or(true)
    }

    /// The value that follows; nonsense is reported together with what is done `instead`.
    fn value<V>(&mut self, instead: &str, read: impl Fn(&str) -> Result<V, String>) -> Option<V> {
        let [word, ..] = self.words(&(1..=1))? else {
            return None;
        };
        match read(&word.text) {
            Ok(value) => Some(value),
            Err(fault) => {
                let message = format!("{}: {fault}. {instead}", self.row.name);
                self.report.add(Severity::Error, &word.at, message);
                None
            }
        }
    }

    /// As many of the words that follow as the keyword takes; `None` if there are too few.
    fn words(&mut self, count: &RangeInclusive<usize>) -> Option<&'a [Word]> {
        let arguments = self.statement.arguments.as_slice();
        if arguments.len() < *count.start() {
            let message = format!("`{}` is missing a parameter", self.row.name);
            self.report
                .add(Severity::Fatal, &self.statement.keyword.at, message);
            return None;
        }
        self.surplus(*count.end());
        Some(arguments.get(..*count.end()).unwrap_or(arguments))
    }

    /// Words that the keyword does not take are ignored, as keepalived does.
    fn surplus(&mut self, most: usize) {
        let Some(word) = self.statement.arguments.get(most) else {
            return;
        };
        let message = format!(
            "ignoring `{}` and what follows it: `{}` {}",
            word.text,
            self.row.name,
            takes(most)
        );
        if names(self.table).any(|name| name == word.text) {
            let help = "a keyword begins on a line of its own";
            self.report
                .add_with_help(Severity::Warning, &word.at, message, help);
        } else {
            self.report.add(Severity::Notice, &word.at, message);
        }
    }

    /// The statements of the block that must follow.
    fn body(&mut self) -> &'a [Statement] {
        if let Some(body) = &self.statement.body {
            return body;
        }
        let message = format!("Missing '{{' after `{}`: ignoring it", self.row.name);
        self.report
            .add(Severity::Error, &self.statement.keyword.at, message);
        &[]
    }
}

/// What stands in braces after something that has no block is left out.
pub(super) fn no_block(statement: &Statement, report: &mut Report) {
    if statement.body.is_some() {
        let Word { text, at, .. } = &statement.keyword;
        let message = format!("`{text}` has no block: ignoring the block");
        report.add(Severity::Error, at, message);
    }
}

fn names<T>(table: &'static Table<T>) -> impl Iterator<Item = &'static str> {
    let later = table.later.iter().map(|row| row.name);
    table.rows().map(|row| row.name).chain(later)
}

fn takes(count: usize) -> String {
    match count {
        0 => "takes no value".into(),
        1 => "takes one value".into(),
        _ => format!("takes {count} values at most"),
    }
}
