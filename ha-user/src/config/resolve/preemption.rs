//! Whether, and when, a living MASTER of lower priority is replaced.

use std::time::Duration;

use super::Context;
use super::instance::OWNER_PRIORITY;
use crate::config::diagnostic::{At, Severity};
use crate::config::draft::InstanceDraft;

/// What an instance does about a MASTER of lower priority.
pub(super) struct Preemption {
    /// It takes over.
    pub preempts: bool,
    /// After so long.
    pub delay: Duration,
}

/// What keepalived makes of `nopreempt` and `preempt_delay`.
pub(super) fn resolve(
    draft: &InstanceDraft,
    initial_master: bool,
    priority: u8,
    context: &mut Context<'_>,
) -> Preemption {
    let preempts = preempts(draft, initial_master, priority, context);
    Preemption {
        preempts,
        delay: delay(draft, initial_master, priority, preempts, context),
    }
}

fn preempts(
    draft: &InstanceDraft,
    initial_master: bool,
    priority: u8,
    context: &mut Context<'_>,
) -> bool {
    let Some(At { at, .. }) = &draft.nopreempt else {
        return true;
    };
    let text = if initial_master {
        "Warning - nopreempt will not work with initial state MASTER - clearing"
    } else if priority == OWNER_PRIORITY {
        "nopreempt is incompatible with priority 255. resetting nopreempt"
    } else {
        return false;
    };
    context.say(Severity::Warning, &draft.name, at, text);
    true
}

fn delay(
    draft: &InstanceDraft,
    initial_master: bool,
    priority: u8,
    preempts: bool,
    context: &mut Context<'_>,
) -> Duration {
    let Some(At { at, value }) = &draft.preempt_delay else {
        return Duration::ZERO;
    };
    let text = if value.is_zero() {
        return Duration::ZERO;
    } else if context.is_strict(draft) {
        "preempt_delay is incompatible with strict mode - resetting"
    } else if initial_master || priority == OWNER_PRIORITY {
        "Warning - preempt delay will not work with initial state MASTER - clearing"
    } else if !preempts {
        "preempt_delay is incompatible with nopreempt mode - resetting"
    } else {
        return *value;
    };
    context.say(Severity::Warning, &draft.name, at, text);
    Duration::ZERO
}
