//! `real_server ADDRESS [PORT] { ... }`.

use super::super::super::draft::service::RealServerDraft;
use super::super::check::{checkers, rhythm, timeout};
use super::super::{Keyword, Table, command, later, value};
use super::{balance, server};

pub(super) const TABLE: Table<RealServerDraft> = Table {
    keywords: &[
        KEYWORDS,
        &server(),
        &timeout(),
        &rhythm(),
        &checkers(),
        balance::REAL_SERVER,
    ],
    later: later::REAL_SERVER,
};

const KEYWORDS: &[Keyword<RealServerDraft>] = &[
    command(
        "notify_up",
        "command when it becomes good",
        |server, keyword, words, report| {
            value::script(&mut server.commands().up, keyword, words, report);
        },
    ),
    command(
        "notify_down",
        "command when it becomes bad",
        |server, keyword, words, report| {
            value::script(&mut server.commands().down, keyword, words, report);
        },
    ),
];
