//! Checks, and what is to be thought of what they look at.

use crate::scene::{HOLE, HOLE6};

/// A check: its name, its checker, and what is to be thought of what it looks at.
pub(crate) type Case = (&'static str, &'static str, Result<(), &'static str>);

/// Their blocks, where WEB is the other host, HOLE one that takes packets and never answers, and WEB6
/// and HOLE6 the same by IPv6.
pub(crate) fn blocks(cases: &[Case]) -> Vec<(String, String)> {
    let block = |text: &str| {
        text.replace("WEB6", "connect_ip 2001:db8::10\n")
            .replace("HOLE6", &format!("connect_ip {HOLE6}\n"))
            .replace("WEB", "connect_ip 192.0.2.10\n")
            .replace("HOLE", &format!("connect_ip {HOLE}\n"))
    };
    let blocks = cases.iter();
    blocks
        .map(|(name, text, _)| ((*name).to_owned(), block(text)))
        .collect()
}

/// What is to be thought of each.
pub(crate) fn expectations(cases: &[Case]) -> Vec<(&'static str, Result<(), &'static str>)> {
    let cases = cases.iter();
    cases.map(|(name, _, outcome)| (*name, *outcome)).collect()
}

/// The same checks once all they look at has gone.
pub(crate) fn all_fail(
    cases: &[Case],
    words: &'static str,
) -> Vec<(&'static str, Result<(), &'static str>)> {
    let good = cases.iter().filter(|(_, _, outcome)| outcome.is_ok());
    good.map(|(name, _, _)| (*name, Err(words))).collect()
}
