//! `UDP_CHECK { ... }`.

use super::super::super::diagnostic::{At, Report, Severity};
use super::super::super::draft::check::{CheckDraft, UdpDraft};
use super::super::super::lexer::Word;
use super::super::{Keyword, Table, number, words};
use super::common::{logging, rhythm, target, timeout};
use super::hex;

pub(super) const TABLE: Table<CheckDraft<UdpDraft>> = Table {
    keywords: &[KEYWORDS, &target(), &timeout(), &rhythm(), &logging()],
    later: &[],
};

/// Most octets that a datagram over IPv4 can have.
const LONGEST_DATAGRAM: usize = 65_507;
/// The same as the range of a number.
const LENGTHS: std::ops::RangeInclusive<i64> = 0..=LONGEST_DATAGRAM as i64;

const KEYWORDS: &[Keyword<CheckDraft<UdpDraft>>] = &[
    words(
        "payload",
        "HEX...|\"TEXT\"",
        1..=usize::MAX,
        "what to send; some random octets if not given",
        payload,
    ),
    words(
        "require_reply",
        "[HEX...|\"TEXT\"]",
        0..=usize::MAX,
        "there must be a reply, and this is how it begins; X is any digit",
        require_reply,
    ),
    number(
        "min_reply_length",
        LENGTHS,
        "shortest reply; 0 if not given",
        |check, length| check.method.least = octets(&length),
    ),
    number(
        "max_reply_length",
        LENGTHS,
        "longest reply; 255 if not given",
        |check, length| check.method.most = octets(&length),
    ),
];

fn octets(length: &At<i64>) -> Option<usize> {
    usize::try_from(length.value).ok()
}

fn payload(check: &mut CheckDraft<UdpDraft>, keyword: &Word, words: &[Word], report: &mut Report) {
    match hex::octets(words) {
        Some(octets) if octets.len() <= LONGEST_DATAGRAM => check.method.payload = octets,
        _ => malformed(
            keyword,
            words,
            "hexadecimal digits, or text in quotes",
            report,
        ),
    }
}

fn require_reply(
    check: &mut CheckDraft<UdpDraft>,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    match hex::masked(words) {
        Some(start) => check.method.reply = Some(start),
        None => {
            check.method.reply = Some(Vec::new());
            let help = "hexadecimal digits, X for any, or text in quotes";
            malformed(keyword, words, help, report);
        }
    }
}

fn malformed(keyword: &Word, words: &[Word], help: &str, report: &mut Report) {
    let at = words.first().map_or(&keyword.at, |word| &word.at);
    let message = format!("{}: malformed octets - ignoring", keyword.text);
    report.add_with_help(Severity::Error, at, message, help);
}
