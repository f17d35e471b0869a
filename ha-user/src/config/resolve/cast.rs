//! Where adverts go to and come from: a group, or peers.

use super::Context;
use crate::config::diagnostic::{At, Severity};
use crate::config::draft::InstanceDraft;
use crate::config::model::dump::Defaults;
use ha_common::Family;
use std::net::IpAddr;

/// The source of unicast adverts counts where there are peers, and for multicast where no other
/// is given, as in keepalived.
pub(super) fn source(draft: &InstanceDraft) -> Option<IpAddr> {
    let unicast = draft.unicast_source.as_ref().map(|source| source.value);
    if draft.unicast_peers.is_empty() {
        return draft.multicast_source.or(unicast);
    }
    unicast.or(draft.multicast_source)
}

pub(super) fn check_unicast_src(draft: &InstanceDraft, context: &mut Context<'_>) -> bool {
    let asked = draft.check_unicast_src;
    let lacks_peers = draft.unicast_peers.is_empty() && !draft.unicast_fault_no_peer;
    if lacks_peers && (asked.is_some() || draft.unicast_source.is_some()) {
        let at = draft
            .unicast_source
            .as_ref()
            .map_or(&draft.name.at, |source| &source.at);
        let text = "A unicast keyword has been specified without any unicast peers. \
                    Defaulting to multicast.";
        context.say(Severity::Warning, &draft.name, at, text);
    }
    !draft.peer_ttls.is_empty() || asked.unwrap_or(context.global.check_unicast_src)
}

/// Where adverts go to without peers.
pub(super) fn group(draft: &InstanceDraft, family: Family, context: &mut Context<'_>) -> IpAddr {
    let otherwise = Defaults::default();
    let everybodys = match family {
        Family::Ipv4 => context.global.group4.unwrap_or(otherwise.group4),
        Family::Ipv6 => context.global.group6.unwrap_or(otherwise.group6),
    };
    match &draft.group {
        Some(At { at, .. }) if !draft.unicast_peers.is_empty() => {
            let text = "multicast destination specified with unicast - ignoring";
            context.say(Severity::Warning, &draft.name, at, text);
            everybodys
        }
        Some(group) => group.value,
        None => everybodys,
    }
}

/// For how many routers adverts to peers are good, if that is said.
pub(super) fn unicast_ttl(draft: &InstanceDraft, context: &mut Context<'_>) -> Option<u8> {
    let At { value, at } = draft.unicast_ttl.as_ref()?;
    if draft.unicast_peers.is_empty() {
        let text = "Cannot use unicast_ttl without unicast peers - resetting";
        context.say(Severity::Warning, &draft.name, at, text);
        return None;
    }
    Some(*value)
}

/// Whether it must have a peer, and has none.
pub(super) fn lacks_peers(draft: &InstanceDraft, context: &mut Context<'_>) -> bool {
    let lacks_peers = draft.unicast_fault_no_peer && draft.unicast_peers.is_empty();
    if lacks_peers {
        let text = "Cannot use unicast without any peers - going to fault state";
        context.say(Severity::Notice, &draft.name, &draft.name.at, text);
    }
    lacks_peers
}
