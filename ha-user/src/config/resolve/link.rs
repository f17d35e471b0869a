//! `interface_up_down_delays`: how long a fault of a link can be held back.

use super::super::diagnostic::{At, Severity};
use super::super::draft::link::LinksDraft;
use super::super::model::Instance;
use super::super::model::link::LinkDelay;
use super::Context;
use std::time::Duration;

/// What is left of the delays, with what instances there are on the links.
pub(super) fn resolve(
    draft: LinksDraft,
    instances: &[Instance],
    context: &mut Context<'_>,
) -> Vec<LinkDelay> {
    for polled in &draft.polled {
        context.awaited(polled, "linkbeat interface");
    }
    let delays = draft.delays.into_iter();
    delays
        .map(|At { value, at }| {
            let name = At {
                value: value.name.clone(),
                at,
            };
            context.awaited(&name, "up/down delay");
            shorten(value, &name, instances, context)
        })
        .collect()
}

/// A fault must be known before the lease ends that the last advert has bought.
fn shorten(
    delay: LinkDelay,
    name: &At<String>,
    instances: &[Instance],
    context: &mut Context<'_>,
) -> LinkDelay {
    let own = instances.iter().filter(|one| one.interface == delay.name);
    let Some(limit) = own.map(longest).min().filter(|limit| delay.down > *limit) else {
        return delay;
    };
    let message = format!(
        "{}: a link that is down counts as such after {limit:?}, for adverts of its instances buy \
         no more time",
        delay.name
    );
    context.report.add(Severity::Notice, &name.at, message);
    LinkDelay {
        down: limit,
        ..delay
    }
}

/// Adverts that may be missed, without the last, and a margin. Never longer than keepalived's two
/// intervals.
fn longest(instance: &Instance) -> Duration {
    let interval = instance.advert_int;
    let adverts = u32::from(instance.down_timer_adverts).clamp(1, 3);
    match adverts {
        // Adverts go out twice as often, and the lease is shorter than an interval.
        1 => interval * 3 / 8,
        _ => interval * (adverts - 1) - interval / 8,
    }
}
