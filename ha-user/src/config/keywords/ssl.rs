//! `SSL { ... }`.

use super::super::draft::ssl::SslDraft;
use super::value::located;
use super::{Keyword, Table, checked, dispensable, words};

pub(super) const TABLE: Table<SslDraft> = Table {
    keywords: &[KEYWORDS],
    later: &[],
};

const KEYWORDS: &[Keyword<SslDraft>] = &[
    dispensable(words(
        "certificate",
        "PATH",
        1..=1,
        "what SSL_GET shows servers: a certificate, and those that vouch for it, as PEM",
        |ssl, _, words, _| ssl.certificate = words.first().map(located),
    )),
    dispensable(words(
        "key",
        "PATH",
        1..=1,
        "the key of that certificate, as PEM",
        |ssl, _, words, _| ssl.key = words.first().map(located),
    )),
    dispensable(words(
        "ca",
        "PATH",
        1..=1,
        "authorities of which one must vouch for a server, as PEM; any server is believed if not given",
        |ssl, _, words, _| ssl.ca = words.first().map(located),
    )),
    dispensable(checked(words(
        "password",
        "TEXT",
        1..=1,
        "of a key that is encrypted, which cannot be read yet",
        |ssl, _, words, _| ssl.password = words.first().map(located),
    ))),
];
