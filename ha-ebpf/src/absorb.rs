//! Adverts that nobody needs: bad ones, and valid ones beyond what their router may send. While
//! there are many of them, they end here.
//!
//! This comes after the judgement: an advert that is dropped has been counted, stamped, and has
//! fenced whom it must.

use ha_common::abi::{Flood, Gate};
use ha_common::{Nanos, Reason};

use crate::maps::{self, Router};

/// What becomes of a bad advert for `router`.
#[inline(always)]
pub(crate) fn bad(reason: Reason, router: &Router, ifindex: u32, gate: &Gate) -> Reason {
    router.record.hearing().refuse(reason);
    if is_shed(router, ifindex, gate, maps::now()) {
        Reason::AdvertFloodBad
    } else {
        reason
    }
}

/// What becomes of a valid advert for `router` that its sender should not have sent yet.
#[inline(always)]
pub(crate) fn excessive(
    reason: Reason,
    router: &Router,
    ifindex: u32,
    gate: &Gate,
    now: Nanos,
) -> Reason {
    if is_shed(router, ifindex, gate, now) {
        Reason::AdvertFloodRepeated
    } else {
        reason
    }
}

/// Whether there are so many of these on the interface that this one must end here. One in a
/// second goes on for each router, so that people see what is going on.
#[inline(always)]
fn is_shed(router: &Router, ifindex: u32, gate: &Gate, now: Nanos) -> bool {
    let limit = gate.absorb_above();
    limit != 0
        && maps::flood(ifindex).is_some_and(|flood: &Flood| flood.note(now, limit))
        && !router.record.hearing().sample(now)
}
