//! Lines of a dump, and which of keepalived's vipd does not have by its own account.

use anyhow::{Context, Result, ensure};

/// Where that account is.
const DIFFERENCES: &str = include_str!("../../../../docs/differences.md");
/// Its heading.
const HEADING: &str = "## Dumps";

/// Keys whose values depend on the moment or the host, or are not shown by one of the two.
const VARIABLE: [&str; 6] = [
    "Last transition",
    "Master down timer",
    "Read timeout",
    "Password",
    "index",
    "IPv6 address",
];

/// A line, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    section: String,
    /// The thing that it is about.
    thing: String,
    depth: usize,
    key: String,
    value: String,
}

/// The lines of a dump.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let (mut section, mut thing) = (String::new(), String::new());
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("------< ") {
            section = name.trim_end_matches(" >------").to_owned();
            thing.clear();
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        let line = line.trim();
        if depth == 1 {
            thing = line.to_owned();
        }
        let (key, value) = match depth {
            // An item of a list is a value.
            5.. => ("", line),
            _ => split(line),
        };
        lines.push(Line {
            section: section.clone(),
            thing: thing.clone(),
            depth,
            key: key.trim().to_owned(),
            value: value.trim().to_owned(),
        });
    }
    lines
}

/// A key ends with `=` or `:`, or where the figures begin.
fn split(line: &str) -> (&str, &str) {
    if let Some(split) = line.split_once(['=', ':']) {
        return split;
    }
    let figures = line.find(|one: char| one.is_ascii_digit());
    line.split_at(figures.unwrap_or(line.len()))
}

/// The same lines, but for those that vipd is said not to have, with the same values where they can be.
pub(super) fn compare(expected: &[Line], actual: &[Line]) -> Result<()> {
    let missing = missing()?;
    let is_missing = |line: &&Line| {
        missing.iter().any(|(section, names)| {
            let named = names.iter().any(|name| line.key.starts_with(name));
            line.section.starts_with(section) && (named || names.is_empty())
        })
    };
    let expected: Vec<&Line> = expected.iter().filter(|line| !is_missing(line)).collect();
    for (expected, actual) in expected.iter().zip(actual) {
        let same = if is_variable(expected) {
            without_value(expected) == without_value(actual)
        } else {
            *expected == actual
        };
        ensure!(same, "{actual:#?}, not {expected:#?}");
    }
    let (wanted, there) = (expected.len(), actual.len());
    let last = expected.get(there).copied().or(actual.get(wanted));
    ensure!(wanted == there, "{there} lines, not {wanted}: {last:?}");
    Ok(())
}

/// keepalived says more of the loopback.
fn is_variable(line: &Line) -> bool {
    let is_loopback = line.thing == "Name = lo" && line.key == "State";
    VARIABLE.contains(&line.key.as_str()) || is_loopback
}

fn without_value(line: &Line) -> Line {
    Line {
        value: String::new(),
        ..line.clone()
    }
}

/// Sections and the beginnings of keys in them, as the documentation names them; all of the section
/// if it names none.
fn missing() -> Result<Vec<(&'static str, Vec<&'static str>)>> {
    let (_, account) = DIFFERENCES.split_once(HEADING).context("no account")?;
    let account = account.split("\n## ").next().unwrap_or(account);
    let lists = account.split("\n* ").skip(1);
    let lists = lists.filter_map(|list| list.strip_prefix("Lines of "));
    let named = lists.filter_map(|list| {
        let mut names = list.split('`').skip(1).step_by(2);
        Some((names.next()?, names.collect()))
    });
    let named: Vec<_> = named.collect();
    ensure!(!named.is_empty(), "an empty account");
    Ok(named)
}
