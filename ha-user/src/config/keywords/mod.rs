//! Every keyword of `keepalived.conf` is one row of a table: its name, what follows it, what it
//! does here, and a line for people. Adding a keyword is adding a row.

mod address;
mod arguments;
mod catalogue;
mod check;
mod choice;
mod errand;
mod explain;
mod fifo;
mod file;
mod garp_group;
mod global;
mod instance;
mod instance_value;
mod interpret;
mod later;
mod link;
mod mail;
mod number;
mod peer;
mod process;
mod root;
mod script;
mod service;
mod ssl;
mod sync_group;
mod takes;
mod value;
mod vrrp_check;
mod xdp;

pub use catalogue::{Effect, Entry, catalogue, markdown};
pub use explain::explain;
pub(super) use interpret::interpret;
pub(super) use root::{ROOT, begins_root_block};

use super::diagnostic::{At, Report, Severity};
use super::lexer::Word;
use super::tree::Statement;
use std::ops::RangeInclusive;
use std::time::Duration;
use takes::Takes;

/// The keywords of one block, whose content is collected in a `T`.
pub(super) struct Table<T: 'static> {
    /// Those that are read: lists, because blocks have rows in common.
    pub keywords: &'static [&'static [Keyword<T>]],
    /// Those that are only known.
    pub later: &'static [Known],
}

impl<T> Table<T> {
    /// Those that are read.
    fn rows(&self) -> impl Iterator<Item = &'static Keyword<T>> + use<T> {
        self.keywords.iter().copied().flatten()
    }
}

/// One keyword of a block whose content is collected in a `T`.
pub(super) struct Keyword<T: 'static> {
    /// As it is written in the file.
    pub name: &'static str,
    /// One line for people.
    pub doc: &'static str,
    /// What vipd does with it.
    pub effect: Effect,
    /// How bad it is if a value is missing: keepalived does not start, or goes on without.
    pub missing: Severity,
    /// What follows it, and what is done with that.
    pub syntax: Syntax<T>,
}

/// What follows a keyword, and what is done with that.
pub(super) enum Syntax<T: 'static> {
    /// Nothing.
    Flag(fn(&mut T, At<()>)),
    /// Nothing, or a word for true or false.
    Switch(fn(&mut T, bool)),
    /// A whole number.
    Number {
        /// What keepalived accepts.
        range: RangeInclusive<i64>,
        /// What is set instead of nonsense; `None` ignores the line.
        otherwise: Option<i64>,
        set: fn(&mut T, At<i64>),
    },
    /// A decimal number of seconds, to the microsecond.
    Seconds {
        /// What keepalived accepts.
        range: RangeInclusive<Duration>,
        set: fn(&mut T, At<Duration>),
    },
    /// So many words.
    Words {
        count: RangeInclusive<usize>,
        /// How the words are called in the documentation.
        names: &'static str,
        apply: fn(&mut T, &Word, &[Word], &mut Report),
    },
    /// A block of lines that are not keywords; one call for each.
    Lines {
        names: &'static str,
        apply: fn(&mut T, &[Word], &mut Report),
    },
    /// A block of keywords that belong to the same `T`.
    Block(&'static Table<T>),
    /// A block of its own, with what `apply` makes of it.
    Section {
        names: &'static str,
        keywords: fn() -> Vec<Entry>,
        apply: fn(&mut T, &Statement, &mut Report),
    },
    /// What it asks for is so in any case.
    Accepted(Takes),
}

/// A keyword that is known and not done yet: it is warned of, its values are checked, and its block
/// is left out as a whole.
pub(super) struct Known {
    /// As it is written in the file.
    pub name: &'static str,
    /// One line for people.
    pub doc: &'static str,
    /// What follows it.
    pub takes: Takes,
}

/// A row that asks for what is so in any case.
const fn accepted<T>(name: &'static str, takes: Takes, doc: &'static str) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Accepted,
        missing: Severity::Error,
        syntax: Syntax::Accepted(takes),
    }
}

