//! Applies a table of keywords to the statements of a block.

use super::super::diagnostic::{At, Report, Severity};
use super::super::lexer::Word;
use super::super::tree::Statement;
use super::arguments::Arguments;
use super::catalogue::{blocks_of, closest};
use super::{Keyword, Known, Syntax, Table, number};

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
            let arguments = Arguments {
                statement,
                is_keyword: &|name| names(table).any(|known| known == name),
                missing: row.missing,
                report: &mut *report,
            };
            apply(row, arguments, target);
        } else if let Some(known) = table.later.iter().find(|row| row.name == name) {
            later(
                known,
                statement,
                &|name| names(table).any(|known| known == name),
                report,
            );
        } else {
            unknown(block, statement, names(table), report);
        }
    }
}

/// Says of a block, and once of a keyword, that it is known and not done yet; its values are
/// checked all the same.
fn later(
    known: &Known,
    statement: &Statement,
    is_keyword: &dyn Fn(&str) -> bool,
    report: &mut Report,
) {
    let name = known.name;
    let message = match known.takes.is_block() {
        true => format!("`{name}` is not supported yet: ignoring the whole block"),
        false => format!("`{name}` is accepted and has no effect yet"),
    };
    if known.takes.is_block() || report.first(name) {
        report.add(Severity::Warning, &statement.keyword.at, message);
    }
    let mut arguments = Arguments {
        statement,
        is_keyword,
        missing: Severity::Error,
        report,
    };
    known.takes.check(&mut arguments);
}

/// Checks a block that is left out.
pub(super) fn check_block(
    block: &str,
    statements: &[Statement],
    inside: &'static [Known],
    report: &mut Report,
) {
    let find = |name: &str| inside.iter().find(|row| row.name == name);
    for statement in statements {
        let Some(known) = find(&statement.keyword.text) else {
            unknown(block, statement, inside.iter().map(|row| row.name), report);
            continue;
        };
        let mut arguments = Arguments {
            statement,
            is_keyword: &|name| find(name).is_some(),
            missing: Severity::Error,
            report: &mut *report,
        };
        known.takes.check(&mut arguments);
    }
}

fn unknown(
    block: &str,
    statement: &Statement,
    names: impl Iterator<Item = &'static str>,
    report: &mut Report,
) {
    let Word { text: name, at, .. } = &statement.keyword;
    let what = match statement.body {
        Some(_) => " with its block",
        None => "",
    };
    let message = format!("Unknown keyword '{name}' in {block}: ignoring it{what}");
    if !report.is_news(Severity::Warning, at, &message) {
        return;
    }
    let homes = blocks_of(name);
    if !homes.is_empty() {
        let help = format!("it belongs in {}", homes.join(" or "));
        return report.add_with_help(Severity::Warning, at, message, help);
    }
    match closest(name, names) {
        Some(known) => {
            let help = format!("did you mean `{known}`?");
            report.add_with_help(Severity::Warning, at, message, help);
        }
        None => report.add(Severity::Warning, at, message),
    }
}

/// Applies a row of the table to its statement.
fn apply<T>(row: &'static Keyword<T>, mut arguments: Arguments<'_, '_>, target: &mut T) {
    let statement = arguments.statement;
    match &row.syntax {
        Syntax::Flag(set) => {
            arguments.surplus(0);
            set(target, here(statement, ()));
        }
        Syntax::Switch(set) => {
            if let Some(truth) = arguments.truth() {
                set(target, truth);
            }
        }
        Syntax::Number {
            range,
            otherwise,
            set,
        } => {
            let instead = match otherwise {
                Some(value) => format!("Using default {value}"),
                None => "ignoring".into(),
            };
            let value = arguments.value(&instead, |word| number::whole(word, range));
            if let Some(value) = value.or(*otherwise) {
                set(target, here(statement, value));
            }
        }
        Syntax::Seconds { range, set } => {
            if let Some(value) = arguments.value("ignoring", |word| number::seconds(word, range)) {
                set(target, here(statement, value));
            }
        }
        Syntax::Words { count, apply, .. } => {
            if let Some(words) = arguments.words(count) {
                apply(target, &statement.keyword, words, arguments.report);
            }
        }
        Syntax::Accepted(takes) => return takes.check(&mut arguments),
        Syntax::Lines { .. } | Syntax::Block(_) | Syntax::Section { .. } => {
            return apply_block(row, arguments, target);
        }
    }
    arguments.no_block();
}

fn apply_block<T>(row: &'static Keyword<T>, mut arguments: Arguments<'_, '_>, target: &mut T) {
    let body = arguments.body();
    let Arguments {
        statement, report, ..
    } = arguments;
    match &row.syntax {
        Syntax::Lines { apply, .. } => {
            for line in body {
                apply(target, &line.words(), report);
                no_block(line, report);
            }
        }
        Syntax::Block(table) => interpret(row.name, body, table, target, report),
        Syntax::Section { apply, .. } if statement.body.is_some() => {
            apply(target, statement, report);
        }
        _ => {}
    }
}

fn here<V>(statement: &Statement, value: V) -> At<V> {
    let at = statement.keyword.at;
    At { value, at }
}

/// What stands in braces after a line that is no keyword is left out.
pub(super) fn no_block(line: &Statement, report: &mut Report) {
    let mut arguments = Arguments {
        statement: line,
        is_keyword: &|_| false,
        missing: Severity::Error,
        report,
    };
    arguments.no_block();
}

fn names<T>(table: &'static Table<T>) -> impl Iterator<Item = &'static str> {
    let later = table.later.iter().map(|row| row.name);
    table.rows().map(|row| row.name).chain(later)
}
