//! Whether packets to the addresses are for the host that has them: Accept_Mode (RFC 9568 section
//! 6.1), which is on unless the operator wants VRRP by the letter.

use super::Context;
use super::instance::OWNER_PRIORITY;
use crate::config::diagnostic::{At, Severity};
use crate::config::draft::InstanceDraft;
use crate::config::model::VrrpVersion;

/// What keepalived makes of `accept`, `no_accept` and strict mode.
pub(super) fn resolve(
    draft: &InstanceDraft,
    priority: u8,
    version: VrrpVersion,
    context: &mut Context<'_>,
) -> bool {
    let said = draft.accept.as_ref();
    if !context.is_strict(draft) {
        return said.is_none_or(|accept| accept.value);
    }
    match said {
        Some(At { value: false, .. }) => false,
        _ if priority == OWNER_PRIORITY => true,
        Some(_) if version == VrrpVersion::V3 => true,
        Some(At { at, .. }) => {
            let text = "warning - accept mode for VRRP version 2 does not comply with RFC3768 - \
                        resetting";
            context.say(Severity::Warning, &draft.name, at, text);
            false
        }
        None => {
            let text = "strict mode implies no_accept; in version 3, `accept` undoes that";
            context.say(Severity::Notice, &draft.name, &draft.name.at, text);
            false
        }
    }
}
