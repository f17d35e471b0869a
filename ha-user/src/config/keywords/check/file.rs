//! `FILE_CHECK { ... }`.

use super::super::super::diagnostic::Report;
use super::super::super::draft::check::{CheckDraft, FileCheckDraft};
use super::super::super::lexer::Word;
use super::super::{Keyword, Table, value, words};
use super::common::{logging, rhythm};
use std::ops::RangeInclusive;

pub(super) const TABLE: Table<CheckDraft<FileCheckDraft>> = Table {
    keywords: &[KEYWORDS, &rhythm(), &logging()],
    later: &[],
};

/// keepalived's range.
const WEIGHTS: RangeInclusive<i64> = -2_147_483_647..=2_147_483_647;

const KEYWORDS: &[Keyword<CheckDraft<FileCheckDraft>>] = &[
    words(
        "track_file",
        "NAME",
        1..=1,
        "name of the track_file",
        |check, _, words, _| check.method.file = words.first().map(value::located),
    ),
    words(
        "weight",
        "-2147483647 to 2147483647 [reverse]",
        1..=2,
        "what its number is multiplied with, that of the track_file if not given; 0: a number other than 0 is bad",
        weight,
    ),
];

fn weight(check: &mut CheckDraft<FileCheckDraft>, _: &Word, words: &[Word], report: &mut Report) {
    let weight = value::file_weight(&WEIGHTS, "FILE_CHECK", words, report);
    check.method.weight = weight.or(check.method.weight);
}
