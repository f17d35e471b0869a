//! What is said of balancing: read and checked, while traffic is not forwarded to real servers.

use super::super::super::diagnostic::{Report, Severity};
use super::super::super::draft::service::{RealServerDraft, VirtualServerDraft};
use super::super::super::lexer::Word;
use super::super::choice::{Choices, chosen};
use super::super::number::whole;
use super::super::{Keyword, checked, flag, number, words};
use super::{address, skip};
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

/// Seconds that IPVS lets a client stay: up to 31 days.
const PERSISTENCE: RangeInclusive<i64> = 1..=31 * 86_400;
const THRESHOLDS: RangeInclusive<i64> = 0..=u32::MAX as i64;

const ALGORITHMS: &str = "rr|wrr|lc|wlc|lblc|sh|mh|dh|fo|ovf|lblcr|sed|nq|twos";
const METHODS: &str = "NAT|DR|TUN [type ipip|gue port N|gre [nocsum|csum|remcsum]]";

pub(super) const VIRTUAL_SERVER: &[Keyword<VirtualServerDraft>] = &[
    checked(words(
        "lvs_sched",
        ALGORITHMS,
        1..=1,
        "how connections are shared out",
        algorithm,
    )),
    checked(words(
        "lb_algo",
        ALGORITHMS,
        1..=1,
        "older name of lvs_sched",
        algorithm,
    )),
    checked(words(
        "lvs_method",
        METHODS,
        1..=6,
        "how packets reach the servers",
        method,
    )),
    checked(words(
        "lb_kind",
        METHODS,
        1..=6,
        "older name of lvs_method",
        method,
    )),
    checked(words(
        "persistence_timeout",
        "[SECONDS]",
        0..=1,
        "how long a client stays with its server",
        |_, keyword, words, report| {
            let fault = |word: &Word| whole(&word.text, &PERSISTENCE).err();
            refuse(
                keyword,
                words.iter().find_map(|word| Some((word, fault(word)?))),
                report,
            );
        },
    )),
    checked(words(
        "persistence_granularity",
        "MASK",
        1..=1,
        "mask that makes clients one",
        granularity,
    )),
    checked(words(
        "persistence_engine",
        "NAME",
        1..=1,
        "what tells clients apart",
        |_, _, _, _| {},
    )),
    checked(words(
        "ip_family",
        "inet|inet6",
        1..=1,
        "family of a firewall mark's servers",
        |_, keyword, words, report| {
            chosen(&[("inet", ()), ("inet6", ())], keyword, words, report);
        },
    )),
    checked(flag(
        "hashed",
        "flag of the schedulers sh and mh",
        |_, _| {},
    )),
    checked(flag("ops", "one packet is one connection", |_, _| {})),
    checked(flag("flag-1", "first flag of the scheduler", |_, _| {})),
    checked(flag("flag-2", "second flag of the scheduler", |_, _| {})),
    checked(flag("flag-3", "third flag of the scheduler", |_, _| {})),
    checked(flag(
        "sh-port",
        "the scheduler sh hashes the port too",
        |_, _| {},
    )),
    checked(flag(
        "sh-fallback",
        "the scheduler sh steps over servers of weight 0",
        |_, _| {},
    )),
    checked(flag(
        "mh-port",
        "the scheduler mh hashes the port too",
        |_, _| {},
    )),
    checked(flag(
        "mh-fallback",
        "the scheduler mh steps over servers of weight 0",
        |_, _| {},
    )),
    checked(words(
        "sorry_server",
        "ADDRESS [PORT]",
        1..=2,
        "server when there is no other",
        sorry_server,
    )),
    checked(flag(
        "sorry_server_inhibit",
        "weight 0 for it instead of removal",
        |_, _| {},
    )),
    checked(words(
        "sorry_server_lvs_method",
        METHODS,
        1..=6,
        "how packets reach it",
        method,
    )),
];

pub(super) const REAL_SERVER: &[Keyword<RealServerDraft>] = &[
    checked(words(
        "lvs_method",
        METHODS,
        1..=6,
        "how packets reach it",
        method,
    )),
    checked(number(
        "uthreshold",
        THRESHOLDS,
        "connections at which it gets no more",
        |_, _| {},
    )),
    checked(number(
        "lthreshold",
        THRESHOLDS,
        "connections at which it gets more again",
        |_, _| {},
    )),
];

fn algorithm<T>(_: &mut T, keyword: &Word, words: &[Word], report: &mut Report) {
    let known = |word: &Word| ALGORITHMS.split('|').any(|name| name == word.text);
    let unknown = words.iter().find(|word| !known(word));
    let fault = unknown.map(|word| (word, format!("unknown scheduler '{}'", word.text)));
    refuse(keyword, fault, report);
}

fn method<T>(_: &mut T, keyword: &Word, words: &[Word], report: &mut Report) {
    const KINDS: Choices<bool> = &[("NAT", false), ("DR", false), ("TUN", true)];
    if chosen(KINDS, keyword, words, report) == Some(true) {
        let options = words.get(1..).unwrap_or_default();
        refuse(keyword, tunnel_fault(options), report);
    }
}

/// What is wrong with `[type ipip|gue port N|gre [nocsum|csum|remcsum]]`.
fn tunnel_fault(options: &[Word]) -> Option<(&Word, String)> {
    let [first, rest @ ..] = options else {
        return None;
    };
    let [kind, rest @ ..] = rest else {
        return Some((first, "a tunnel has a type".into()));
    };
    let rest = match (first.text.as_str(), kind.text.as_str(), rest) {
        ("type", "gue", [port, number, rest @ ..])
            if port.text == "port" && super::port_of(number).is_some() =>
        {
            rest
        }
        ("type", "gue", _) => return Some((kind, "gue tunnels require a port".into())),
        ("type", "ipip" | "gre", rest) => rest,
        _ => return Some((first, format!("unknown tunnel type '{}'", kind.text))),
    };
    let is_checksum = |word: &&Word| matches!(word.text.as_str(), "nocsum" | "csum" | "remcsum");
    let unknown = rest.iter().find(|word| !is_checksum(word))?;
    Some((unknown, format!("unknown option '{}'", unknown.text)))
}

fn granularity<T>(_: &mut T, keyword: &Word, words: &[Word], report: &mut Report) {
    let is_mask = |word: &Word| {
        let mask = word.text.parse::<Ipv4Addr>().map(u32::from);
        mask.is_ok_and(|mask| mask != 0 && mask.leading_ones() == mask.count_ones())
            || whole(&word.text, &(1..=128)).is_ok()
    };
    let unknown = words.iter().find(|word| !is_mask(word));
    let fault = unknown.map(|word| (word, format!("'{}' is no mask", word.text)));
    refuse(keyword, fault, report);
}

fn sorry_server(
    service: &mut VirtualServerDraft,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    let address = address(words).or_else(|| skip("sorry server", words, &keyword.at, report));
    service.sorry_server = address.or(service.sorry_server);
}

fn refuse(keyword: &Word, fault: Option<(&Word, String)>, report: &mut Report) {
    if let Some((word, fault)) = fault {
        let message = format!("{}: {fault} - ignoring", keyword.text);
        report.add(Severity::Error, &word.at, message);
    }
}
