//! Samples of every keyword: `tests/samples/*.txt`.
//!
//! `blocks.txt` has a file around each block, with `%` where the samples stand. The other files
//! have lines such as
//!
//! ```text
//! in vrrp_instance
//!     + priority 100
//!     - priority 300 => outside range
//!     + v3_checksum_as_v2 ~ newer than 2.2.7
//!     - [global_defs] priority 100 => Unknown keyword
//! ```
//!
//! `+` is accepted: nothing is said of it. `-` is rejected: something is said on its lines that has
//! the words behind `=>` in it. ` ; ` ends a line of a sample. Behind `~` stands why keepalived 2.2.7
//! judges otherwise. Samples behind several `in` stand in each of the blocks; one behind `[BLOCK]`
//! stands in that block instead, where it does not belong.

use ha_user::config::diagnostic::Diagnostic;
use ha_user::config::{self, Anywhere, Host, Program};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// One sample in one block.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Its file and line.
    pub origin: String,
    /// The block that it is a sample of, outermost first.
    pub block: Vec<String>,
    /// Its lines.
    pub lines: Vec<String>,
    /// What must be said of it; nothing if it is accepted.
    pub rejection: Option<String>,
    /// Why keepalived judges otherwise.
    pub differs: Option<String>,
    /// The block is vipd's own.
    pub is_own: bool,
    /// What stands before it in the file.
    before: String,
    after: String,
}

impl Sample {
    /// A whole file with the sample.
    pub(crate) fn file(&self) -> String {
        format!("{}{}\n{}", self.before, self.lines.join("\n"), self.after)
    }

    /// The lines of the file that are the sample.
    pub(crate) fn place(&self) -> RangeInclusive<u32> {
        let first = self.before.matches('\n').count() + 1;
        let last = first + self.lines.len() - 1;
        let number = |line: usize| u32::try_from(line).expect("a line of a small file");
        number(first)..=number(last)
    }

    /// The same file without it.
    pub(crate) fn file_without(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// Whether it is one of the keyword `name`: the first word of a line of it, or any where no
    /// line begins with one of `keywords`.
    pub(crate) fn is_of(&self, name: &str, keywords: &[&str]) -> bool {
        let firsts = self
            .lines
            .iter()
            .filter_map(|line| line.split_whitespace().next());
        let firsts: Vec<&str> = firsts.collect();
        let mut words = self.lines.iter().flat_map(|line| line.split_whitespace());
        let has_keyword = firsts.iter().any(|first| keywords.contains(first));
        firsts.contains(&name) || (!has_keyword && words.any(|word| word == name))
    }
}

/// Files around blocks, by path.
#[derive(Default)]
struct Blocks {
    blocks: BTreeMap<Vec<String>, Block>,
}

#[derive(Clone, Default)]
struct Block {
    text: String,
    is_own: bool,
}

impl Blocks {
    fn read(text: &str) -> Self {
        let mut blocks = Self::default();
        let mut open: Option<(Vec<String>, Block)> = None;
        for line in text.lines() {
            let is_own = line.starts_with("own ");
            let name = line.strip_prefix("block ").or(line.strip_prefix("own "));
            if let Some(name) = name {
                blocks.blocks.extend(open.take());
                let text = String::new();
                open = Some((path(name), Block { text, is_own }));
            } else if let (Some((_, block)), false) = (&mut open, line.starts_with('#')) {
                block.text += line;
                block.text += "\n";
            }
        }
        blocks.blocks.extend(open);
        blocks
    }

    /// What stands before and after the samples of a block, and whether it is vipd's own.
    fn around(&self, path: &[String]) -> (String, String, bool) {
        let Some((_, outer)) = path.split_last() else {
            return self.halves(path);
        };
        let (before, after, is_own) = self.around(outer);
        let (first, last, is_own_too) = self.halves(path);
        (before + &first, last + &after, is_own || is_own_too)
    }

