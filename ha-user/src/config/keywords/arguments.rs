//! What follows a keyword, as any keyword reads it.

use super::super::diagnostic::{Report, Severity};
use super::super::lexer::Word;
use super::super::tree::Statement;
use std::ops::RangeInclusive;

/// A statement whose values are read.
pub(super) struct Arguments<'a, 'r> {
    pub statement: &'a Statement,
    /// Whether a word is a keyword of the block that the statement stands in.
    pub is_keyword: &'r dyn Fn(&str) -> bool,
    /// How bad it is if a value is missing.
    pub missing: Severity,
    pub report: &'r mut Report,
}

impl<'a> Arguments<'a, '_> {
    fn name(&self) -> &'a str {
        &self.statement.keyword.text
    }

    /// Says that the statement as a whole is wrong.
    fn say(&mut self, severity: Severity, message: String) {
        self.report
            .add(severity, &self.statement.keyword.at, message);
    }

    /// Whether it is said to be true, which it is without a word; `None` for nonsense.
    pub(super) fn truth(&mut self) -> Option<bool> {
        let Some(word) = self.statement.arguments.first() else {
            return Some(true);
        };
        let truth = match word.text.as_str() {
            "true" | "on" | "yes" => true,
            "false" | "off" | "no" => false,
            text if (self.is_keyword)(text) => {
                self.surplus(0);
                return Some(true);
            }
            text => {
                let message = format!("{}: '{text}' is no truth. ignoring", self.name());
                let help = "true, on, yes, false, off or no";
                self.report
                    .add_with_help(Severity::Error, &word.at, message, help);
                return None;
            }
        };
        self.surplus(1);
        Some(truth)
    }

    /// The value that follows; nonsense is reported together with what is done `instead`.
    pub(super) fn value<V>(
        &mut self,
        instead: &str,
        read: impl Fn(&str) -> Result<V, String>,
    ) -> Option<V> {
        let [word, ..] = self.words(&(1..=1))? else {
            return None;
        };
        match read(&word.text) {
            Ok(value) => Some(value),
            Err(fault) => {
                let message = format!("{}: {fault}. {instead}", self.name());
                self.report.add(Severity::Error, &word.at, message);
                None
            }
        }
    }

    /// As many of the words that follow as the keyword takes; `None` if there are too few.
    pub(super) fn words(&mut self, count: &RangeInclusive<usize>) -> Option<&'a [Word]> {
        let arguments = self.statement.arguments.as_slice();
        if arguments.len() < *count.start() {
            let message = format!("`{}` is missing a parameter", self.name());
            self.say(self.missing, message);
            return None;
        }
        self.surplus(*count.end());
        Some(arguments.get(..*count.end()).unwrap_or(arguments))
    }

    /// Words that the keyword does not take are ignored, as keepalived does.
    pub(super) fn surplus(&mut self, most: usize) {
        let Some(word) = self.statement.arguments.get(most) else {
            return;
        };
        let message = format!(
            "ignoring `{}` and what follows it: `{}` {}",
            word.text,
            self.name(),
            takes(most)
        );
        if (self.is_keyword)(&word.text) {
            let help = "a keyword begins on a line of its own";
            self.report
                .add_with_help(Severity::Warning, &word.at, message, help);
        } else {
            self.report.add(Severity::Notice, &word.at, message);
        }
    }

    /// The statements of the block that must follow.
    pub(super) fn body(&mut self) -> &'a [Statement] {
        if let Some(body) = &self.statement.body {
            return body;
        }
        let message = format!("Missing '{{' after `{}`: ignoring it", self.name());
        self.say(Severity::Error, message);
        &[]
    }

    /// What stands in braces after something that has no block is left out.
    pub(super) fn no_block(&mut self) {
        if self.statement.body.is_some() {
            let message = format!("`{}` has no block: ignoring the block", self.name());
            self.say(Severity::Error, message);
        }
    }
}

fn takes(count: usize) -> String {
    match count {
        0 => "takes no value".into(),
        1 => "takes one value".into(),
        _ => format!("takes {count} values at most"),
    }
}
