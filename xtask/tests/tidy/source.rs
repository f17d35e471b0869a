//! The files of the repository, as text.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file.
pub(crate) struct Source {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Its lines with their numbers, without line comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, strip_comment(line)))
    }
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Every text file below `directory`, a path from the root; `""` is the whole repository.
pub(crate) fn below(directory: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(directory), &mut paths);
    paths.sort();
    paths.iter().filter_map(|path| read(path)).collect()
}

/// Every Rust file below `directory`.
pub(crate) fn rust_below(directory: &str) -> Vec<Source> {
    let mut sources = below(directory);
    sources.retain(|source| source.path.ends_with(".rs"));
    sources
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        // Written by no person: what was built, and what a fuzzer has found out.
        let made = path.join("CACHEDIR.TAG").exists()
            || entry.file_name() == ".git"
            || path.ends_with("fuzz/corpus");
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if !made {
                collect(&path, paths);
            }
        } else {
            paths.push(path);
        }
    }
}

fn read(path: &Path) -> Option<Source> {
    let text = fs::read_to_string(path).ok()?;
    let path = path.strip_prefix(root()).ok()?.to_str()?.to_owned();
    Some(Source { path, text })
}

fn strip_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.split_once(" // ").map_or(line, |(code, _)| code)
}
