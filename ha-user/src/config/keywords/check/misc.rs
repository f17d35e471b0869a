//! `MISC_CHECK { ... }`.

use super::super::super::draft::check::{CheckDraft, HasRhythm, MiscDraft};
use super::super::value::LONGEST;
use super::super::{Keyword, Table, dispensable, flag, seconds, value, words};
use super::common::{SHORTEST_TIMEOUT, logging, rhythm};

pub(super) const TABLE: Table<CheckDraft<MiscDraft>> = Table {
    keywords: &[KEYWORDS, &rhythm(), &logging()],
    later: &[],
};

const KEYWORDS: &[Keyword<CheckDraft<MiscDraft>>] = &[
    dispensable(words(
        "misc_path",
        "\"PROGRAM ARG...\"",
        1..=1,
        "the command; exit code 0 is success",
        |check, _, words, _| check.method.command = value::command(words),
    )),
    seconds(
        "misc_timeout",
        SHORTEST_TIMEOUT..=LONGEST,
        "a run that takes longer is ended and has failed; of real servers delay_loop if not given",
        |check, timeout| check.rhythm().timeout = Some(timeout.value),
    ),
    flag(
        "misc_dynamic",
        "exit codes from 2 are success, and the weight of the server is two less",
        |check, _| check.method.is_dynamic = true,
    ),
    dispensable(words(
        "user",
        "USER [GROUP]",
        1..=2,
        "whom it runs as",
        |check, _, words, _| check.method.user = value::script_user(words),
    )),
];
