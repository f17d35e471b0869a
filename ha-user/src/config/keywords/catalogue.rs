//! The table of keywords as data: for the documentation, the manual page and "did you mean".

use super::root::ROOT;
use super::{Keyword, Known, Syntax, Table};
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::sync::LazyLock;
use std::time::Duration;

/// What vipd does with a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// What it says.
    Used,
    /// What it asks for is so in any case.
    Accepted,
    /// Read and checked; it is about traffic that is not forwarded to real servers yet.
    Checked,
    /// Read and warned of; has no effect yet.
    Later,
    /// A block that is left out as a whole, and what stands in it.
    Skipped,
}

impl Effect {
    /// All there are, the best first.
    pub const ALL: [Self; 5] = [
        Self::Used,
        Self::Accepted,
        Self::Checked,
        Self::Later,
        Self::Skipped,
    ];

    /// One word for the table in the documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Accepted => "accepted",
            Self::Checked => "checked",
            Self::Later => "no effect yet",
            Self::Skipped => "skipped",
        }
    }

    /// What [`Self::name`] stands for.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Used => "does what it says",
            Self::Accepted => "what it asks for is so in any case",
            Self::Checked => {
                "read and checked; it is about traffic that is not forwarded to real servers yet"
            }
            Self::Later => "read, one warning",
            Self::Skipped => "the whole block is left out with one warning",
        }
    }
}

/// A keyword where it can stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The blocks around it, outermost first; empty for the root.
    pub path: Vec<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// What follows it.
    pub value: String,
    /// What vipd does with it.
    pub effect: Effect,
    /// One line for people.
    pub doc: &'static str,
}

/// Every keyword in every block that it can stand in.
#[must_use]
pub fn catalogue() -> &'static [Entry] {
    static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| entries(&ROOT));
    &CATALOGUE
}