/// The same row, where what it says is so in any case, and only shown.
const fn taken_for_granted<T>(keyword: Keyword<T>) -> Keyword<T> {
    Keyword {
        effect: Effect::Accepted,
        ..keyword
    }
}

/// The same row, where what it says is checked and has no effect.
const fn checked<T>(keyword: Keyword<T>) -> Keyword<T> {
    Keyword {
        effect: Effect::Checked,
        ..keyword
    }
}

/// The same row, where keepalived goes on without it if its value is missing.
const fn dispensable<T>(keyword: Keyword<T>) -> Keyword<T> {
    Keyword {
        missing: Severity::Error,
        ..keyword
    }
}

/// A row without values.
const fn flag<T>(name: &'static str, doc: &'static str, set: fn(&mut T, At<()>)) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Used,
        missing: Severity::Fatal,
        syntax: Syntax::Flag(set),
    }
}

/// A row with an optional word for true or false.
const fn switch<T>(name: &'static str, doc: &'static str, set: fn(&mut T, bool)) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Used,
        missing: Severity::Fatal,
        syntax: Syntax::Switch(set),
    }
}

/// A row with one whole number; nonsense is ignored.
const fn number<T>(
    name: &'static str,
    range: RangeInclusive<i64>,
    doc: &'static str,
    set: fn(&mut T, At<i64>),
) -> Keyword<T> {
    number_or(name, range, None, doc, set)
}

/// A row with one whole number.
const fn number_or<T>(
    name: &'static str,
    range: RangeInclusive<i64>,
    otherwise: Option<i64>,
    doc: &'static str,
    set: fn(&mut T, At<i64>),
) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Used,
        missing: Severity::Fatal,
        syntax: Syntax::Number {
            range,
            otherwise,
            set,
        },
    }
}

/// A row with a decimal number of seconds; nonsense is ignored.
const fn seconds<T>(
    name: &'static str,
    range: RangeInclusive<Duration>,
    doc: &'static str,
    set: fn(&mut T, At<Duration>),
) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Used,
        missing: Severity::Fatal,
        syntax: Syntax::Seconds { range, set },
    }
}

/// A row with words that only `apply` understands.
const fn words<T>(
    name: &'static str,
    names: &'static str,
    count: RangeInclusive<usize>,
    doc: &'static str,
    apply: fn(&mut T, &Word, &[Word], &mut Report),
) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Used,
        missing: Severity::Fatal,
        syntax: Syntax::Words {
            count,
            names,
            apply,
        },
    }
}

/// A row with a command, and whom it runs as.
const fn command<T>(
    name: &'static str,
    doc: &'static str,
    apply: fn(&mut T, &Word, &[Word], &mut Report),
) -> Keyword<T> {
    words(name, "COMMAND [USER [GROUP]]", 1..=3, doc, apply)
}

/// A block of lines that are not keywords.
const fn lines<T>(
    name: &'static str,
    names: &'static str,
    doc: &'static str,
    apply: fn(&mut T, &[Word], &mut Report),
) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Used,
        missing: Severity::Fatal,
        syntax: Syntax::Lines { names, apply },
    }
}

/// A block of keywords that belong to the same `T`.
const fn block<T>(name: &'static str, doc: &'static str, table: &'static Table<T>) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Used,
        missing: Severity::Fatal,
        syntax: Syntax::Block(table),
    }
}

/// A block of its own, with what `apply` makes of it.
const fn section<T>(
    name: &'static str,
    names: &'static str,
    doc: &'static str,
    keywords: fn() -> Vec<Entry>,
    apply: fn(&mut T, &Statement, &mut Report),
) -> Keyword<T> {
    Keyword {
        name,
        doc,
        effect: Effect::Used,
        missing: Severity::Fatal,
        syntax: Syntax::Section {
            names,
            keywords,
            apply,
        },
    }
}
