//! `garp_group { ... }`.

use super::super::diagnostic::Report;
use super::super::draft::garp_group::GarpGroupDraft;
use super::super::lexer::Word;
use super::instance_value::interface_name;
use super::{Keyword, Table, lines, seconds, words};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The longest that keepalived counts.
const PAUSE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(2147);

pub(super) const TABLE: Table<GarpGroupDraft> = Table {
    keywords: &[KEYWORDS],
    later: &[],
};

const KEYWORDS: &[Keyword<GarpGroupDraft>] = &[
    seconds(
        "garp_interval",
        PAUSE,
        "pause between two gratuitous ARPs of the group; none if not given",
        |group, pause| group.garp_interval = Some(pause.value),
    ),
    seconds(
        "gna_interval",
        PAUSE,
        "pause between two unsolicited neighbour adverts of the group; none if not given",
        |group, pause| group.gna_interval = Some(pause.value),
    ),
    words(
        "interface",
        "INTERFACE",
        1..=1,
        "one of the interfaces",
        |group, _, words, report| add(group, words, report),
    ),
    lines("interfaces", "INTERFACE...", "the interfaces", add),
];

fn add(group: &mut GarpGroupDraft, words: &[Word], report: &mut Report) {
    let names = words.iter();
    let interfaces = names.filter_map(|word| interface_name(word, report));
    group.interfaces.extend(interfaces);
}
