//! When each router is to be looked at next.

use std::collections::{BTreeMap, BTreeSet};

use ha_common::Nanos;

use super::RouterId;

/// One alarm of every router that waits for a time.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    times: BTreeMap<RouterId, Nanos>,
    in_order: BTreeSet<(Nanos, RouterId)>,
}

impl Alarms {
    /// Sets the alarm of `router`; `None` turns it off.
    pub(super) fn set(&mut self, router: RouterId, at: Option<Nanos>) {
        let before = match at {
            Some(at) => self.times.insert(router, at),
            None => self.times.remove(&router),
        };
        if before != at {
            self.in_order.extend(at.map(|at| (at, router)));
            if let Some(before) = before {
                self.in_order.remove(&(before, router));
            }
        }
    }

    /// The earliest alarm.
    pub(super) fn next(&self) -> Option<Nanos> {
        self.in_order.first().map(|(at, _)| *at)
    }

    /// Alarms up to and including `end`, the earliest first.
    pub(super) fn until(&self, end: Nanos) -> impl Iterator<Item = (Nanos, RouterId)> {
        self.in_order.range(..=(end, RouterId(u32::MAX))).copied()
    }
}