/// The catalogue as the page `docs/keywords.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(HEADER);
    for effect in Effect::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "* **{}**: {}.", effect.name(), effect.meaning());
    }
    let mut block = None;
    for entry in catalogue() {
        if block != Some(&entry.path) {
            block = Some(&entry.path);
            heading(&mut page, entry);
        }
        let (name, value) = (entry.name, entry.value.replace('|', "\\|"));
        let (effect, doc) = (entry.effect.name(), entry.doc.replace('|', "\\|"));
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{name}` | {value} | {effect} | {doc} |");
    }
    page
}

const HEADER: &str = "# Keywords of keepalived.conf

This page is written by `cargo test` from the table in `ha-user/src/config/keywords`.
`vipd --explain KEYWORD` shows a line of it.

";

fn heading(page: &mut String, entry: &Entry) {
    let title = match entry.path.as_slice() {
        [] => "Outside all blocks".into(),
        path => format!("`{}`", path.join(" / ")),
    };
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "\n## {title}\n\n| Keyword | Value | vipd | Meaning |\n|---|---|---|---|\n"
    );
}

/// The rows of one table; what stands in their blocks follows after them all.
pub(super) fn entries<T>(table: &'static Table<T>) -> Vec<Entry> {
    let mut rows: Vec<Entry> = table.rows().map(row).collect();
    let mut later = known_entries(table.later, Effect::Later);
    let below_later = later.split_off(table.later.len());
    rows.extend(later);
    for keyword in table.rows() {
        let inside = match &keyword.syntax {
            Syntax::Block(table) => entries(table),
            Syntax::Section { keywords, .. } => keywords(),
            _ => continue,
        };
        rows.extend(inside.into_iter().map(|entry| below(keyword.name, entry)));
    }
    rows.extend(below_later);
    rows
}

/// The rows of a list, each with `effect` unless it has a block, and what stands in their blocks.
fn known_entries(known: &'static [Known], effect: Effect) -> Vec<Entry> {
    let row = |keyword: &Known| Entry {
        path: Vec::new(),
        name: keyword.name,
        value: keyword.takes.value(),
        effect: match keyword.takes.is_block() {
            true => Effect::Skipped,
            false => effect,
        },
        doc: keyword.doc,
    };
    let mut rows: Vec<Entry> = known.iter().map(row).collect();
    for keyword in known {
        let inside = known_entries(keyword.takes.inside(), Effect::Skipped).into_iter();
        rows.extend(inside.map(|entry| below(keyword.name, entry)));
    }
    rows
}

fn below(block: &'static str, mut entry: Entry) -> Entry {
    entry.path.insert(0, block);
    entry
}

fn row<T>(keyword: &'static Keyword<T>) -> Entry {
    Entry {
        path: Vec::new(),
        name: keyword.name,
        value: value(&keyword.syntax),
        effect: keyword.effect,
        doc: keyword.doc,
    }
}

fn value<T>(syntax: &Syntax<T>) -> String {
    match syntax {
        Syntax::Flag(_) => String::new(),
        Syntax::Accepted(takes) => takes.value(),
        Syntax::Switch(_) => "[true|false]".into(),
        Syntax::Number { range, .. } => numbers(range),
        Syntax::Seconds { range, .. } => spans(range),
        Syntax::Words { names, .. } => (*names).into(),
        Syntax::Lines { names, .. } => format!("{{ {names} ... }}"),
        Syntax::Block(_) => "{ ... }".into(),
        Syntax::Section { names, .. } => format!("{names} {{ ... }}").trim_start().into(),
    }
}

/// A range of whole numbers.
pub(super) fn numbers(range: &RangeInclusive<i64>) -> String {
    format!("{} to {}", range.start(), range.end())
}

/// A range of seconds.
pub(super) fn spans(range: &RangeInclusive<Duration>) -> String {
    let (low, high) = (range.start().as_secs_f64(), range.end().as_secs_f64());
    format!("{low} to {high} s")
}

/// The blocks that know `name`, for the message about a keyword in the wrong one.
pub(super) fn blocks_of(name: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    for entry in catalogue().iter().filter(|entry| entry.name == name) {
        let block = match entry.path.last() {
            Some(block) => format!("`{block}`"),
            None => "no block".into(),
        };
        if !blocks.contains(&block) && blocks.len() < 3 {
            blocks.push(block);
        }
    }
    blocks
}

/// The name that is at most two slips away from `word`, whatever its case. Names are of ASCII.
pub(super) fn closest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut row = Vec::new();
    let near = names.filter_map(|name| {
        let allowed = 2.min(name.len() / 3);
        // Whatever comes of such a name is too much.
        let may_be = name.len().abs_diff(word.len()) <= allowed;
        let slips = may_be.then(|| distance(&word, name, &mut row))?;
        (slips <= allowed).then_some((slips, name))
    });
    let best = near.min_by_key(|(slips, _)| *slips);
    best.map(|(_, name)| name)
}

/// Characters to insert, delete or replace to get from `word` to `name`, whatever the case of that
/// (Levenshtein). `row` is room to work in.
fn distance(word: &[char], name: &str, row: &mut Vec<usize>) -> usize {
    row.clear();
    row.extend(0..=name.len());
    for (i, from) in word.iter().enumerate() {
        let mut above_left = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(name.bytes()) {
            let above = *cell;
            let to = char::from(to.to_ascii_lowercase());
            let replaced = above_left + usize::from(*from != to);
            left = replaced.min(above + 1).min(left + 1);
            above_left = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn slips_are_recognised() {
        let names = ["priority", "preempt", "interface", "state"];
        assert_eq!(closest("prioritty", names.into_iter()), Some("priority"));
        assert_eq!(closest("interfcae", names.into_iter()), Some("interface"));
        assert_eq!(closest("stat", names.into_iter()), Some("state"));
        assert_eq!(closest("STATE", names.into_iter()), Some("state"));
        assert_eq!(closest("foo", names.into_iter()), None);
        let checkers = ["TCP_CHECK", "HTTP_GET"];
        assert_eq!(closest("Tcp_Chek", checkers.into_iter()), Some("TCP_CHECK"));
    }

    #[test]
    fn distance_counts_slips() {
        let distance = |word: &str, name| {
            let word: Vec<char> = word.chars().collect();
            distance(&word, name, &mut Vec::new())
        };
        assert_eq!(distance("", "ab"), 2);
        assert_eq!(distance("kitten", "SITTING"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn no_block_has_a_keyword_twice() {
        let mut seen = BTreeSet::new();
        for entry in catalogue() {
            assert!(
                seen.insert((entry.path.clone(), entry.name)),
                "{:?} {}",
                entry.path,
                entry.name
            );
            assert!(
                !entry.doc.is_empty(),
                "{} has no line for people",
                entry.name
            );
        }
    }
}
