//! Carries changes out, and keeps alive what is held.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ha_common::Nanos;
use netlink_packet_core::NLM_F_DUMP;

use super::super::netlink::{Netlink, Refusal};
use super::super::{Held, clock};
use super::request::{self, Lifetime, Request};
use super::{AddressChange, Key, Operation, Outcome};

/// Messages that one system call carries. Many kernels let no other thread of a processor run
/// before all of them are done, which takes up to 0.1 ms each: not even the one that sends adverts.
const BATCH: usize = 16;

/// Refreshes in a lifetime: two may fail.
const REFRESHES: u32 = 3;

/// Netlink, and what is held by it.
pub(super) struct Keeper {
    netlink: Netlink,
    lifetime: Lifetime,
    kept: BTreeMap<Key, Kept>,
}

/// An address with a lifetime.
struct Kept {
    change: AddressChange,
    held: Held,
    refresh_at: Nanos,
}

impl Keeper {
    /// Holds nothing yet; what it will hold lives for `lifetime`, or for ever if that is zero.
    pub(super) fn new(netlink: Netlink, lifetime: Duration) -> Self {
        Self {
            netlink,
            lifetime: (!lifetime.is_zero()).then_some(lifetime),
            kept: BTreeMap::new(),
        }
    }

    /// Carries out `changes` in their order, and keeps what is added while it is `held`.
    pub(super) fn carry_out(
        &mut self,
        changes: &[AddressChange],
        held: Option<&Held>,
    ) -> Vec<Outcome> {
        let lifetime = self.lifetime.filter(|_| held.is_some());
        let request = |change: &AddressChange| match change.operation {
            Operation::Add => request::add(change, lifetime),
            Operation::Remove => request::remove(change),
        };
        let mut outcomes = Vec::with_capacity(changes.len());
        for batch in changes.chunks(BATCH) {
            let results = self.execute(batch.iter().map(request).collect());
            let both = batch.iter().cloned().zip(results);
            outcomes.extend(both.map(|(change, result)| Outcome { change, result }));
        }
        self.note(&outcomes, held);
        outcomes.into_iter().map(forgive).collect()
    }

    /// When [`Self::refresh`] is next worth calling.
    pub(super) fn next_refresh(&self) -> Option<Nanos> {
        self.kept.values().map(|kept| kept.refresh_at).min()
    }

    /// Refreshes some of the addresses whose time has come and which are still held.
    pub(super) fn refresh(&mut self, now: Nanos) {
        let next = now + self.period();
        let due = self.kept.values_mut().filter(|kept| kept.refresh_at <= now);
        let due: Vec<_> = due
            .take(BATCH)
            .map(|kept| {
                kept.refresh_at = next;
                (kept.change.clone(), kept.held.clone())
            })
            .collect();
        let held = due.into_iter().filter(|(_, held)| held());
        let changes: Vec<_> = held.map(|(change, _)| change).collect();
        for (change, result) in changes.iter().zip(self.renew(&changes)) {
            let Err(refusal) = result else { continue };
            log::debug!("cannot refresh {}: {refusal}", change.address);
            if refusal.errno == libc::ENODEV {
                self.kept.remove(&change.key());
            }
        }
    }

    fn renew(&mut self, changes: &[AddressChange]) -> Vec<Result<(), Refusal>> {
        let lifetime = self.lifetime;
        let request = |change| request::refresh(change, lifetime);
        self.execute(changes.iter().map(request).collect())
    }

    fn execute(&mut self, requests: Vec<Request>) -> Vec<Result<(), Refusal>> {
        let count = requests.len();
        self.netlink
            .execute(requests)
            .unwrap_or_else(|error| vec![Err(error.into()); count])
    }

    /// Takes note of what is ours now, and of what is not any more.
    fn note(&mut self, outcomes: &[Outcome], held: Option<&Held>) {
        let mut present = Vec::new();
        for Outcome { change, result } in outcomes {
            let known = self.kept.contains_key(&change.key());
            match (change.operation, result, held) {
                (Operation::Remove, ..) => drop(self.kept.remove(&change.key())),
                (Operation::Add, Ok(()), Some(held)) => self.keep(change, held),
                (Operation::Add, Err(_), Some(held)) if known => self.keep(change, held),
                (Operation::Add, Err(refusal), Some(_)) if refusal.errno == libc::EEXIST => {
                    present.push(change.clone());
                }
                (Operation::Add, ..) => {}
            }
        }
        if let Some(held) = held.filter(|_| !present.is_empty()) {
            self.inherit(present, held);
        }
    }

    /// Of addresses that were there already, an operator's own live for ever; what has a lifetime,
    /// a predecessor has left.
    fn inherit(&mut self, mut present: Vec<AddressChange>, held: &Held) {
        let there = self.netlink.query(request::list(), NLM_F_DUMP);
        let there = there.unwrap_or_else(|error| {
            log::warn!("cannot see which addresses a predecessor has left: {error}");
            Vec::new()
        });
        let mortal: BTreeSet<Key> = there.iter().filter_map(request::mortal).collect();
        present.retain(|change| mortal.contains(&change.key()));
        for batch in present.chunks(BATCH) {
            self.renew(batch);
        }
        for change in &present {
            self.keep(change, held);
        }
    }

    fn keep(&mut self, change: &AddressChange, held: &Held) {
        if self.lifetime.is_some() {
            let kept = Kept {
                change: change.clone(),
                held: held.clone(),
                refresh_at: clock::now() + self.period(),
            };
            self.kept.insert(change.key(), kept);
        }
    }

    fn period(&self) -> Duration {
        self.lifetime.unwrap_or_default() / REFRESHES
    }
}

/// An address that is there already, or gone already, is as it should be.
fn forgive(outcome: Outcome) -> Outcome {
    let result = match (outcome.change.operation, outcome.result) {
        (Operation::Add, Err(refusal)) if refusal.errno == libc::EEXIST => Ok(()),
        (Operation::Remove, Err(refusal)) if refusal.errno == libc::EADDRNOTAVAIL => Ok(()),
        (_, result) => result,
    };
    Outcome { result, ..outcome }
}
