//! What several blocks have in common: where probes go, and how often they are run.

use super::super::super::diagnostic::{Report, Severity};
use super::super::super::draft::check::{HasRhythm, HasTarget};
use super::super::super::lexer::Word;
use super::super::instance_value::interface_name;
use super::super::value::LONGEST;
use super::super::{Keyword, number, seconds, switch, value, words};
use std::time::Duration;

/// Shortest time from one probe to the next.
pub(in super::super) const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
/// Shortest time that an answer may take.
pub(in super::super) const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

/// The longest wait: keepalived has no limit.
const LONGEST_WAIT: Duration = Duration::from_secs(u32::MAX as u64);

/// Where a probe goes, and from where.
pub(super) const fn target<T: HasTarget>() -> [Keyword<T>; 6] {
    [
        words(
            "connect_ip",
            "ADDRESS",
            1..=1,
            "address to connect to",
            connect_ip,
        ),
        number(
            "connect_port",
            1..=65_535,
            "port to connect to",
            |block, port| block.target().connect_port = value::port(&port),
        ),
        words(
            "bindto",
            "ADDRESS",
            1..=1,
            "address to connect from",
            bindto,
        ),
        number(
            "bind_port",
            1..=65_535,
            "port to connect from",
            |block, port| block.target().bind_port = value::port(&port),
        ),
        words(
            "bind_if",
            "INTERFACE",
            1..=1,
            "interface to connect from",
            bind_if,
        ),
        number(
            "fwmark",
            0..=u32::MAX as i64,
            "firewall mark of the packets; 0 is none",
            |block, mark| block.target().fwmark = value::count(&mark).filter(|mark| *mark != 0),
        ),
    ]
}

fn connect_ip<T: HasTarget>(block: &mut T, keyword: &Word, words: &[Word], report: &mut Report) {
    let Some(word) = words.first() else { return };
    match value::ip(word) {
        Some(address) => block.target().connect_ip = Some(address),
        None => malformed(block, keyword, word, report),
    }
}

fn bindto<T: HasTarget>(block: &mut T, keyword: &Word, words: &[Word], report: &mut Report) {
    let Some(word) = words.first() else { return };
    match value::ip(word) {
        Some(address) => block.target().bindto = Some(address),
        None => malformed(block, keyword, word, report),
    }
}

/// A probe without this address would ask somebody else.
fn malformed<T: HasTarget>(block: &mut T, keyword: &Word, word: &Word, report: &mut Report) {
    block.target().is_unusable = true;
    let message = format!(
        "{}: malformed address '{}': leaving the checker out",
        keyword.text, word.text
    );
    let help = "an IPv4 or IPv6 address; names are not looked up";
    report.add_with_help(Severity::Error, &word.at, message, help);
}

fn bind_if<T: HasTarget>(block: &mut T, _: &Word, words: &[Word], report: &mut Report) {
    if let [word, ..] = words
        && let Some(name) = interface_name(word, report)
    {
        block.target().bind_if = Some(name);
    }
}

/// How long it may take.
pub(in super::super) const fn timeout<T: HasRhythm>() -> [Keyword<T>; 1] {
    [seconds(
        "connect_timeout",
        SHORTEST_TIMEOUT..=LONGEST,
        "a probe that takes longer has failed; of real servers 5 s if not given",
        |block, timeout| block.rhythm().timeout = Some(timeout.value),
    )]
}

/// How often a probe is run, and what it takes to believe in a failure.
pub(in super::super) const fn rhythm<T: HasRhythm>() -> [Keyword<T>; 5] {
    [
        number(
            "retry",
            0..=u32::MAX as i64,
            "failures in a row that are not believed; of real servers 1 if not given, 3 of DNS_CHECK, \
             0 of MISC_CHECK and FILE_CHECK",
            |block, retry| block.rhythm().retry = value::count(&retry),
        ),
        seconds(
            "delay_before_retry",
            Duration::ZERO..=LONGEST_WAIT,
            "time from such a failure to the next probe; of real servers 1 s if not given, 3 s of \
             HTTP_GET and SSL_GET, delay_loop of DNS_CHECK and FILE_CHECK",
            |block, delay| block.rhythm().delay_before_retry = Some(delay.value),
        ),
        seconds(
            "warmup",
            Duration::ZERO..=LONGEST_WAIT,
            "the first probe comes at a random time within this; of real servers delay_loop if not \
             given, 0 of FILE_CHECK",
            |block, warmup| block.rhythm().warmup = Some(warmup.value),
        ),
        seconds(
            "delay_loop",
            SHORTEST_INTERVAL..=LONGEST_WAIT,
            "time from one probe to the next; of real servers 60 s if not given, 1 s of FILE_CHECK",
            |block, interval| block.rhythm().delay_loop = Some(interval.value),
        ),
        switch(
            "alpha",
            "it counts as bad until its first success",
            |block, on| block.rhythm().alpha = Some(on),
        ),
    ]
}

/// What is told of failures.
pub(super) const fn logging<T: HasRhythm>() -> [Keyword<T>; 1] {
    [switch(
        "log_all_failures",
        "log every failed probe",
        |block, on| block.rhythm().log_all_failures = Some(on),
    )]
}
