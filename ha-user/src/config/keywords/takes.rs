//! What follows a keyword whose value is checked and not used.

use super::super::diagnostic::{Report, Severity};
use super::super::lexer::Word;
use super::Known;
use super::arguments::Arguments;
use super::catalogue::{numbers, spans};
use super::instance_value::MAX_INTERFACE_NAME;
use super::interpret::check_block;
use super::number::{seconds as read_seconds, whole};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

/// What follows such a keyword.
pub(in crate::config) enum Takes {
    Nothing,
    /// Nothing, or a word for true or false.
    Truth,
    Number(RangeInclusive<i64>),
    /// A decimal number of seconds.
    Seconds(RangeInclusive<Duration>),
    /// So many words, each of which `is` one.
    Words {
        names: &'static str,
        count: RangeInclusive<usize>,
        is: fn(&str) -> bool,
    },
    /// A block of these keywords.
    Block {
        names: &'static str,
        inside: &'static [Known],
    },
    /// A block of lines in which these words can stand.
    Lines {
        names: &'static str,
        inside: &'static [Known],
    },
}

pub(super) const fn number(low: i64, high: i64) -> Takes {
    Takes::Number(low..=high)
}

pub(super) const fn seconds(low: Duration, high: Duration) -> Takes {
    Takes::Seconds(low..=high)
}

pub(super) const fn words(names: &'static str, count: RangeInclusive<usize>) -> Takes {
    each(names, count, |_| true)
}

/// Words, each of which `is` one.
pub(super) const fn each(
    names: &'static str,
    count: RangeInclusive<usize>,
    is: fn(&str) -> bool,
) -> Takes {
    Takes::Words { names, count, is }
}

/// A name that an interface can have.
pub(super) const fn interface() -> Takes {
    each("INTERFACE", 1..=1, is_interface)
}

/// An address.
pub(super) const fn address() -> Takes {
    each("ADDRESS", 1..=1, is_address)
}

pub(super) const fn block(names: &'static str, inside: &'static [Known]) -> Takes {
    Takes::Block { names, inside }
}

pub(super) const fn lines(names: &'static str, inside: &'static [Known]) -> Takes {
    Takes::Lines { names, inside }
}

fn is_interface(name: &str) -> bool {
    (1..=MAX_INTERFACE_NAME).contains(&name.len())
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

impl Takes {
    /// What it is called in the documentation.
    pub(super) fn value(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Truth => "[true|false]".into(),
            Self::Number(range) => numbers(range),
            Self::Seconds(range) => spans(range),
            Self::Words { names, .. } => (*names).into(),
            Self::Block { names, .. } | Self::Lines { names, .. } => {
                format!("{names} {{ ... }}").trim_start().into()
            }
        }
    }

    /// What can stand in its block.
    pub(super) const fn inside(&self) -> &'static [Known] {
        match self {
            Self::Block { inside, .. } | Self::Lines { inside, .. } => inside,
            _ => &[],
        }
    }

    pub(super) const fn is_block(&self) -> bool {
        matches!(self, Self::Block { .. } | Self::Lines { .. })
    }

    /// Says what is wrong with what follows the keyword.
    pub(super) fn check(&self, arguments: &mut Arguments<'_, '_>) {
        match self {
            Self::Nothing => arguments.surplus(0),
            Self::Truth => {
                arguments.truth();
            }
            Self::Number(range) => {
                arguments.value("ignoring", |word| whole(word, range));
            }
            Self::Seconds(range) => {
                arguments.value("ignoring", |word| read_seconds(word, range));
            }
            Self::Words { names, count, is } => {
                let keyword = &arguments.statement.keyword;
                let words = arguments.words(count).unwrap_or_default();
                if let Some(word) = words.iter().find(|word| !is(&word.text)) {
                    refuse(keyword, word, names, arguments.report);
                }
            }
            Self::Block { inside, .. } => {
                let name = &arguments.statement.keyword.text;
                check_block(name, arguments.body(), inside, arguments.report);
            }
            Self::Lines { .. } => {
                arguments.body();
            }
        }
        if !self.is_block() {
            arguments.no_block();
        }
    }
}

fn refuse(keyword: &Word, word: &Word, names: &'static str, report: &mut Report) {
    let message = format!("{}: invalid value '{}'. ignoring", keyword.text, word.text);
    report.add_with_help(Severity::Error, &word.at, message, names);
}
