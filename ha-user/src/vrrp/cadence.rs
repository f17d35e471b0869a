//! The rhythm of our own adverts and the lease that each of them buys.

use std::time::Duration;

use super::Parameters;
use super::timing::{advert_spacing, lease_length};

/// Adverts after which every router that still hears us has learnt a longer interval.
const ADVERTS_TO_LEARN: u8 = 3;

/// Spacing of adverts and length of leases during one ownership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cadence {
    interval: Duration,
    adverts: u8,
    /// The interval before it grew, and how many more adverts it governs.
    shorter: Option<(Duration, u8)>,
}

impl Cadence {
    /// The rhythm that `parameters` ask for.
    pub(super) fn new(parameters: &Parameters) -> Self {
        Self {
            interval: parameters.advertisement_interval,
            adverts: parameters.down_timer_adverts,
            shorter: None,
        }
    }

    /// The rhythm that `parameters` ask for, where others have last heard of `interval`.
    pub(super) fn spoken(interval: Duration, parameters: &Parameters) -> Self {
        let before = Self {
            interval,
            ..Self::new(parameters)
        };
        before.change(parameters)
    }

    /// Follows a change of the configuration. Peers count silence in the interval that they heard
    /// last, so a longer one governs only after some adverts have named it.
    pub(super) fn change(self, parameters: &Parameters) -> Self {
        let grown = parameters.advertisement_interval > self.governing();
        Self {
            shorter: grown.then(|| (self.governing(), ADVERTS_TO_LEARN)),
            ..Self::new(parameters)
        }
    }

    /// How long a takeover lets us own the addresses before its advert is out: one that never
    /// leaves the host must not count for as much as one that did.
    pub(super) fn first_lease(&self) -> Duration {
        self.governing() / 2
    }

    /// How long the next advert lets us own the addresses.
    pub(super) fn lease(&self) -> Duration {
        lease_length(self.adverts, self.governing())
    }

    /// Time from the next advert to the one after it.
    pub(super) fn spacing(&self) -> Duration {
        advert_spacing(self.adverts, self.governing())
    }

    /// Notes that an advert has gone out.
    pub(super) fn advance(&mut self) {
        self.shorter = match self.shorter {
            Some((interval, left)) if left > 1 => Some((interval, left - 1)),
            Some(_) | None => None,
        };
    }

    fn governing(&self) -> Duration {
        self.shorter
            .map_or(self.interval, |(shorter, _)| shorter.min(self.interval))
    }
}
