//! What files look like.

use crate::source::{self, Source};

/// Longest Rust file, in lines of code. A file with more than one thing in it gets there first.
const LONGEST: usize = 400;

/// Catalogues: one thing, but long.
const LONG_ON_PURPOSE: &[&str] = &[];

/// Hosts that the project may point at. A registry's mirror or a company's server is not one.
const HOSTS: &[&str] = &[
    "apache.org",
    "docs.rs",
    "example.com",
    "example.org",
    "fsf.org",
    "github.com",
    "gnu.org",
    "kernel.org",
    "keepachangelog.com",
    "keepalived.org",
    "rfc-editor.org",
    "rust-lang.org",
    "rustup.rs",
    "semver.org",
    "w3.org",
];

/// The one source of crates that the lock file may name, taken apart: no file names a registry.
const REGISTRY: &str = concat!("registry+https://github.com/rust-lang/crates", ".io-index");

#[test]
fn no_rust_file_is_longer_than_its_budget() {
    let long = source::rust_below("").into_iter().filter(|source| {
        let lines = source
            .code()
            .filter(|(_, line)| !line.trim().is_empty())
            .count();
        lines > LONGEST && !LONG_ON_PURPOSE.contains(&source.path.as_str())
    });
    let long: Vec<_> = long.map(|source| source.path).collect();
    assert!(long.is_empty(), "longer than {LONGEST} lines: {long:?}");
}

#[test]
fn no_file_names_a_persons_or_a_machines_directory() {
    // Taken apart, so that this file passes too.
    let homes = ["/ho|me/", "/ro|ot/", "/Us|ers/"].map(|path| path.replace('|', ""));
    let named = lines_with(|line| homes.iter().any(|home| line.contains(home.as_str())));
    assert!(named.is_empty(), "\n{}", named.join("\n"));
}

#[test]
fn no_file_points_at_an_unknown_host() {
    let unknown = lines_with(|line| hosts(line).any(|host| !is_known(host)));
    assert!(unknown.is_empty(), "\n{}", unknown.join("\n"));
}

#[test]
fn the_lock_file_knows_one_registry() {
    let lock = source::below("")
        .into_iter()
        .find(|source| source.path == "Cargo.lock");
    let lock = lock.expect("there is a Cargo.lock");
    let mut sources = lock
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("source = "));
    assert!(sources.all(|source| source.trim_matches('"') == REGISTRY));
}

#[test]
fn no_line_ends_in_blanks_and_every_file_ends_in_a_line() {
    // Licences and the configurations of articles stay as they were printed.
    let as_printed = |path: &str| path.starts_with("LICENSE-") || path.ends_with(".conf");
    let concerned = |source: &Source| !as_printed(&source.path);
    for source in source::below("").into_iter().filter(concerned) {
        let ragged = source
            .text
            .lines()
            .position(|line| line.ends_with([' ', '\t']));
        assert_eq!(
            ragged, None,
            "{}: blanks at the end of a line (counted from 0)",
            source.path
        );
        assert!(
            source.text.is_empty() || source.text.ends_with('\n'),
            "{}",
            source.path
        );
    }
}

fn lines_with(concerned: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in source::below("") {
        for (index, line) in source
            .text
            .lines()
            .enumerate()
            .filter(|(_, line)| concerned(line))
        {
            found.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
        }
    }
    found
}

fn hosts(line: &str) -> impl Iterator<Item = &str> {
    let urls = line.split("://").skip(1);
    urls.map(|rest| {
        rest.split(['/', ':', ' ', ')', '>', '"', '\'', '`'])
            .next()
            .unwrap_or(rest)
    })
}

/// Known, a subdomain of a known one, an address or a placeholder.
fn is_known(host: &str) -> bool {
    let in_domain = |known: &&str| host == *known || host.ends_with(&format!(".{known}"));
    let is_name = host.contains('.') && host.chars().any(|c| c.is_ascii_alphabetic());
    !is_name || HOSTS.iter().any(in_domain)
}