    fn halves(&self, path: &[String]) -> (String, String, bool) {
        let block = self.blocks.get(path);
        let block = block.unwrap_or_else(|| panic!("blocks.txt has no block {path:?}"));
        let before = block.text.lines().take_while(|line| line.trim() != "%");
        let after = block.text.lines().skip_while(|line| line.trim() != "%");
        let text = |line: &str| format!("{line}\n");
        let (before, after) = (
            before.map(text).collect(),
            after.skip(1).map(text).collect(),
        );
        (before, after, block.is_own)
    }
}

/// Every sample there is.
pub(crate) fn samples() -> Vec<Sample> {
    let directory = repository().join("ha-user/tests/samples");
    let read = |path: &PathBuf| fs::read_to_string(path).expect("a readable file");
    let blocks = Blocks::read(&read(&directory.join("blocks.txt")));
    let entries = fs::read_dir(&directory).expect("the samples are a directory");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.retain(|file| !file.ends_with("blocks.txt"));
    files.sort();
    let samples = files.iter().flat_map(|file| {
        let name = file.file_name().expect("a file").to_string_lossy();
        of_file(&blocks, &name, &read(file))
    });
    samples.collect()
}

fn of_file(blocks: &Blocks, name: &str, text: &str) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut paths: Vec<Vec<String>> = Vec::new();
    let mut begun = false;
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        let origin = format!("{name}:{number}");
        if let Some(block) = line.strip_prefix("in ") {
            if std::mem::take(&mut begun) {
                paths.clear();
            }
            paths.push(path(block));
        } else if line.starts_with("+ ") || line.starts_with("- ") {
            begun = true;
            samples.extend(paths.iter().map(|path| sample(blocks, &origin, path, line)));
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{origin}: {line}");
        }
    }
    samples
}

fn sample(blocks: &Blocks, origin: &str, block: &[String], line: &str) -> Sample {
    let (sign, rest) = line.split_at(2);
    let (rest, differs) = match rest.rsplit_once(" ~ ") {
        Some((rest, reason)) => (rest, Some(reason.to_owned())),
        None => (rest, None),
    };
    let (rest, rejection) = match rest.rsplit_once(" => ") {
        Some((rest, rejection)) => (rest, Some(rejection.trim().to_owned())),
        None => (rest, None),
    };
    assert_eq!(rejection.is_some(), sign == "- ", "{origin}: {line}");
    let (elsewhere, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((block, rest)) => (path(block), rest),
        None => (block.to_owned(), rest),
    };
    let (before, after, is_own) = blocks.around(&elsewhere);
    Sample {
        origin: origin.to_owned(),
        block: block.to_owned(),
        lines: rest
            .split(" ; ")
            .map(|line| line.trim().to_owned())
            .collect(),
        rejection,
        differs,
        is_own,
        before,
        after,
    }
}

/// `vrrp_instance / authentication`; `root` is outside all blocks.
fn path(text: &str) -> Vec<String> {
    let parts = text.split(" / ").map(|part| part.trim().to_owned());
    parts.filter(|part| part != "root").collect()
}

/// What is said of a file, but for what is said of every keyword that is not done yet or old.
pub(crate) fn findings(text: &str) -> Vec<Diagnostic> {
    let is_of_keyword = |finding: &Diagnostic| {
        let said = ["has no effect yet", "is not supported yet", "is deprecated"];
        said.iter().any(|words| finding.message.contains(words))
    };
    let mut said = config::parse_for(&Machine, text.as_bytes(), "sample").diagnostics;
    said.retain(|finding| !is_of_keyword(finding));
    said
}

/// A machine with every interface and program, and the files of `tests/data/tls` in `/tls`.
struct Machine;

impl Host for Machine {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.strip_prefix("/tls").map_err(io::Error::other)?;
        fs::read(repository().join("tests/data/tls").join(name))
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        Anywhere.list(directory)
    }

    fn has_interface(&self, name: &str) -> bool {
        Anywhere.has_interface(name)
    }

    fn has_address(&self, address: IpAddr) -> bool {
        Anywhere.has_address(address)
    }

    fn program(&self, name: &str) -> Program {
        Anywhere.program(name)
    }

    fn config_id(&self) -> String {
        Anywhere.config_id()
    }

    fn environment(&self, name: &str) -> Option<String> {
        Anywhere.environment(name)
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
