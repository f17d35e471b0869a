//! `DNS_CHECK { ... }`.

use super::super::super::diagnostic::{Report, Severity};
use super::super::super::draft::check::{CheckDraft, DnsDraft};
use super::super::super::lexer::Word;
use super::super::choice::{Choices, chosen};
use super::super::{Keyword, Table, words};
use super::common::{logging, rhythm, target, timeout};
use hickory_proto::rr::Name;

pub(super) const TABLE: Table<CheckDraft<DnsDraft>> = Table {
    keywords: &[KEYWORDS, &target(), &timeout(), &rhythm(), &logging()],
    later: &[],
};

const KEYWORDS: &[Keyword<CheckDraft<DnsDraft>>] = &[
    words(
        "type",
        "A|NS|CNAME|SOA|MX|TXT|AAAA|RRSIG|DNSKEY",
        1..=1,
        "type of record to ask for; SOA if not given",
        kind,
    ),
    words(
        "name",
        "NAME",
        1..=1,
        "name to ask for; the root if not given",
        name,
    ),
];

fn kind(check: &mut CheckDraft<DnsDraft>, keyword: &Word, words: &[Word], report: &mut Report) {
    const TYPES: Choices<&str> = &[
        ("A", "A"),
        ("NS", "NS"),
        ("CNAME", "CNAME"),
        ("SOA", "SOA"),
        ("MX", "MX"),
        ("TXT", "TXT"),
        ("AAAA", "AAAA"),
        ("RRSIG", "RRSIG"),
        ("DNSKEY", "DNSKEY"),
    ];
    let kind = chosen(TYPES, keyword, words, report);
    check.method.kind = kind.map(ToOwned::to_owned);
}

fn name(check: &mut CheckDraft<DnsDraft>, keyword: &Word, words: &[Word], report: &mut Report) {
    let Some(word) = words.first() else { return };
    if Name::from_ascii(&word.text).is_ok() {
        check.method.name = Some(word.text.to_string());
    } else {
        let (keyword, name) = (&keyword.text, &word.text);
        let message = format!("{keyword}: '{name}' is no name in DNS - ignoring");
        report.add(Severity::Error, &word.at, message);
    }
}
