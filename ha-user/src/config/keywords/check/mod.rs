//! The checkers, in every block that they can stand in: one row and one table for each kind.

mod common;
mod dns;
mod file;
mod hex;
mod http;
mod misc;
mod page;
mod smtp;
mod udp;

pub(super) use common::{SHORTEST_INTERVAL, SHORTEST_TIMEOUT, rhythm, timeout};

use super::super::diagnostic::{At, Report};
use super::super::draft::check::{CheckDraft, HasChecks, MethodDraft};
use super::super::lexer::Word;
use super::super::tree::Statement;
use super::catalogue::entries;
use super::{Keyword, Table, interpret, section};
use common::{logging, target};

/// A checker without keywords of its own.
const PLAIN: Table<CheckDraft<()>> = Table {
    keywords: &[&target(), &timeout(), &rhythm(), &logging()],
    later: &[],
};

/// The rows of a block that checkers stand in.
pub(super) const fn checkers<T: HasChecks>() -> [Keyword<T>; 9] {
    [
        section(
            "TCP_CHECK",
            "",
            "a connection can be made",
            || entries(&PLAIN),
            |block, statement, report| {
                let check = read(statement, &PLAIN, report).any(|_| MethodDraft::Tcp);
                block.check(check);
            },
        ),
        section(
            "PING_CHECK",
            "",
            "an echo comes back",
            || entries(&PLAIN),
            |block, statement, report| {
                let check = read(statement, &PLAIN, report).any(|_| MethodDraft::Ping);
                block.check(check);
            },
        ),
        section(
            "HTTP_GET",
            "",
            "pages are as expected",
            || entries(&http::TABLE),
            |block, statement, report| {
                let check = read(statement, &http::TABLE, report).any(MethodDraft::Http);
                block.check(check);
            },
        ),
        section(
            "SSL_GET",
            "",
            "pages are as expected, over TLS",
            || entries(&http::TABLE),
            |block, statement, report| {
                let check = read(statement, &http::TABLE, report).any(MethodDraft::Https);
                block.check(check);
            },
        ),
        section(
            "UDP_CHECK",
            "",
            "a datagram is answered, or not refused",
            || entries(&udp::TABLE),
            |block, statement, report| {
                let check = read(statement, &udp::TABLE, report).any(MethodDraft::Udp);
                block.check(check);
            },
        ),
        section(
            "SMTP_CHECK",
            "",
            "a mail server greets",
            || entries(&smtp::TABLE),
            |block, statement, report| {
                let check = read(statement, &smtp::TABLE, report).any(MethodDraft::Smtp);
                block.check(check);
            },
        ),
        section(
            "DNS_CHECK",
            "",
            "a name server answers",
            || entries(&dns::TABLE),
            |block, statement, report| {
                let check = read(statement, &dns::TABLE, report).any(MethodDraft::Dns);
                block.check(check);
            },
        ),
        section(
            "MISC_CHECK",
            "",
            "a command succeeds",
            || entries(&misc::TABLE),
            |block, statement, report| {
                let check = read(statement, &misc::TABLE, report).any(MethodDraft::Misc);
                block.check(check);
            },
        ),
        section(
            "FILE_CHECK",
            "",
            "the number in a file is no fault",
            || entries(&file::TABLE),
            |block, statement, report| {
                let check = read(statement, &file::TABLE, report).any(MethodDraft::File);
                block.check(check);
            },
        ),
    ]
}

/// Reads a checker of one kind.
fn read<M: Default>(
    statement: &Statement,
    table: &'static Table<CheckDraft<M>>,
    report: &mut Report,
) -> CheckDraft<M> {
    let Word { text, at, .. } = statement.keyword.clone();
    let mut draft = CheckDraft::new(At { value: text, at }, M::default());
    let body = statement.body.as_deref().unwrap_or_default();
    interpret(&statement.keyword.text, body, table, &mut draft, report);
    draft
}
