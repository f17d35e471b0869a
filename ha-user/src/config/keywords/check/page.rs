//! `url { ... }` of `HTTP_GET` and `SSL_GET`.

use super::super::super::diagnostic::{At, Report, Severity};
use super::super::super::draft::check::PageDraft;
use super::super::super::lexer::Word;
use super::super::number::whole;
use super::super::{
    Keyword, Table, accepted, dispensable, flag, later, number, takes, value, words,
};
use std::ops::RangeInclusive;

pub(super) const TABLE: Table<PageDraft> = Table {
    keywords: &[KEYWORDS],
    later: later::URL,
};

/// Octets of a body.
const OFFSETS: RangeInclusive<i64> = 0..=u32::MAX as i64;
/// RFC 9110 section 15.
const CODES: RangeInclusive<u16> = 100..=599;

const KEYWORDS: &[Keyword<PageDraft>] = &[
    words(
        "path",
        "PATH",
        1..=1,
        "what to get",
        |page, keyword, words, report| {
            page.path = value::token(keyword, words, report).map(|path| path.value);
        },
    ),
    words(
        "digest",
        "HEX",
        1..=1,
        "MD5 of the body, 32 hexadecimal digits",
        digest,
    ),
    words(
        "status_code",
        "CODE[-CODE]...",
        1..=usize::MAX,
        "codes that are good; 200-299 if not given",
        status_code,
    ),
    dispensable(words(
        "virtualhost",
        "NAME",
        1..=1,
        "Host header; that of the checker if not given",
        |page, keyword, words, report| {
            page.virtualhost = value::token(keyword, words, report);
        },
    )),
    dispensable(words(
        "regex",
        "EXPRESSION",
        1..=1,
        "what the body must match: a regular expression in the syntax of Rust's `regex`",
        |page, _, words, _| page.regex = words.first().map(value::located),
    )),
    flag("regex_no_match", "the body must not match", |page, _| {
        page.is_unwanted = true
    }),
    words(
        "regex_options",
        "caseless|dotall|extended|multiline|ungreedy|utf|ucp...",
        1..=usize::MAX,
        "how the expression is read",
        options,
    ),
    number(
        "regex_min_offset",
        OFFSETS,
        "first octet of the body that a match may begin at",
        |page, offset| page.min_offset = octets(&offset).unwrap_or(0),
    ),
    number(
        "regex_max_offset",
        OFFSETS,
        "last octet of the body that a match may begin at",
        |page, offset| page.max_offset = octets(&offset),
    ),
    accepted(
        "regex_stack",
        takes::each("START MOST", 2..=2, |word| whole(word, &OFFSETS).is_ok()),
        "matching needs none",
    ),
];

fn octets(offset: &At<i64>) -> Option<usize> {
    usize::try_from(offset.value).ok()
}

fn digest(page: &mut PageDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    let [word, ..] = words else { return };
    match md5(&word.text) {
        Some(digest) => page.digest = Some(digest),
        None => {
            let message = format!("{}: malformed digest - ignoring", keyword.text);
            let help = "32 hexadecimal digits";
            report.add_with_help(Severity::Error, &word.at, message, help);
        }
    }
}

fn md5(text: &str) -> Option<[u8; 16]> {
    if text.len() != 32 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let number = u128::from_str_radix(text, 16).ok()?;
    Some(number.to_be_bytes())
}

fn status_code(page: &mut PageDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    for word in words {
        match codes(&word.text) {
            Some(range) => page.codes.push(range),
            None => {
                let message = format!(
                    "{}: '{}' is no code and no range of codes - ignoring",
                    keyword.text, word.text
                );
                let help = "100 to 599, the lower one first, as in 200-299";
                report.add_with_help(Severity::Error, &word.at, message, help);
            }
        }
    }
}

fn codes(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let code = |text: &str| {
        let digits = text.bytes().all(|digit| digit.is_ascii_digit());
        let code = text.parse().ok().filter(|code| CODES.contains(code));
        code.filter(|_| digits)
    };
    let range = (code(first)?, code(last)?);
    (range.0 <= range.1).then_some(range)
}

fn options(page: &mut PageDraft, _: &Word, words: &[Word], report: &mut Report) {
    for word in words {
        match option(&word.text) {
            Meaning::Flag(flag) => page.flags.push(flag),
            Meaning::SoAnyway => {}
            Meaning::NoEffect => {
                let message = format!("regex_options: `{}` has no effect", word.text);
                report.add(Severity::Warning, &word.at, message);
            }
            Meaning::None => {
                let message = format!("regex_options: unknown option '{}' - ignoring", word.text);
                report.add(Severity::Error, &word.at, message);
            }
        }
    }
}

/// What becomes of one of `regex_options`.
enum Meaning {
    /// The expression has a flag for it.
    Flag(char),
    /// What it asks for is so in any case.
    SoAnyway,
    NoEffect,
    None,
}

fn option(name: &str) -> Meaning {
    match name {
        "caseless" => Meaning::Flag('i'),
        "multiline" => Meaning::Flag('m'),
        "dotall" => Meaning::Flag('s'),
        "extended" => Meaning::Flag('x'),
        "ungreedy" => Meaning::Flag('U'),
        "utf" | "ucp" | "no_auto_possess" | "no_dotstar_anchor" | "no_start_optimize"
        | "never_backslash_c" | "use_offset_limit" => Meaning::SoAnyway,
        "allow_empty_class"
        | "alt_bsux"
        | "alt_circumflex"
        | "alt_verbnames"
        | "auto_callout"
        | "dollar_endonly"
        | "dupnames"
        | "firstline"
        | "match_unset_backref"
        | "never_ucp"
        | "never_utf"
        | "no_auto_capture" => Meaning::NoEffect,
        _ => Meaning::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbers_or_a_range_that_rises() {
        assert_eq!(codes("200"), Some((200, 200)));
        assert_eq!(codes("200-299"), Some((200, 299)));
        for text in [
            "", "-", "299-200", "99", "600", "2000", "200-", "-200", "+200", "1-2-3", "2xx",
        ] {
            assert_eq!(codes(text), None, "{text}");
        }
    }

    #[test]
    fn a_digest_is_32_digits() {
        let digest = md5("9b3a0c85a887a256d6939da88aabd8cD");
        assert_eq!(digest.map(|digest| digest[15]), Some(0xcd));
        for text in [
            "",
            "9b",
            "+b3a0c85a887a256d6939da88aabd8cd",
            "é3a0c85a887a256d6939da88aabd8cd",
        ] {
            assert_eq!(md5(text), None, "{text}");
        }
    }
}
