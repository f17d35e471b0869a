//! The main loop's table of routers: which slot each has, what it was last told.

mod legacy;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ha_common::Priority;
use ha_common::abi::{MAX_ROUTERS, RouterRecord};

use self::legacy::Legacy;
use self::told::{Told, forget_peers};
use super::describe::speaks_alike;
use super::order::{Order, Orders};
use super::plan::{Identity, RouterPlan};
use crate::config::model::sync::SyncGroup;
use crate::datapath::{Datapath, MapError, VirtualAddress};
use crate::vrrp::{Event, Inheritance, RouterId, Standing, effective_priority};

/// Routers as the main loop knows them.
#[derive(Debug, Default)]
pub(super) struct Routers {
    routers: BTreeMap<RouterId, Known>,
    /// Where each is in `routers`.
    slots: BTreeMap<Identity, RouterId>,
    /// Slots whose router is on its way out.
    leaving: BTreeMap<RouterId, RouterPlan>,
    /// What a previous process has left, until what is not wanted of it is gone.
    legacy: Option<Legacy>,
    /// What the data path knows.
    told: Told,
    /// Who was told to be Active together.
    groups: Vec<Vec<RouterId>>,
}

/// One router.
#[derive(Debug)]
pub(super) struct Known {
    /// What the advert thread was told to run.
    pub(super) plan: RouterPlan,
    /// What it was last told of tracked objects.
    standing: Option<Standing>,
}

impl Known {
    /// Effective Priority by what it was last told.
    pub(super) fn priority(&self) -> Priority {
        let weight = self.standing.map_or(0, |standing| standing.weight);
        effective_priority(self.plan.parameters.priority, weight)
    }
}

impl Routers {
    /// No routers yet; those of `datapath` that a previous process has left there can be taken
    /// over.
    pub(super) fn inherit(datapath: Option<&Datapath>) -> Self {
        Self {
            legacy: datapath.and_then(Legacy::find),
            ..Self::default()
        }
    }

    /// Whether a previous process has left routers here.
    #[must_use]
    pub(super) fn has_inherited(&self) -> bool {
        self.legacy.is_some()
    }

    /// Ends what a previous process has left and nobody has taken over. Returns the addresses that
    /// it may have put on interfaces, and that nobody carries any more.
    pub(super) fn disinherit(&mut self, datapath: &mut Datapath) -> Vec<VirtualAddress> {
        let Some(legacy) = self.legacy.take() else {
            return Vec::new();
        };
        let peers = self.iter().flat_map(|(router, known)| {
            let peers = known.plan.framing.peers();
            peers.map(move |(peer, _)| (router, peer))
        });
        let peers = peers.collect();
        legacy.end(datapath, &self.told, &peers)
    }

    /// The router in a slot.
    #[must_use]
    pub(super) fn get(&self, router: RouterId) -> Option<&Known> {
        self.routers.get(&router)
    }

    /// Slot of the router of an instance.
    pub(super) fn named(&self, instance: &str) -> Option<RouterId> {
        let mut routers = self.routers.iter();
        let named = routers.find(|(_, known)| known.plan.name == instance);
        named.map(|(router, _)| *router)
    }

    /// Slot of the router with this identity.
    #[must_use]
    pub(super) fn find(&self, identity: &Identity) -> Option<RouterId> {
        self.slots.get(identity).copied()
    }

