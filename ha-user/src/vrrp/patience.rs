//! Leaving a living Active router of lower priority alone for a while (keepalived's `preempt_delay`).
//!
//! A router that is patient is one that does not preempt, and one whose patience is over is one that
//! does. So the end of patience is the same to the election as an operator who changes Preempt_Mode
//! (`docs/engine.md`).

use std::time::Duration;

use ha_common::Nanos;

/// How long a Backup router has put up with lower ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Patience {
    /// No lower router has been heard since we are Backup, or since a better one was.
    #[default]
    Untried,
    /// A lower one has, and is left alone until then.
    Until(Nanos),
    /// That was long enough.
    Over,
}

impl Patience {
    /// Whether lower routers are obeyed, by one who is patient for `delay`.
    pub(super) fn lasts(self, delay: Duration) -> bool {
        !delay.is_zero() && self != Self::Over
    }

    /// A lower router has spoken at `now`, to one who is patient for `delay`.
    pub(super) fn try_at(self, now: Nanos, delay: Duration) -> Self {
        match self {
            Self::Untried if !delay.is_zero() => Self::Until(now + delay),
            patience => patience,
        }
    }

    /// When it ends.
    pub(super) fn deadline(self) -> Option<Nanos> {
        match self {
            Self::Until(at) => Some(at),
            Self::Untried | Self::Over => None,
        }
    }
}
