//! What the operator decides about a Virtual Router (RFC 9568 section 6.1), in the RFC's words.

use std::net::IpAddr;
use std::time::Duration;

use ha_common::{Priority, Vrid};

use super::timing::advert_spacing;

/// Protocol version spoken on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 3768: whole seconds, Skew_Time independent of the interval.
    V2,
    /// RFC 9568: centiseconds.
    V3,
}

/// Parameters of one Virtual Router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Virtual Router Identifier.
    pub vrid: Vrid,
    /// Protocol version.
    pub version: Version,
    /// Configured Priority, before tracked objects raise or lower it.
    pub priority: Priority,
    /// Advertisement_Interval, already rounded to what `version` can say on the wire.
    pub advertisement_interval: Duration,
    /// Preempt_Mode: take over from an Active router of lower priority.
    pub preempt_mode: bool,
    /// How long such a router is left alone first (keepalived's `preempt_delay`); zero for not at all.
    pub preempt_delay: Duration,
    /// Adverts whose absence means that the Active router is gone (3 in the RFC).
    pub down_timer_adverts: u8,
    /// Source of our adverts; decides between equal priorities. `None` while the interface has no
    /// address, which keeps the router in Initialize.
    pub primary_ip: Option<IpAddr>,
    /// Addresses named in adverts.
    pub addresses: Vec<IpAddr>,
    /// Expect to become Active at start: a shorter first timer (keepalived's `state MASTER`).
    pub eager_start: bool,
    /// Whether less than Skew_Time is waited for an Active router that is known to go.
    pub fast_handover: FastHandover,
    /// When neighbours are told of a takeover.
    pub announcements: Announcements,
    /// How others are answered while Active.
    pub manners: Manners,
}

/// What a Priority is with the weights of tracked objects, which never touch the owner's, and never make one.
#[must_use]
pub fn effective_priority(base: Priority, weight: i32) -> Priority {
    if base == Priority::OWNER {
        return base;
    }
    let sum = i32::from(base.get()).saturating_add(weight);
    Priority::new(u8::try_from(sum.clamp(1, 254)).unwrap_or(base.get()))
}

impl Parameters {
    /// Time from one of our adverts to the next.
    #[must_use]
    pub fn advert_spacing(&self) -> Duration {
        advert_spacing(self.down_timer_adverts, self.advertisement_interval)
    }
}

/// When a Backup router waits less than Skew_Time for an Active router that says farewell, or that
/// has fallen below the Backup router's own Priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FastHandover {
    /// Never: Skew_Time, as in the RFC.
    Never,
    /// While no more than one other router has been seen.
    BetweenTwo,
    /// Always.
    Always,
}

/// What an Active router says to others, besides its adverts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// Adverts of lower routers are not answered (keepalived's `lower_prio_no_advert`). A farewell is.
    pub ignores_lower: bool,
    /// One more advert before it yields (keepalived's `higher_prio_send_advert`).
    pub has_last_word: bool,
}

/// When gratuitous ARPs go out, while Active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcements {
    /// From the takeover to the second burst; zero for none.
    pub delay: Duration,
    /// Between refreshes while Active; zero for none.
    pub refresh: Duration,
    /// Announcements per address in the first and the second burst.
    pub repeat: u32,
    /// Announcements per address in a refresh.
    pub refresh_repeat: u32,
    /// After an advert of lower priority.
    pub provoked: Provoked,
}

/// Gratuitous ARPs that somebody else is the reason for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provoked {
    /// Announcements per address; zero for none.
    pub repeat: u32,
    /// Until they are made once more; zero for never.
    pub delay: Duration,
}

impl Default for Announcements {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(5),
            refresh: Duration::ZERO,
            repeat: 5,
            refresh_repeat: 1,
            provoked: Provoked {
                repeat: 5,
                delay: Duration::from_secs(5),
            },
        }
    }
}
