//! Intervals of RFC 9568 section 6.1, of the lease, and of how long a silence is doubted.

use std::time::Duration;

use ha_common::Priority;

use super::Version;

/// What the wait for others to yield lasts: a fence acts in the packet, so this is for its flight.
pub(super) const CLAIM: Duration = Duration::from_millis(1);

/// How long after its first claim the other claims of a group arrive, if it makes any.
pub(super) const CLAIMS_OF_GROUP: Duration = Duration::from_millis(3);

/// Shortest and longest interval that a version 3 advert can sensibly name (12 bits of
/// centiseconds). A sender that names zero must not make us take over at once.
const LEARNABLE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(40_950));

/// What each step of Priority is worth in a fast handover: more than the flight of an advert on a
/// LAN, so that the better router speaks before the next one stops waiting.
const HANDOVER_STEP: Duration = Duration::from_micros(100);

/// Finest wake-up that we count on.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// Skew_Time: the higher the priority, the sooner a Backup router believes a silence.
///
/// Version 2 skews by a fraction of a second (RFC 3768 section 6.1), version 3 by a fraction of
/// Active_Adver_Interval.
pub(super) fn skew_time(version: Version, priority: Priority, active: Duration) -> Duration {
    let whole = match version {
        Version::V2 => Duration::from_secs(1),
        Version::V3 => active,
    };
    whole.saturating_mul(256 - u32::from(priority.get())) / 256
}

/// What is waited instead of `skew` in a fast handover.
pub(super) fn handover_time(priority: Priority, skew: Duration) -> Duration {
    skew.min(HANDOVER_STEP * (256 - u32::from(priority.get())))
}

/// Active_Down_Interval: the silence after which the Active router counts as gone.
pub(super) fn active_down_interval(adverts: u8, active: Duration, skew: Duration) -> Duration {
    active
        .saturating_mul(u32::from(adverts.max(1)))
        .saturating_add(skew)
}

/// How long an advert lets its sender own the addresses.
///
/// It ends before a Backup router that heard that advert and uses the same `adverts` stops
/// waiting, whatever that router's Skew_Time.
pub(super) fn lease_length(adverts: u8, interval: Duration) -> Duration {
    interval
        .saturating_mul(u32::from(adverts.max(1)))
        .saturating_sub(TICK.max(interval / 16))
}

/// Time between two adverts that keeps a lease of [`lease_length`] alive.
///
/// That is the interval itself, but where a single lost advert is a silence the lease is shorter
/// than the interval, and adverts go out twice as often.
pub(super) fn advert_spacing(adverts: u8, interval: Duration) -> Duration {
    if adverts <= 1 { interval / 2 } else { interval }
}

/// How much earlier than its Adver_Timer says an advert may go out in the company of others.
pub(super) fn earliness(spacing: Duration) -> Duration {
    TICK.min(spacing / 20)
}

/// The interval that a Backup router learns from an advert.
pub(super) fn learnable(interval: Duration) -> Duration {
    interval.clamp(LEARNABLE.0, LEARNABLE.1)
}

/// How long to doubt a silence that was noticed `late` after it was complete, if at all.
///
/// A late wake-up means that this process, or the whole host, stood still, and adverts may wait in
/// queues. They get as long to arrive as we were late, but no longer than Skew_Time.
pub(super) fn doubt(late: Duration, skew: Duration) -> Option<Duration> {
    (late > skew.min(TICK)).then(|| late.clamp(TICK, skew.max(TICK)))
}
