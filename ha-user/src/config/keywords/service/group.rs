//! `virtual_server_group NAME { ... }`: addresses, ranges of them, and firewall marks.

use super::super::super::diagnostic::{Report, Severity};
use super::super::super::draft::Draft;
use super::super::super::draft::service::GroupDraft;
use super::super::super::lexer::Word;
use super::super::super::tree::Statement;
use super::super::interpret::no_block;
use super::super::root::block_name;
use super::range::Range;
use super::{mark_of, port_of, skip};
use std::net::SocketAddr;

/// Most addresses that a group may have.
const MOST: u128 = 1 << 16;

/// A whole group.
pub(in super::super) fn group(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    let known = draft
        .groups
        .iter()
        .any(|group| group.name.value == name.value);
    if known {
        let message = format!(
            "virtual_server_group {} already defined: ignoring this one",
            name.value
        );
        return report.add(Severity::Error, &name.at, message);
    }
    let mut group = GroupDraft {
        name,
        addresses: Vec::new(),
        has_mark: false,
    };
    for line in statement.body.as_deref().unwrap_or_default() {
        member(&mut group, &line.words(), report);
        no_block(line, report);
    }
    draft.groups.push(group);
}

fn member(group: &mut GroupDraft, words: &[Word], report: &mut Report) {
    match words {
        [word, mark] | [word, mark, _] if word.text == "fwmark" => {
            group.has_mark |= mark_of(mark, report).is_some();
        }
        [range] => addresses(group, range, Some(0), report),
        [range, port] => addresses(group, range, port_of(port), report),
        words => skip("member of a group", words, &group.name.at, report).unwrap_or_default(),
    }
}

fn addresses(group: &mut GroupDraft, word: &Word, port: Option<u16>, report: &mut Report) {
    let there = u128::try_from(group.addresses.len()).unwrap_or(MOST);
    let fault = match (Range::read(&word.text), port) {
        (Some(range), Some(port)) if range.span().saturating_add(there) < MOST => {
            let addresses = range.addresses();
            let more = addresses.map(|address| SocketAddr::new(address, port));
            return group.addresses.extend(more);
        }
        (Some(_), Some(_)) => format!("more than {MOST} addresses in the group"),
        (Some(_), None) => "a port is 1 to 65535".into(),
        (None, _) => "no address and no range of addresses".into(),
    };
    let message = format!("'{}': {fault}: skipping it", word.text);
    let help = "ADDRESS, FIRST-LAST or NETWORK/LENGTH, and a port";
    report.add_with_help(Severity::Error, &word.at, message, help);
}
