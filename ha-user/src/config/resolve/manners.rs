//! How a MASTER answers others, and when neighbours are told who it is.

use std::time::Duration;

use super::Context;
use crate::config::diagnostic::Severity;
use crate::config::draft::{GlobalDraft, InstanceDraft};
use crate::config::model::manners::{Garp, Manners};

/// The gratuitous ARPs of instances that say nothing of them. What a lower advert provokes is what a
/// takeover does, unless it is said.
pub(super) fn default_garp(global: &GlobalDraft) -> Garp {
    let otherwise = match global.min_garp {
        true => Garp::MINIMAL,
        false => Garp::default(),
    };
    let garp = global.garp.or(otherwise);
    global.garp.or(Garp {
        lower_prio_delay: garp.delay,
        lower_prio_repeat: garp.repeat,
        ..garp
    })
}

/// What keepalived makes of it: strict instances do not answer.
pub(super) fn resolve(draft: &InstanceDraft, context: &mut Context<'_>) -> (Manners, Garp) {
    let manners = draft.manners.or(default_manners(context.global));
    let garp = draft.garp.or(default_garp(context.global));
    if !context.is_strict(draft) {
        return (manners, garp);
    }
    complain(draft, context);
    (
        Manners {
            lower_prio_no_advert: true,
            higher_prio_send_advert: false,
        },
        Garp {
            lower_prio_delay: Duration::ZERO,
            lower_prio_repeat: 0,
            ..garp
        },
    )
}

/// What instances do that say nothing of it.
pub(super) fn default_manners(global: &GlobalDraft) -> Manners {
    global.manners.or(Manners::default())
}

/// Says what a strict instance asks for and does not get.
fn complain(draft: &InstanceDraft, context: &mut Context<'_>) {
    let (garp, manners) = (&draft.garp, &draft.manners);
    let repeats = garp.lower_prio_repeat.is_some_and(|count| count > 0);
    let waits = garp.lower_prio_delay.is_some_and(|delay| !delay.is_zero());
    let complaints = [
        (repeats, "Strict mode requires no repeat garps. resetting"),
        (
            waits,
            "Strict mode requires no repeat garp delay. resetting",
        ),
        (
            manners.lower_prio_no_advert == Some(false),
            "Strict mode requires no lower priority advert. resetting",
        ),
        (
            manners.higher_prio_send_advert == Some(true),
            "strict mode requires higher_prio_send_advert to be clear. resetting",
        ),
    ];
    for (_, text) in complaints.into_iter().filter(|(applies, _)| *applies) {
        context.say(Severity::Warning, &draft.name, &draft.name.at, text);
    }
}