    /// All routers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RouterId, &Known)> {
        self.routers.iter().map(|(router, known)| (*router, known))
    }

    /// Turns the routers that run into `plans`, touching only what differs. `standing` tells how a
    /// router stands now.
    pub(super) fn reconcile(
        &mut self,
        plans: Vec<RouterPlan>,
        sync_groups: &[SyncGroup],
        standing: impl Fn(&RouterPlan) -> Standing,
        mut datapath: Option<&mut Datapath>,
        orders: &Orders,
    ) {
        // Who goes is no reason to leave for who stays.
        let gone = self.gone(&plans);
        self.group(sync_groups, &gone, orders);
        self.retire(gone, orders);
        let mut starts = Vec::new();
        let mut lost = Vec::new();
        for plan in plans {
            let now = standing(&plan);
            match self.find(&plan.identity) {
                Some(router) => {
                    let its = self.update(router, plan, datapath.as_deref_mut(), orders);
                    lost.push((router, its));
                }
                None => starts.extend(self.install(plan, now, datapath.as_deref_mut(), orders)),
            }
        }
        // What one has lost another may have got.
        for (router, addresses) in lost {
            let datapath = datapath.as_deref_mut();
            self.told.forget_addresses(datapath, router, addresses);
        }
        // An owner claims as soon as it starts, unless it is in a group.
        self.group(sync_groups, &[], orders);
        for (router, how) in starts {
            orders.send(Order::Tell(router, how));
        }
        self.restate(standing, orders);
        self.open_gate(datapath);
    }

    /// Tells which routers but `gone` belong together, where that has changed.
    fn group(&mut self, sync_groups: &[SyncGroup], gone: &[RouterId], orders: &Orders) {
        let members = |group: &SyncGroup| {
            let named = self
                .iter()
                .filter(|(router, known)| group.has(&known.plan.name) && !gone.contains(router));
            named.map(|(router, _)| router).collect()
        };
        let groups: Vec<Vec<RouterId>> = sync_groups.iter().map(members).collect();
        if groups != self.groups {
            self.groups.clone_from(&groups);
            orders.send(Order::Group(groups));
        }
    }

    /// The data path looks at packets only while there is something to look for.
    fn open_gate(&self, datapath: Option<&mut Datapath>) {
        if let Some(datapath) = datapath {
            let owned = self.routers.len() + self.leaving.len();
            datapath.gate().set_owned(owned as u64);
        }
    }

    /// Tells routers how they stand, where that has changed.
    pub(super) fn restate(&mut self, standing: impl Fn(&RouterPlan) -> Standing, orders: &Orders) {
        let mut changed = Vec::new();
        for (router, known) in &mut self.routers {
            let now = standing(&known.plan);
            if known.standing != Some(now) {
                known.standing = Some(now);
                changed.push((*router, now));
            }
        }
        if !changed.is_empty() {
            orders.send(Order::Stand(changed));
        }
    }

    /// A router on its way out.
    pub(super) fn leaving(&self, router: RouterId) -> Option<&RouterPlan> {
        self.leaving.get(&router)
    }

    /// A router's addresses are off the interfaces: its slot is free.
    pub(super) fn retired(&mut self, router: RouterId, datapath: Option<&mut Datapath>) {
        if let Some(plan) = self.leaving.remove(&router) {
            self.told.forget(datapath, router, &plan);
        }
    }

    /// Routers that `plans` do not have.
    fn gone(&self, plans: &[RouterPlan]) -> Vec<RouterId> {
        let place = |plan: &RouterPlan| (plan.identity.clone(), plan.ifindex);
        let places: BTreeSet<_> = plans.iter().map(place).collect();
        let stays = |known: &Known| places.contains(&place(&known.plan));
        let gone = self.iter().filter(|(_, known)| !stays(known));
        gone.map(|(router, _)| router).collect()
    }

    fn retire(&mut self, gone: Vec<RouterId>, orders: &Orders) {
        for router in gone {
            if let Some(known) = self.routers.remove(&router) {
                self.slots.remove(&known.plan.identity);
                self.leaving.insert(router, known.plan);
                orders.send(Order::Retire(router));
            }
        }
    }

    /// Returns the addresses that it does not carry any more.
    fn update(
        &mut self,
        router: RouterId,
        plan: RouterPlan,
        mut datapath: Option<&mut Datapath>,
        orders: &Orders,
    ) -> Vec<VirtualAddress> {
        let Some(known) = self.routers.get_mut(&router) else {
            return Vec::new();
        };
        if known.plan == plan {
            return Vec::new();
        }
        let before: BTreeSet<_> = addresses(&known.plan).collect();
        let after: BTreeSet<_> = addresses(&plan).collect();
        let lost: Vec<_> = before.difference(&after).copied().collect();
        self.told.describe(datapath.as_deref_mut(), router, &plan);
        forget_peers(datapath, router, &known.plan, Some(&plan));
        known.plan = plan.clone();
        let heirs = self.told.others(router, &lost);
        orders.send(Order::Replace(router, Box::new(plan), heirs));
        lost
    }

    /// Has a new router run. Returns what it is to be told to start.
    fn install(
        &mut self,
        plan: RouterPlan,
        standing: Standing,
        datapath: Option<&mut Datapath>,
        orders: &Orders,
    ) -> Option<(RouterId, Event)> {
        let mut datapath = datapath;
        if let Some(datapath) = datapath.as_deref_mut()
            && let Some(router) = self.heirloom(&plan)
        {
            let how = self.adopt(router, plan, standing, datapath, orders);
            return Some((router, how));
        }
        let Some(router) = self.free_slot() else {
            log::error!(
                "({}) is one router too many: {MAX_ROUTERS} can run",
                plan.name
            );
            return None;
        };
        self.told.describe(datapath, router, &plan);
        orders.send(Order::Install(router, Box::new(plan.clone())));
        orders.send(Order::Tell(router, Event::StandingChanged(standing)));
        self.keep(router, plan, standing);
        Some((router, Event::Startup))
    }

    /// Slot of the router of `plan`, if a previous process has left it there.
    fn heirloom(&self, plan: &RouterPlan) -> Option<RouterId> {
        let key = plan.framing.key(plan.ifindex);
        self.legacy.as_ref()?.slot(key)
    }

    /// Takes the slot of a router of a previous process over. Returns what it is to be told to start.
    fn adopt(
        &mut self,
        router: RouterId,
        plan: RouterPlan,
        standing: Standing,
        datapath: &mut Datapath,
        orders: &Orders,
    ) -> Event {
        let records = datapath.records();
        let record = records.record(router);
        let how = if speaks_alike(record, &plan) {
            Event::Adopt(inheritance(record))
        } else {
            // Others hear a stranger from now on. What is on an interface is there as before.
            record.renew();
            Event::Startup
        };
        orders.send(Order::Inherit(router, Box::new(plan.clone())));
        orders.send(Order::Tell(router, Event::StandingChanged(standing)));
        // The data path knows all of this already, unless the configuration has changed.
        self.told.describe(Some(datapath), router, &plan);
        if let Some(legacy) = &mut self.legacy {
            legacy.hand_on(router);
        }
        self.keep(router, plan, standing);
        how
    }

    fn keep(&mut self, router: RouterId, plan: RouterPlan, standing: Standing) {
        self.slots.insert(plan.identity.clone(), router);
        let standing = Some(standing);
        self.routers.insert(router, Known { plan, standing });
    }

    fn free_slot(&self) -> Option<RouterId> {
        let taken = |router: &RouterId| {
            self.routers.contains_key(router)
                || self.leaving.contains_key(router)
                || self.legacy.as_ref().is_some_and(|one| one.has(*router))
        };
        (0..MAX_ROUTERS).map(RouterId).find(|router| !taken(router))
    }
}

/// How a router has spoken, by the record of a previous process.
fn inheritance(record: &RouterRecord) -> Inheritance {
    Inheritance {
        priority: Priority::new(record.election().priority),
        interval: Duration::from_nanos(record.interval()),
    }
}

fn addresses(plan: &RouterPlan) -> impl Iterator<Item = VirtualAddress> {
    let carried = plan.addresses.iter();
    carried.map(|carried| VirtualAddress::new(carried.address.address, carried.ifindex))
}

/// A map that is full or gone costs the data path, not the election.
fn said(result: Result<(), MapError>) {
    if let Err(error) = result {
        log::error!("the data path does not follow: {error}");
    }
}
