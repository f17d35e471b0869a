//! `startup_script`, `shutdown_script` and their timeouts in `global_defs`.

use super::super::diagnostic::Report;
use super::super::draft::GlobalDraft;
use super::super::lexer::Word;
use super::{Keyword, dispensable, number, value, words};
use std::ops::RangeInclusive;

/// Seconds.
const TIMEOUT: RangeInclusive<i64> = 1..=1000;

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    words(
        "startup_script",
        "COMMAND [USER [GROUP]]",
        0..=3,
        "command that runs to its end before any instance leaves INIT, once, not at a reload",
        script,
    ),
    dispensable(number(
        "startup_script_timeout",
        TIMEOUT,
        "seconds after which it is ended; 10 if not given",
        |global, limit| global.errands.startup.timeout = value::whole_seconds(&limit),
    )),
    words(
        "shutdown_script",
        "COMMAND [USER [GROUP]]",
        0..=3,
        "command that runs at a stop, after adverts and addresses have been withdrawn",
        script,
    ),
    dispensable(number(
        "shutdown_script_timeout",
        TIMEOUT,
        "seconds after which it is ended; 10 if not given",
        |global, limit| global.errands.shutdown.timeout = value::whole_seconds(&limit),
    )),
];

/// The first one of a kind counts.
fn script(global: &mut GlobalDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    let slot = &mut global.errands.of(&keyword.text).command;
    value::script(slot, keyword, words, report);
}
