//! `vrrp_sync_group NAME { ... }`.

use super::super::diagnostic::Report;
use super::super::draft::sync::SyncGroupDraft;
use super::super::lexer::Word;
use super::instance_value::track;
use super::{Keyword, Table, command, later, lines, switch, value};

pub(super) const TABLE: Table<SyncGroupDraft> = Table {
    keywords: &[KEYWORDS],
    later: later::SYNC_GROUP,
};

const KEYWORDS: &[Keyword<SyncGroupDraft>] = &[
    lines("group", "INSTANCE", "the instances", |group, words, _| {
        group.members.extend(words.iter().map(value::located))
    }),
    lines(
        "track_script",
        "NAME [weight N [reverse]]",
        "scripts that all members follow",
        |group, words, report| {
            let (owner, tracks) = (&group.name.value, &mut group.tracks.scripts);
            track("track_script", owner, tracks, words, report);
        },
    ),
    lines(
        "track_check",
        "NAME [weight N [reverse]]",
        "vipd's own: checks that all members follow",
        |group, words, report| {
            let (owner, tracks) = (&group.name.value, &mut group.tracks.checks);
            track("track_check", owner, tracks, words, report);
        },
    ),
    lines(
        "track_interface",
        "NAME [weight N [reverse]]",
        "interfaces that all members follow; without a weight, down is a fault",
        |group, words, report| {
            let (owner, tracks) = (&group.name.value, &mut group.tracks.interfaces);
            track("track_interface", owner, tracks, words, report);
        },
    ),
    lines(
        "track_file",
        "NAME [weight N [reverse]]",
        "files that all members follow",
        |group, words, report| {
            let (owner, tracks) = (&group.name.value, &mut group.tracks.files);
            track("track_file", owner, tracks, words, report);
        },
    ),
    lines(
        "track_process",
        "NAME [weight N [reverse]]",
        "processes that all members follow",
        |group, words, report| {
            let (owner, tracks) = (&group.name.value, &mut group.tracks.processes);
            track("track_process", owner, tracks, words, report);
        },
    ),
    switch(
        "sync_group_tracking_weight",
        "members may track with weights of their own",
        |group, on| group.weighted = on,
    ),
    switch(
        "smtp_alert",
        "mail on every transition of it",
        |group, on| group.smtp_alert = Some(on),
    ),
    switch(
        "notify_priority_changes",
        "changes of priority of members go to the pipes, too, unless they say otherwise",
        |group, on| group.notify_priority_changes = Some(on),
    ),
    command("notify_master", "command when all of it is MASTER", notify),
    command("notify_backup", "command when it becomes BACKUP", notify),
    command("notify_fault", "command when it is in FAULT", notify),
    command("notify_stop", "command when the daemon stops", notify),
    command(
        "notify",
        "command for every transition of it; gets GROUP, name, state and 0",
        notify,
    ),
];

/// The first one of a kind counts.
fn notify(group: &mut SyncGroupDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    value::notify(&mut group.notify, keyword, words, report);
}
