//! `SMTP_CHECK { ... }`.

use super::super::super::diagnostic::Report;
use super::super::super::draft::check::{CheckDraft, HostDraft, SmtpDraft};
use super::super::super::tree::Statement;
use super::super::catalogue::entries;
use super::super::{Keyword, Table, dispensable, interpret, section, value, words};
use super::common::{logging, rhythm, target, timeout};

pub(super) const TABLE: Table<CheckDraft<SmtpDraft>> = Table {
    keywords: &[KEYWORDS, &target(), &timeout(), &rhythm(), &logging()],
    later: &[],
};

const KEYWORDS: &[Keyword<CheckDraft<SmtpDraft>>] = &[
    dispensable(words(
        "helo_name",
        "NAME",
        1..=1,
        "name in HELO; smtpchecker.keepalived.org if not given",
        |check, keyword, words, report| {
            let name = value::token(keyword, words, report);
            check.method.helo = name.map(|name| name.value);
        },
    )),
    section(
        "host",
        "",
        "another address to check",
        || entries(&HOST),
        host,
    ),
];

const HOST: Table<HostDraft> = Table {
    keywords: &[&target(), &timeout(), &rhythm(), &logging()],
    later: &[],
};

fn host(check: &mut CheckDraft<SmtpDraft>, statement: &Statement, report: &mut Report) {
    let mut host = HostDraft::default();
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("host", body, &HOST, &mut host, report);
    check.method.hosts.push(host);
}
