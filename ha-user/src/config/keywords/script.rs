//! `vrrp_script NAME { ... }`.

use super::super::diagnostic::Report;
use super::super::draft::ScriptDraft;
use super::super::lexer::Word;
use super::value::LONGEST;
use super::{Keyword, Table, dispensable, flag, number_or, seconds, value, words};
use std::time::Duration;

pub(super) const TABLE: Table<ScriptDraft> = Table {
    keywords: &[KEYWORDS],
    later: &[],
};

const KEYWORDS: &[Keyword<ScriptDraft>] = &[
    dispensable(words(
        "script",
        "\"PROGRAM ARG...\"",
        1..=1,
        "the command; exit code 0 is success",
        script,
    )),
    seconds(
        "interval",
        Duration::from_millis(1)..=LONGEST,
        "time between two runs; 1 s if not given",
        |script, interval| script.interval = Some(interval.value),
    ),
    seconds(
        "timeout",
        Duration::from_millis(1)..=LONGEST,
        "a run that takes longer is ended and has failed; the interval if not given",
        |script, timeout| script.timeout = Some(timeout.value),
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
        |script, rise| script.rise = u32::try_from(rise.value).ok(),
    ),
    number_or(
        "fall",
        1..=2_147_483_647,
        Some(1),
        "failures in a row that make it bad",
        |script, fall| script.fall = u32::try_from(fall.value).ok(),
    ),
    words(
        "user",
        "USER [GROUP]",
        1..=2,
        "whom it runs as",
        |script, _, words, _| {
            script.user = value::script_user(words);
        },
    ),
    flag(
        "init_fail",
        "it counts as bad until its first result",
        |script, _| {
            script.init_fail = true;
        },
    ),
];

fn script(script: &mut ScriptDraft, _: &Word, words: &[Word], _: &mut Report) {
    script.command = value::command(words);
}

fn weight(script: &mut ScriptDraft, _: &Word, words: &[Word], report: &mut Report) {
    if let Some(weight) = value::weight(&script.name.value, words, report) {
        script.weight = weight;
    }
}
