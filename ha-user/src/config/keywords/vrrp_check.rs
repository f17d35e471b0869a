//! `vrrp_check NAME { ... }`: what only vipd has.

use super::super::diagnostic::Report;
use super::super::draft::check::VrrpCheckDraft;
use super::super::lexer::Word;
use super::check::{SHORTEST_INTERVAL, SHORTEST_TIMEOUT, checkers};
use super::value::LONGEST;
use super::{Keyword, Table, flag, later, number_or, seconds, value, words};

pub(super) const TABLE: Table<VrrpCheckDraft> = Table {
    keywords: &[KEYWORDS, &checkers()],
    later: later::CHECKERS,
};

const KEYWORDS: &[Keyword<VrrpCheckDraft>] = &[
    seconds(
        "interval",
        SHORTEST_INTERVAL..=LONGEST,
        "time from one probe to the next; 1 s if not given",
        |check, interval| check.interval = Some(interval.value),
    ),
    seconds(
        "timeout",
        SHORTEST_TIMEOUT..=LONGEST,
        "a probe that takes longer has failed; the interval if not given",
        |check, timeout| check.timeout = Some(timeout.value),
    ),
    words(
        "weight",
        "-253 to 253 [reverse]",
        1..=2,
        "what success (positive) or failure (negative) adds to the priority; 0: failure is a fault",
        weight,
    ),
    number_or(
        "rise",
        1..=2_147_483_647,
        Some(1),
        "successes in a row that make it good",
        |check, rise| check.rise = value::count(&rise),
    ),
    number_or(
        "fall",
        1..=2_147_483_647,
        Some(1),
        "failures in a row that make it bad",
        |check, fall| check.fall = value::count(&fall),
    ),
    flag(
        "init_fail",
        "it counts as bad until its first result",
        |check, _| check.init_fail = true,
    ),
];

fn weight(check: &mut VrrpCheckDraft, _: &Word, words: &[Word], report: &mut Report) {
    if let Some(weight) = value::weight(&check.name.value, words, report) {
        check.weight = weight;
    }
}
