//! `HTTP_GET { ... }` and `SSL_GET { ... }`.

use super::super::super::diagnostic::{Report, Severity};
use super::super::super::draft::check::{CheckDraft, HasRhythm, HttpDraft, PageDraft};
use super::super::super::lexer::Word;
use super::super::super::model::check::HttpVersion;
use super::super::super::tree::Statement;
use super::super::catalogue::entries;
use super::super::choice::{Choices, choose};
use super::super::takes::Takes;
use super::super::{
    Keyword, Table, accepted, dispensable, interpret, later, number, section, switch, value, words,
};
use super::common::{logging, rhythm, target, timeout};
use super::page;

pub(super) const TABLE: Table<CheckDraft<HttpDraft>> = Table {
    keywords: &[KEYWORDS, &target(), &timeout(), &rhythm(), &logging()],
    later: later::HTTP,
};

const KEYWORDS: &[Keyword<CheckDraft<HttpDraft>>] = &[
    section("url", "", "a page", || entries(&page::TABLE), url),
    number(
        "nb_get_retry",
        0..=u32::MAX as i64,
        "older name of retry",
        |check, retry| check.rhythm().retry = value::count(&retry),
    ),
    dispensable(words(
        "virtualhost",
        "NAME",
        1..=1,
        "Host header; that of the real server if not given",
        |check, keyword, words, report| {
            check.method.virtualhost = value::token(keyword, words, report);
        },
    )),
    dispensable(words(
        "http_protocol",
        "1.0|1.0C|1.0K|1.1|1.1K",
        1..=1,
        "version of HTTP; C closes the connection, K keeps it alive; 1.0 if not given",
        version,
    )),
    switch(
        "enable_sni",
        "send a name in TLS: sni_name, or the one of the Host header",
        |check, on| check.method.sends_name = on,
    ),
    dispensable(words(
        "sni_name",
        "NAME",
        1..=1,
        "the name to send in TLS",
        |check, keyword, words, report| {
            check.method.sni_name = value::token(keyword, words, report);
        },
    )),
    accepted(
        "fast_recovery",
        Takes::Truth,
        "pages are asked for at the same time",
    ),
];

fn version(check: &mut CheckDraft<HttpDraft>, keyword: &Word, words: &[Word], report: &mut Report) {
    const VERSIONS: Choices<HttpVersion> = &[
        ("1.0", HttpVersion::V1_0),
        ("1.0C", HttpVersion::V1_0Close),
        ("1.0c", HttpVersion::V1_0Close),
        ("1.0K", HttpVersion::V1_0KeepAlive),
        ("1.0k", HttpVersion::V1_0KeepAlive),
        ("1.1", HttpVersion::V1_1),
        ("1.1K", HttpVersion::V1_1KeepAlive),
        ("1.1k", HttpVersion::V1_1KeepAlive),
    ];
    choose(&mut check.method.version, VERSIONS, keyword, words, report);
}

fn url(check: &mut CheckDraft<HttpDraft>, statement: &Statement, report: &mut Report) {
    let mut page = PageDraft::default();
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("url", body, &page::TABLE, &mut page, report);
    if page.path.is_none() {
        let message = "url without a path: leaving it out";
        report.add(Severity::Error, &statement.keyword.at, message);
    } else {
        check.method.pages.push(page);
    }
}
