//! Telling that two routers are Active at once, from the adverts that one of them hears.

use std::net::IpAddr;
use std::time::Duration;

use ha_common::Nanos;

use super::Advert;

/// What is remembered to tell an Active router that was there all along from one that takes over.
///
/// Who stays Active tells by one advert of the other. Who yields cannot: a claim looks the same.
/// But a claim is followed by the first advert of the new ownership within milliseconds, a router
/// that was Active all along speaks again after its interval only; and it must be one that we took
/// over from because of its silence, not one that left or that we have never known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DualActive {
    /// Last advert that showed it.
    shown: Option<Nanos>,
    /// Whose silence made us Active.
    silenced: Option<IpAddr>,
    /// We have yielded, perhaps to the one that was silent.
    suspicious: bool,
    /// When that one spoke first.
    spoke: Option<Nanos>,
}

impl DualActive {
    /// We became Active: because `silent` was, or with nobody to suspect later.
    pub(super) fn take_over(&mut self, silent: Option<IpAddr>) {
        *self = Self {
            shown: self.shown,
            silenced: silent,
            ..Self::default()
        };
    }

    /// Whose silence made us Active.
    pub(super) const fn silenced(&self) -> Option<IpAddr> {
        self.silenced
    }

    /// We answered until an advert ended that.
    pub(super) fn yielded(&mut self) {
        self.suspicious = true;
        self.spoke = None;
    }

    /// Whether the next advert of `source` may show it, so that it must be heard.
    pub(super) fn waits_for(&self, source: IpAddr) -> bool {
        self.suspicious && self.silenced == Some(source)
    }

    /// Whether `advert` of an Active router shows that it was Active while we were.
    pub(super) fn is_shown_by(&mut self, advert: &Advert, now: Nanos) -> bool {
        if !self.waits_for(advert.source) {
            return false;
        }
        let Some(first) = self.spoke else {
            self.spoke = Some(now);
            return false;
        };
        self.suspicious = false;
        now.saturating_since(first) >= advert.interval / 2
    }

    /// Notes an advert that shows it. Returns whether none did for the last `quiet`.
    pub(super) fn begins(&mut self, now: Nanos, quiet: Duration) -> bool {
        let before = self.shown.replace(now);
        before.is_none_or(|at| now.saturating_since(at) >= quiet)
    }
}
