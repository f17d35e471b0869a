//! What an instance begins as, and the version that it speaks: both follow from more than what is said
//! of them.

use super::Context;
use super::instance::OWNER_PRIORITY;
use crate::config::diagnostic::{At, Severity};
use crate::config::draft::InstanceDraft;
use crate::config::model::VrrpVersion;
use ha_common::Family;

/// Whether the instance begins as MASTER. A strict one does so if it owns the addresses, and else not,
/// whatever `state` says.
pub(super) fn initial_master(
    draft: &InstanceDraft,
    priority: u8,
    context: &mut Context<'_>,
) -> bool {
    let Some(At { at, value: asked }) = &draft.initial_master else {
        return false;
    };
    let is_owner = priority == OWNER_PRIORITY;
    if *asked == is_owner || !context.is_strict(draft) {
        return *asked;
    }
    let text = "State MASTER must match being address owner";
    context.say(Severity::Warning, &draft.name, at, text);
    is_owner
}

/// As of keepalived: `vrrp_version` is about IPv4, and over IPv6 version 2, which no RFC knows, is for
/// instances that ask for it and are not strict.
pub(super) fn version(
    draft: &InstanceDraft,
    family: Family,
    context: &mut Context<'_>,
) -> VrrpVersion {
    let default = match family {
        Family::Ipv4 => context.global.version.unwrap_or(VrrpVersion::V2),
        Family::Ipv6 => VrrpVersion::V3,
    };
    let Some(At { at, value: asked }) = &draft.version else {
        return default;
    };
    if (family, *asked) == (Family::Ipv6, VrrpVersion::V2) && context.is_strict(draft) {
        let text = "cannot use IPv6 with VRRP version 2; setting version 3";
        context.say(Severity::Warning, &draft.name, at, text);
        return VrrpVersion::V3;
    }
    *asked
}
