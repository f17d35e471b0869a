//! `notify_fifo` and its likes in `global_defs`.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::GlobalDraft;
use super::super::lexer::Word;
use super::{Keyword, flag, switch, value, words};

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    words(
        "notify_fifo",
        "PATH [USER [GROUP]]",
        0..=3,
        "pipe that gets every transition; made, with mode 0600, if it is not there",
        fifo,
    ),
    words(
        "notify_fifo_script",
        "COMMAND [USER [GROUP]]",
        0..=3,
        "command that reads it; gets its path as last argument",
        script,
    ),
    words(
        "vrrp_notify_fifo",
        "PATH [USER [GROUP]]",
        0..=3,
        "pipe that gets transitions of instances and groups",
        fifo,
    ),
    words(
        "vrrp_notify_fifo_script",
        "COMMAND [USER [GROUP]]",
        0..=3,
        "command that reads it",
        script,
    ),
    words(
        "lvs_notify_fifo",
        "PATH [USER [GROUP]]",
        0..=3,
        "pipe that gets transitions of virtual and real servers",
        fifo,
    ),
    words(
        "lvs_notify_fifo_script",
        "COMMAND [USER [GROUP]]",
        0..=3,
        "command that reads it",
        script,
    ),
    switch(
        "vrrp_notify_priority_changes",
        "changes of priority go to the pipes, too",
        |global, on| global.notify_priority_changes = on,
    ),
    flag(
        "fifo_write_vrrp_states_on_reload",
        "states go to the pipes after a reload",
        |global, _| global.fifos.states_on_reload = true,
    ),
];

/// The first one of a kind counts.
fn fifo(global: &mut GlobalDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    let Some((path, user)) = words.split_first() else {
        let message = format!("No {} name specified: ignoring it", keyword.text);
        return report.add(Severity::Error, &keyword.at, message);
    };
    let slot = &mut global.fifos.of(&keyword.text).path;
    if slot.is_some() {
        let message = format!(
            "{} already specified - ignoring {}",
            keyword.text, path.text
        );
        return report.add(Severity::Error, &path.at, message);
    }
    let value = (path.text.to_string().into(), value::script_user(user));
    let at = path.at;
    *slot = Some(At { value, at });
}

/// The first one of a kind counts.
fn script(global: &mut GlobalDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    let slot = &mut global.fifos.of(&keyword.text).script;
    value::script(slot, keyword, words, report);
}
