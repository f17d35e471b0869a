//! Lines of `unicast_peer`.

use super::super::diagnostic::{Report, Severity};
use super::super::draft::InstanceDraft;
use super::super::lexer::Word;
use super::super::model::PeerTtl;
use super::number::whole;
use super::value;
use std::ops::RangeInclusive;

/// What a TTL can be.
const TTLS: RangeInclusive<i64> = 0..=255;

/// `ADDRESS [min_ttl N] [max_ttl N]`.
pub(super) fn unicast_peer(instance: &mut InstanceDraft, words: &[Word], report: &mut Report) {
    let Some((word, options)) = words.split_first() else {
        return;
    };
    let Some(peer) = value::address_of(instance, "unicast_peer", word, report) else {
        return;
    };
    let mut ttl = PeerTtl {
        peer,
        min_ttl: u8::MIN,
        max_ttl: u8::MAX,
    };
    let owner = &instance.name.value;
    let is_given = read(&mut ttl, owner, options, report);
    let PeerTtl {
        min_ttl, max_ttl, ..
    } = ttl;
    if min_ttl > max_ttl {
        let message = format!(
            "({owner}) min_ttl {min_ttl} > max_ttl {max_ttl} - all packets will be discarded"
        );
        report.add(Severity::Warning, &word.at, message);
    }
    if !instance.unicast_peers.contains(&peer) {
        instance.unicast_peers.push(peer);
        instance.peer_ttls.extend(is_given.then_some(ttl));
    }
}

/// Reads `options` into `ttl`, up to one that makes no sense. Returns whether they say anything.
fn read(ttl: &mut PeerTtl, owner: &str, options: &[Word], report: &mut Report) -> bool {
    let mut is_given = false;
    for option in options.chunks(2) {
        let [name, value @ ..] = option else { break };
        let end = match name.text.as_str() {
            "min_ttl" => &mut ttl.min_ttl,
            "max_ttl" => &mut ttl.max_ttl,
            other => {
                let message = format!("({owner}) unknown unicast_peer option {other}");
                report.add_with_help(Severity::Error, &name.at, message, "min_ttl N, max_ttl N");
                break;
            }
        };
        let [word] = value else {
            let message = format!("({owner}) {} is missing a value", name.text);
            report.add_with_help(Severity::Error, &name.at, message, "0 to 255");
            break;
        };
        match whole(&word.text, &TTLS) {
            Ok(value) => {
                *end = u8::try_from(value).unwrap_or(*end);
                is_given = true;
            }
            Err(message) => report.add_with_help(Severity::Error, &word.at, message, "0 to 255"),
        }
    }
    is_given
}
