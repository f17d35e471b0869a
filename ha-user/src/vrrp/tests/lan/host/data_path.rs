//! What the XDP program and its maps do, by the rules of the design.

use std::net::IpAddr;
use std::time::Duration;

use ha_common::abi::Speaker;
use ha_common::{Nanos, Priority};

use crate::vrrp::{Advert, Inheritance, Record};

/// The data path's part in one router.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct DataPath {
    pub(in super::super) record: Record,
    pub(in super::super) priority: u8,
    pub(in super::super) accept_min_priority: u8,
    pub(super) address: Option<IpAddr>,
    pub(in super::super) interval: Duration,
    /// The advert that need not wake the process.
    pub(super) familiar: Option<Advert>,
    /// Until when lower adverts need not.
    sated_until: Nanos,
}

impl DataPath {
    pub(super) fn inheritance(&self) -> Inheritance {
        Inheritance {
            priority: Priority::new(self.priority),
            interval: self.interval,
        }
    }

    /// Judges an advert. Returns whether it has ended our ownership.
    pub(in super::super) fn judge(&mut self, now: Nanos, advert: &Advert) -> bool {
        self.stamp(now, advert);
        let speaks = advert.priority != Priority::LEAVING;
        let fences = self.outranked_by(advert) || speaks && self.is_silent(now);
        let fenced = self.record.ownership().is_unbroken() && fences;
        if fenced {
            self.record.fenced_at = now;
        }
        fenced
    }

    pub(super) fn stamp(&mut self, now: Nanos, advert: &Advert) {
        let (leaves, lower) = (advert.priority == Priority::LEAVING, self.is_lower(advert));
        if lower {
            self.record.last_lower = now;
        }
        if !leaves && !lower {
            self.record.last_advert = now;
            self.record.last_speaker = Speaker::tag(advert.source);
        } else if self.record.last_speaker == Speaker::tag(advert.source) {
            self.record.last_resignation = now;
        }
    }

    /// Notes an advert that the process has read, which `is_familiar` to its router or not.
    pub(super) fn learn(
        &mut self,
        now: Nanos,
        advert: Advert,
        is_familiar: impl FnOnce(&Advert) -> bool,
    ) {
        let is_lower = self.is_lower(&advert);
        if is_lower {
            self.sated_until = now + self.interval / 2;
        }
        if !is_lower || self.follows(&advert) {
            self.familiar = is_familiar(&advert).then_some(advert);
        }
    }

    /// Whether the process hears nothing of an advert but its stamp.
    pub(in super::super) fn absorbs(&self, now: Nanos, advert: &Advert) -> bool {
        let sated = self.is_lower(advert) && now < self.sated_until;
        self.familiar.as_ref() == Some(advert) || sated && !self.follows(advert)
    }

    fn follows(&self, advert: &Advert) -> bool {
        let known = self.familiar.as_ref();
        known.is_some_and(|known| known.source == advert.source)
    }

    fn is_lower(&self, advert: &Advert) -> bool {
        advert.priority != Priority::LEAVING && advert.priority.get() < self.accept_min_priority
    }

    fn outranked_by(&self, advert: &Advert) -> bool {
        (advert.priority.get(), Some(advert.source)) > (self.priority, self.address)
    }

    fn is_silent(&self, now: Nanos) -> bool {
        let spoke = self.record.last_sent.max(self.record.owned_since);
        now.saturating_since(spoke) > self.interval * 3 / 2
    }
}
