//! Addresses: on which interfaces they are, and who is told that they are ours.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use ha_common::Priority;
use ha_common::abi::LeasePolicy;

use super::super::order::Order;
use super::super::plan::{CarriedAddress, RouterPlan};
use super::Executor;
use super::adverts::Says;
use crate::net::Held;
use crate::net::address::{AddressChange, Operation, Outcome};
use crate::net::announce::Announcement;
use crate::net::clock;
use crate::net::netlink::Refusal;
use crate::vrrp::RouterId;

impl Executor {
    /// Follows a plan whose addresses were `before`, some of which `heirs` may have by now.
    pub(super) fn exchange_addresses(
        &mut self,
        router: RouterId,
        before: &[CarriedAddress],
        heirs: &BTreeSet<RouterId>,
    ) {
        let Some(plan) = self.plan(router) else {
            return;
        };
        let record = self.records.record(router);
        if record.installed() {
            let dropped = without(before, &plan.addresses);
            let dropped = dropped.filter(|address| !self.holds_any(heirs, address));
            let changes = dropped.map(|address| address.change(Operation::Remove));
            self.addresses.submit(changes.collect(), |_| ());
        }
        if self.records.owns(router, clock::now()) {
            let repeat = plan.parameters.announcements.repeat;
            self.tell_neighbours(router, plan, without(&plan.addresses, before), repeat);
        }
    }

    /// Whether one of `routers` keeps `address` on its interface.
    fn holds_any(&self, routers: &BTreeSet<RouterId>, address: &CarriedAddress) -> bool {
        let holders = routers.iter().filter(|router| self.holds(**router));
        let mut plans = holders.filter_map(|router| self.plan(*router));
        plans.any(|plan| plan.addresses.iter().any(|one| is_same(one, address)))
    }

    /// Whether `router` keeps its addresses on their interfaces.
    fn holds(&self, router: RouterId) -> bool {
        self.records.record(router).installed() && !self.is_leaving(router)
    }

    /// The kernel has carried out a removal.
    pub(in super::super) fn addresses_gone(&mut self, router: RouterId, generation: u64) {
        let Some(carriage) = self.routers.get_mut(router) else {
            return;
        };
        if carriage.generation != generation {
            return;
        }
        carriage.leaving = false;
        self.records.record(router).set_taken_off(clock::now());
        if std::mem::take(&mut carriage.farewell) {
            self.advertise(router, Priority::LEAVING, Says::Farewell);
            self.send_waiting();
        }
    }

    pub(super) fn announce(&self, router: RouterId, repeat: u32) {
        if let Some(plan) = self.plan(router) {
            self.tell_neighbours(router, plan, plan.addresses.iter(), repeat);
        }
    }

    /// Tells the neighbours of `addresses`, which are of `plan`, `repeat` times.
    fn tell_neighbours<'a>(
        &self,
        router: RouterId,
        plan: &RouterPlan,
        addresses: impl Iterator<Item = &'a CarriedAddress>,
        repeat: u32,
    ) {
        let announcement = |carried: &CarriedAddress| {
            Some(Announcement {
                ifindex: carried.ifindex,
                mac: carried.mac?,
                address: carried.address.address,
            })
        };
        let announcements = addresses.filter_map(announcement).collect();
        self.announcer
            .announce(announcements, repeat, &plan.pacing, self.held(router));
    }

    /// Tells other threads whether the ownership of now still lasts. Only adverts make it last, in
    /// every mode of the lease, so that nothing is kept up for an advert thread that hangs.
    fn held(&self, router: RouterId) -> Held {
        let records = self.records.clone();
        let since = records.record(router).owned_since();
        Arc::new(move || {
            let record = records.record(router);
            record.owned_since() == since && record.owned(clock::now(), LeasePolicy::Strict)
        })
    }

    pub(super) fn add_addresses(&mut self, router: RouterId) {
        self.keep_peers(router);
        let held = self.held(router);
        let Some(carriage) = self.routers.get_mut(router) else {
            return;
        };
        carriage.generation += 1;
        carriage.leaving = false;
        carriage.farewell = false;
        self.records.record(router).set_installed();
        let name = carriage.plan.name.clone();
        let changes = changes(&carriage.plan, Operation::Add);
        self.addresses.hold(changes, held, move |outcomes| {
            for (address, refusal) in failures(outcomes) {
                log::error!("({name}) cannot add {address}: {refusal}");
            }
        });
    }

    /// Puts back what somebody else has taken off: a router that answers for an address must
    /// also serve it.
    pub(in super::super) fn restore_addresses(&mut self, router: RouterId) {
        let held = self.holds(router);
        if let Some(plan) = self.plan(router).filter(|_| held) {
            log::warn!(
                "({}) somebody has taken an address off: putting it back",
                plan.name
            );
            self.add_addresses(router);
        }
    }

    pub(super) fn remove_addresses(&mut self, router: RouterId) {
        let Some(carriage) = self.routers.get_mut(router) else {
            return;
        };
        carriage.generation += 1;
        carriage.leaving = true;
        let generation = carriage.generation;
        let orders = self.orders.clone();
        let name = carriage.plan.name.clone();
        self.addresses.submit(
            changes(&carriage.plan, Operation::Remove),
            move |outcomes| {
                for (address, refusal) in failures(outcomes) {
                    log::error!("({name}) cannot remove {address}: {refusal}");
                }
                orders.send(Order::AddressesGone { router, generation });
            },
        );
    }
}

/// Addresses of `these` that are not among `those`.
fn without<'a>(
    these: &'a [CarriedAddress],
    those: &'a [CarriedAddress],
) -> impl Iterator<Item = &'a CarriedAddress> {
    let those: HashSet<_> = those.iter().collect();
    these.iter().filter(move |address| !those.contains(address))
}

/// Whether both are one address to the kernel.
fn is_same(one: &CarriedAddress, other: &CarriedAddress) -> bool {
    let key = |of: &CarriedAddress| (of.ifindex, of.address.address, of.address.prefix_len);
    key(one) == key(other)
}

fn changes(plan: &RouterPlan, operation: Operation) -> Vec<AddressChange> {
    plan.addresses
        .iter()
        .map(|address| address.change(operation))
        .collect()
}

fn failures(outcomes: Vec<Outcome>) -> impl Iterator<Item = (String, Refusal)> {
    outcomes
        .into_iter()
        .filter_map(|Outcome { change, result }| {
            let address = format!("{}/{}", change.address, change.prefix_len);
            result.err().map(|refusal| (address, refusal))
        })
}
