//! `track_file NAME { ... }`.

use super::super::diagnostic::{Report, Severity};
use super::super::draft::file::{FileDraft, InitDraft};
use super::super::lexer::Word;
use super::{Keyword, Table, dispensable, number, value, words};
use std::ops::RangeInclusive;

pub(super) const TABLE: Table<FileDraft> = Table {
    keywords: &[KEYWORDS],
    later: &[],
};

/// What a file can say.
const VALUES: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;
/// keepalived's range.
const WEIGHTS: RangeInclusive<i64> = -254..=254;

const KEYWORDS: &[Keyword<FileDraft>] = &[
    dispensable(words(
        "file",
        "PATH",
        1..=1,
        "the file with the number",
        path,
    )),
    words(
        "weight",
        "-254 to 254 [reverse]",
        1..=2,
        "what the number is multiplied with, 1 if not given; 0: a number other than 0 is a fault",
        weight,
    ),
    words(
        "init_file",
        "[NUMBER] [overwrite]",
        0..=2,
        "what stands in the file at the start if it is not there, 0 if not given; overwrite: if it is, too",
        init,
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
    file.path = Some(word.text.to_string().into());
}

fn weight(file: &mut FileDraft, _: &Word, words: &[Word], report: &mut Report) {
    if let Some(weight) = value::file_weight(&WEIGHTS, &file.name.value, words, report) {
        file.weight = weight;
    }
}

fn init(file: &mut FileDraft, _: &Word, words: &[Word], report: &mut Report) {
    let mut init = InitDraft::default();
    let name = &file.name.value;
    for word in words {
        if word.text == "overwrite" {
            init.overwrite = true;
            continue;
        }
        match number::whole(&word.text, &VALUES) {
            Ok(value) => init.value = i32::try_from(value).unwrap_or_default(),
            Err(fault) => {
                let message = format!("({name}) init_file: {fault}. ignoring");
                let help = "a number, or `overwrite`";
                report.add_with_help(Severity::Error, &word.at, message, help);
            }
        }
    }
    file.init = Some(init);
}
