//! `virtual_server ... { ... }`.

mod balance;
mod group;
mod range;
mod real_server;

pub(super) use group::group;

use super::super::diagnostic::{At, Place, Report, Severity};
use super::super::draft::Draft;
use super::super::draft::service::{HasServer, RealServerDraft, VirtualServerDraft, Whom};
use super::super::lexer::Word;
use super::super::model::service::{Protocol, WithoutServer};
use super::super::tree::Statement;
use super::catalogue::entries;
use super::check::{rhythm, timeout};
use super::choice::{Choices, choose, chosen};
use super::{
    Keyword, Table, checked, command, dispensable, flag, interpret, later, number, number_or,
    section, switch, value, words,
};
use std::net::SocketAddr;

pub(super) const TABLE: Table<VirtualServerDraft> = Table {
    keywords: &[
        KEYWORDS,
        &server(),
        &timeout(),
        &rhythm(),
        balance::VIRTUAL_SERVER,
    ],
    later: later::VIRTUAL_SERVER,
};

const KEYWORDS: &[Keyword<VirtualServerDraft>] = &[
    section(
        "real_server",
        "ADDRESS [PORT]",
        "a server",
        || entries(&real_server::TABLE),
        real_server,
    ),
    words(
        "protocol",
        "TCP|UDP|SCTP",
        1..=1,
        "what its clients speak; UDP if not given",
        |service, keyword, words, report| {
            service.protocol = chosen(Protocol::NAMES, keyword, words, report);
        },
    ),
    number_or(
        "quorum",
        1..=u32::MAX as i64,
        Some(1),
        "weight of good servers that it takes; 1 if not given",
        |service, quorum| service.quorum = count(quorum),
    ),
    number(
        "hysteresis",
        0..=u32::MAX as i64,
        "how much more it takes to come back, and how much less to go; 0 if not given",
        |service, hysteresis| service.hysteresis = count(hysteresis),
    ),
    words(
        "no_server",
        "drop|reject|pass",
        1..=1,
        "vipd's own: what becomes of traffic while its servers are not enough; drop if not given",
        |service, keyword, words, report| {
            const POLICIES: Choices<WithoutServer> = &[
                ("drop", WithoutServer::Drop),
                ("reject", WithoutServer::Reject),
                ("pass", WithoutServer::Pass),
            ];
            choose(
                &mut service.without_server,
                POLICIES,
                keyword,
                words,
                report,
            );
        },
    ),
    flag(
        "ha_suspend",
        "no probes while none of its addresses is here",
        |service, said| service.ha_suspend = Some(said.at),
    ),
    flag(
        "fail_static",
        "vipd's own: servers that go bad all at once stay in use",
        |service, _| service.fail_static = true,
    ),
    command(
        "quorum_up",
        "command when its servers become enough",
        |service, keyword, words, report| {
            value::script(&mut service.quorum_up, keyword, words, report);
        },
    ),
    command(
        "quorum_down",
        "command when its servers are not enough any more",
        |service, keyword, words, report| {
            value::script(&mut service.quorum_down, keyword, words, report);
        },
    ),
    flag(
        "omega",
        "a stop runs quorum_down and notify_down",
        |service, _| service.omega = true,
    ),
];

fn count(number: At<i64>) -> Option<At<u32>> {
    let value = value::count(&number)?;
    let at = number.at;
    Some(At { value, at })
}

/// What is said of one server, or of all.
const fn server<T: HasServer>() -> [Keyword<T>; 4] {
    [
        number(
            "weight",
            0..=i32::MAX as i64,
            "what a server counts for; 1 if not given",
            |block, weight| block.server().weight = value::count(&weight),
        ),
        checked(switch(
            "inhibit_on_failure",
            "bad, it keeps its connections and gets no new ones",
            |block, on| block.server().inhibit_on_failure = Some(on),
        )),
        switch("smtp_alert", "mail on transitions", |block, on| {
            block.server().smtp_alert = Some(on)
        }),
        dispensable(words(
            "virtualhost",
            "NAME",
            1..=1,
            "Host header of HTTP_GET and SSL_GET; the address if not given",
            |block, keyword, words, report| {
                block.server().virtualhost = value::token(keyword, words, report);
            },
        )),
    ]
}

/// A whole `virtual_server`.
pub(super) fn virtual_server(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(whom) = whom(statement, report) else {
        return;
    };
    let mut service = VirtualServerDraft::new(whom, statement.keyword.at);
    let body = statement.body.as_deref().unwrap_or_default();
    interpret("virtual_server", body, &TABLE, &mut service, report);
    draft.services.push(service);
}

/// `ADDRESS [PORT]`, `fwmark N` or `group NAME`.
fn whom(statement: &Statement, report: &mut Report) -> Option<Whom> {
    let at = &statement.keyword.at;
    match statement.arguments.as_slice() {
        [] => {
            let message = "`virtual_server` is missing a parameter";
            report.add(Severity::Fatal, at, message);
            None
        }
        [word, name] if word.text == "group" => Some(Whom::Group(name.text.to_string())),
        [word, mark] if word.text == "fwmark" => mark_of(mark, report).map(Whom::Mark),
        words => match address(words) {
            Some(address) => Some(Whom::Address(address)),
            None => skip("virtual server", words, at, report),
        },
    }
}

fn mark_of(word: &Word, report: &mut Report) -> Option<u32> {
    let mark = word.text.parse().ok().filter(|mark| *mark != 0);
    if mark.is_none() {
        let message = format!(
            "fwmark '{}' must be in [1, {}]: ignoring it",
            word.text,
            u32::MAX
        );
        report.add(Severity::Error, &word.at, message);
    }
    mark
}

/// `ADDRESS [PORT]`; port 0 for none.
fn address(words: &[Word]) -> Option<SocketAddr> {
    let (address, port) = match words {
        [address] => (address, 0),
        [address, port] => (address, port_of(port)?),
        _ => return None,
    };
    Some(SocketAddr::new(address.text.parse().ok()?, port))
}

fn port_of(word: &Word) -> Option<u16> {
    word.text.parse().ok().filter(|port| *port != 0)
}

/// Says that the address of `what` cannot be read.
fn skip<V>(what: &str, words: &[Word], at: &Place, report: &mut Report) -> Option<V> {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let message = format!("invalid {what} '{}': skipping it", texts.join(" "));
    let at = words.first().map_or(at, |word| &word.at);
    let help = "ADDRESS [PORT]; names are not looked up";
    report.add_with_help(Severity::Error, at, message, help);
    None
}

fn real_server(service: &mut VirtualServerDraft, statement: &Statement, report: &mut Report) {
    let words = statement.arguments.as_slice();
    let at = words.first().map_or(&statement.keyword.at, |word| &word.at);
    let address = address(words).or_else(|| skip("real server", words, at, report));
    let Some(value) = address else { return };
    let mut server = RealServerDraft::new(At { value, at: *at });
    let body = statement.body.as_deref().unwrap_or_default();
    interpret(
        "real_server",
        body,
        &real_server::TABLE,
        &mut server,
        report,
    );
    service.servers.push(server);
}
