//! What will happen when, on the simulated LAN.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use ha_common::Nanos;

/// Things to come, in the order of time, and of scheduling where times are equal.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    entries: BinaryHeap<Entry<T>>,
    scheduled: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Nanos,
    order: u64,
    what: T,
}

impl<T> Agenda<T> {
    pub(super) const fn new() -> Self {
        Self {
            entries: BinaryHeap::new(),
            scheduled: 0,
        }
    }

    pub(super) fn schedule(&mut self, at: Nanos, what: T) {
        self.scheduled += 1;
        self.entries.push(Entry {
            at,
            order: self.scheduled,
            what,
        });
    }

    /// The next thing to happen, if that is not after `end`.
    pub(super) fn next_until(&mut self, end: Nanos) -> Option<(Nanos, T)> {
        self.entries.peek().filter(|next| next.at <= end)?;
        self.entries.pop().map(|next| (next.at, next.what))
    }
}

impl<T> Entry<T> {
    const fn key(&self) -> Reverse<(Nanos, u64)> {
        Reverse((self.at, self.order))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
