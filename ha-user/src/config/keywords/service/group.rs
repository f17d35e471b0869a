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
/// Most addresses that all groups may have: far more than there can be services.
const MOST_IN_ALL: u128 = if cfg!(fuzzing) { 1 << 10 } else { 1 << 18 };

/// A whole group.
pub(in super::super) fn group(draft: &mut Draft, statement: &Statement, report: &mut Report) {
    let Some(name) = block_name(statement, report) else {
        return;
    };
    if !draft.is_first("virtual_server_group", &name) {
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
        member(&mut group, &line.words(), draft.group_addresses, report);
        no_block(line, report);
    }
    draft.group_addresses += group.addresses.len();
    draft.groups.push(group);
}

/// `others` is the number of addresses of other groups.
fn member(group: &mut GroupDraft, words: &[Word], others: usize, report: &mut Report) {
    match words {
        [word, mark] | [word, mark, _] if word.text == "fwmark" => {
            group.has_mark |= mark_of(mark, report).is_some();
        }
        [range] => addresses(group, range, Some(0), others, report),
        [range, port] => addresses(group, range, port_of(port), others, report),
        words => skip("member of a group", words, &group.name.at, report).unwrap_or_default(),
    }
}

fn addresses(
    group: &mut GroupDraft,
    word: &Word,
    port: Option<u16>,
    others: usize,
    report: &mut Report,
) {
    let there = group.addresses.len() as u128;
    let left = MOST_IN_ALL.saturating_sub(others as u128).min(MOST);
    let fault = match (Range::read(&word.text), port) {
        (Some(range), Some(port)) if range.span().saturating_add(there) < left => {
            let addresses = range.addresses();
            let more = addresses.map(|address| SocketAddr::new(address, port));
            return group.addresses.extend(more);
        }
        (Some(_), Some(_)) if left < MOST => {
            format!("more than {MOST_IN_ALL} addresses in all groups")
        }
        (Some(_), Some(_)) => format!("more than {MOST} addresses in the group"),
        (Some(_), None) => "a port is 1 to 65535".into(),
        (None, _) => "no address and no range of addresses".into(),
    };
    let message = format!("'{}': {fault}: skipping it", word.text);
    let help = "ADDRESS, FIRST-LAST or NETWORK/LENGTH, and a port";
    report.add_with_help(Severity::Error, &word.at, message, help);
}
