//! `vrrp_track_process NAME { ... }`.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::process::{Matching, ProcessDraft};
use super::super::lexer::Word;
use super::{Keyword, Table, dispensable, flag, number, seconds, value, words};
use std::ops::RangeInclusive;
use std::time::Duration;

pub(super) const TABLE: Table<ProcessDraft> = Table {
    keywords: &[KEYWORDS],
    later: &[],
};

/// keepalived's range.
const DELAYS: RangeInclusive<Duration> = Duration::from_micros(1)..=Duration::from_secs(3600);

const KEYWORDS: &[Keyword<ProcessDraft>] = &[
    words(
        "process",
        "NAME|PATH [ARGUMENT ...]",
        1..=usize::MAX,
        "the name of the program; with arguments, or what is below, its command line",
        process,
    ),
    words(
        "param_match",
        "[initial|partial]",
        0..=1,
        "compare arguments, too: all, the first ones (partial), or those with the last one perhaps longer",
        param_match,
    ),
    flag(
        "full_command",
        "compare with the first word of the command line",
        |process, _| process.full_command = true,
    ),
    dispensable(words(
        "weight",
        "-254 to 254 [reverse]",
        1..=2,
        "what a quorum (positive) or none (negative) adds to the priority; 0: none is a fault",
        weight,
    )),
    words(
        "quorum",
        "1 to 65535",
        1..=1,
        "so many processes there must be; 1 if not given",
        quorum,
    ),
    words(
        "quorum_max",
        "0 to 65535",
        1..=1,
        "so many processes there may be; 0: it must not run",
        quorum_max,
    ),
    seconds(
        "delay",
        DELAYS,
        "fork_delay and terminate_delay",
        |process, delay| {
            process.fork_delay = delay.value;
            process.terminate_delay = delay.value;
        },
    ),
    seconds(
        "terminate_delay",
        DELAYS,
        "how long what the end of a process has changed must last",
        |process, delay| process.terminate_delay = delay.value,
    ),
    seconds(
        "fork_delay",
        DELAYS,
        "how long what a fork has changed must last",
        |process, delay| process.fork_delay = delay.value,
    ),
];

fn process(process: &mut ProcessDraft, _: &Word, words: &[Word], report: &mut Report) {
    let [program, ..] = words else { return };
    let name = &process.name.value;
    if program.text.is_empty() {
        let message = format!("track process {name}: the process has no name - ignoring");
        return report.add(Severity::Error, &program.at, message);
    }
    if process.command.is_some() {
        let message = format!(
            "Process already set for track process {name} - ignoring {}",
            program.text
        );
        return report.add(Severity::Error, &program.at, message);
    }
    process.command = Some(At {
        value: words.iter().map(|word| word.text.to_string()).collect(),
        at: program.at,
    });
}

fn param_match(process: &mut ProcessDraft, _: &Word, words: &[Word], report: &mut Report) {
    let matching = match words {
        [] => Matching::Exact,
        [word, ..] if word.text == "initial" => Matching::Initial,
        [word, ..] if word.text == "partial" => Matching::Partial,
        [word, ..] => {
            let message = format!("Invalid param_match type {} - ignoring", word.text);
            let help = "`initial`, `partial`, or nothing";
            return report.add_with_help(Severity::Error, &word.at, message, help);
        }
    };
    process.matching = Some(matching);
}

fn weight(process: &mut ProcessDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    let name = &process.name.value;
    if process.weight.is_some_and(|weight| weight.value != 0) {
        let message = format!("Weight already set for track process {name} - ignoring");
        return report.add(Severity::Error, &keyword.at, message);
    }
    let weight = value::wide_weight(name, words, report);
    process.weight = weight.or(process.weight);
}

fn quorum(process: &mut ProcessDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    let Some(quorum) = count(&(1..=65535), keyword, words, report) else {
        return;
    };
    if process.quorum_max.is_some_and(|most| quorum > most) {
        let message = "Quorum is greater than quorum_max - ignoring".to_owned();
        return report.add(Severity::Error, &keyword.at, message);
    }
    process.quorum = quorum;
}

/// 0 is less than the quorum that is not given, and yet allowed.
fn quorum_max(process: &mut ProcessDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    let Some(most) = count(&(0..=65535), keyword, words, report) else {
        return;
    };
    let is_none = most == 0 && process.quorum <= 1;
    if most < process.quorum && !is_none {
        let message = "quorum_max is less than quorum - ignoring".to_owned();
        return report.add(Severity::Error, &keyword.at, message);
    }
    process.quorum_max = Some(most);
    process.quorum = process.quorum.max(1).min(most);
}

fn count(
    range: &RangeInclusive<i64>,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) -> Option<u32> {
    let word = words.first()?;
    match number::whole(&word.text, range) {
        Ok(count) => u32::try_from(count).ok(),
        Err(fault) => {
            let message = format!("{}: {fault}. ignoring", keyword.text);
            report.add(Severity::Error, &word.at, message);
            None
        }
    }
}
