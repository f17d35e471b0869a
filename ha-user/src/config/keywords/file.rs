//! `track_file NAME { ... }`.

use super::super::diagnostic::{Report, Severity};
use super::super::draft::file::FileDraft;
use super::super::lexer::Word;
use super::{Keyword, Table, later, value, words};
use std::ops::RangeInclusive;

pub(super) const TABLE: Table<FileDraft> = Table {
    keywords: &[KEYWORDS],
    later: later::TRACK_FILE,
};

/// keepalived's range.
const WEIGHTS: RangeInclusive<i64> = -254..=254;

const KEYWORDS: &[Keyword<FileDraft>] = &[
    words("file", "PATH", 1..=1, "the file with the number", path),
    words(
        "weight",
        "-254 to 254 [reverse]",
        1..=2,
        "what the number is multiplied with, 1 if not given; 0: a number other than 0 is a fault",
        weight,
    ),
];

fn path(file: &mut FileDraft, _: &Word, words: &[Word], report: &mut Report) {
    let [word] = words else { return };
    let name = &file.name.value;
    if word.text.is_empty() {
        let message = format!("track_file {name}: the file has no name - ignoring");
        return report.add(Severity::Error, &word.at, message);
    }
    if file.path.is_some() {
        let message = format!(
            "File already set for track file {name} - ignoring {}",
            word.text
        );
        return report.add(Severity::Error, &word.at, message);
    }
    file.path = Some(word.text.clone().into());
}

fn weight(file: &mut FileDraft, _: &Word, words: &[Word], report: &mut Report) {
    if let Some(weight) = value::file_weight(&WEIGHTS, &file.name.value, words, report) {
        file.weight = weight;
    }
}
