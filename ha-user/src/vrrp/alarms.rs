//! When each router is to be looked at next.

use ha_common::Nanos;

use super::{RouterId, Slots};

/// One alarm of every router that waits for a time.
///
/// There are at most a few thousand, most of which go off together: looking through all of them
/// costs less than to keep them in order.
#[derive(Debug, Default)]
pub(super) struct Alarms(Slots<Nanos>);

impl Alarms {
    /// Sets the alarm of `router`; `None` turns it off.
    pub(super) fn set(&mut self, router: RouterId, at: Option<Nanos>) {
        match at {
            Some(at) => self.0.insert(router, at),
            None => self.0.remove(router),
        };
    }

    /// The earliest alarm.
    pub(super) fn next(&self) -> Option<Nanos> {
        self.0.iter().map(|(_, at)| *at).min()
    }

    /// Alarms up to and including `end`, the earliest first.
    pub(super) fn until(&self, end: Nanos) -> Vec<(Nanos, RouterId)> {
        let all = self.0.iter().map(|(router, at)| (*at, router));
        let mut near: Vec<_> = all.filter(|(at, _)| *at <= end).collect();
        near.sort_unstable();
        near
    }
}
