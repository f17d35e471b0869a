//! The main loop's table of routers: which slot each has, what it was last told.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use ha_common::Priority;
use ha_common::abi::{MAX_ROUTERS, RouterKey, RouterRecord};

use super::describe::speaks_alike;
use super::order::{Order, Orders};
use super::plan::{Identity, RouterPlan};
use crate::datapath::{Datapath, MapError};
use crate::vrrp::{Event, Inheritance, RouterId, Standing};

/// Routers as the main loop knows them.
#[derive(Debug, Default)]
pub(super) struct Routers {
    routers: BTreeMap<RouterId, Known>,
    /// Slots whose router is on its way out.
    leaving: BTreeMap<RouterId, RouterPlan>,
    /// Routers of a previous process that nobody has taken over yet.
    inherited: BTreeMap<RouterKey, RouterId>,
}

/// One router.
#[derive(Debug)]
pub(super) struct Known {
    /// What the advert thread was told to run.
    pub(super) plan: RouterPlan,
    /// What it was last told of tracked objects.
    standing: Option<Standing>,
}

impl Routers {
    /// No routers yet; those of `datapath` that a previous process has left there can be taken
    /// over.
    pub(super) fn inherit(datapath: Option<&Datapath>) -> Self {
        let inherited = datapath.map(Datapath::routers).transpose();
        let inherited = inherited.unwrap_or_else(|error| {
            said(Err(error));
            None
        });
        Self {
            inherited: inherited.into_iter().flatten().collect(),
            ..Self::default()
        }
    }

    /// Whether a previous process has left routers here.
    #[must_use]
    pub(super) fn has_inherited(&self) -> bool {
        !self.inherited.is_empty()
    }

    /// Ends the routers of a previous process that nobody has taken over. Returns the addresses
    /// that it may have put on interfaces for them.
    pub(super) fn disinherit(&mut self, datapath: &mut Datapath) -> Vec<Ipv4Addr> {
        let gone = std::mem::take(&mut self.inherited);
        let records = datapath.records();
        let mut installed = BTreeSet::new();
        for router in gone.values().copied() {
            let record = records.record(router);
            installed.extend(record.installed().then_some(router));
            record.reset();
        }
        for key in gone.into_keys() {
            said(datapath.remove_router(key));
        }
        let addresses = datapath.addresses().unwrap_or_default();
        let strays = addresses.into_iter().filter(|(address, slot)| {
            let known = self.routers.get(slot);
            !known.is_some_and(|known| carries(&known.plan, *address))
        });
        let strays: Vec<_> = strays.collect();
        for (address, _) in &strays {
            said(datapath.remove_address(*address));
        }
        let ours = strays
            .into_iter()
            .filter(|(_, slot)| installed.contains(slot));
        ours.map(|(address, _)| address).collect()
    }

    /// The router in a slot.
    #[must_use]
    pub(super) fn get(&self, router: RouterId) -> Option<&Known> {
        self.routers.get(&router)
    }

    /// Slot of the router with this identity.
    #[must_use]
    pub(super) fn find(&self, identity: &Identity) -> Option<RouterId> {
        let same = |(_, known): &(&RouterId, &Known)| known.plan.identity == *identity;
        self.routers.iter().find(same).map(|(router, _)| *router)
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
        standing: impl Fn(&RouterPlan) -> Standing,
        mut datapath: Option<&mut Datapath>,
        orders: &Orders,
    ) {
        self.retire_all_but(&plans, orders);
        for plan in plans {
            let now = standing(&plan);
            match self.find(&plan.identity) {
                Some(router) => self.update(router, plan, datapath.as_deref_mut(), orders),
                None => self.install(plan, now, datapath.as_deref_mut(), orders),
            }
        }
        self.restate(standing, orders);
        self.open_gate(datapath);
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
        for (router, known) in &mut self.routers {
            let now = standing(&known.plan);
            if known.standing != Some(now) {
                known.standing = Some(now);
                orders.send(Order::Tell(*router, Event::StandingChanged(now)));
            }
        }
    }

    /// A router's addresses are off the interfaces: its slot is free.
    pub(super) fn retired(&mut self, router: RouterId, datapath: Option<&mut Datapath>) {
        if let Some(plan) = self.leaving.remove(&router)
            && let Some(datapath) = datapath
        {
            let kept: BTreeSet<_> = self
                .routers
                .values()
                .flat_map(|one| addresses(&one.plan))
                .collect();
            let gone = addresses(&plan).filter(|address| !kept.contains(address));
            said(datapath.remove_router(plan.framing.key(plan.ifindex)));
            for address in gone {
                said(datapath.remove_address(address));
            }
        }
    }

    fn retire_all_but(&mut self, plans: &[RouterPlan], orders: &Orders) {
        let stays = |known: &Known| {
            plans.iter().any(|plan| {
                plan.identity == known.plan.identity && plan.ifindex == known.plan.ifindex
            })
        };
        let gone: Vec<RouterId> = self
            .iter()
            .filter(|(_, known)| !stays(known))
            .map(|(router, _)| router)
            .collect();
        for router in gone {
            if let Some(known) = self.routers.remove(&router) {
                self.leaving.insert(router, known.plan);
                orders.send(Order::Retire(router));
            }
        }
    }

    fn update(
        &mut self,
        router: RouterId,
        plan: RouterPlan,
        datapath: Option<&mut Datapath>,
        orders: &Orders,
    ) {
        let Some(known) = self.routers.get_mut(&router) else {
            return;
        };
        if known.plan == plan {
            return;
        }
        if let Some(datapath) = datapath {
            let before: BTreeSet<_> = addresses(&known.plan).collect();
            let after: BTreeSet<_> = addresses(&plan).collect();
            describe(datapath, router, &plan);
            for address in before.difference(&after) {
                said(datapath.remove_address(*address));
            }
        }
        known.plan = plan.clone();
        orders.send(Order::Replace(router, Box::new(plan)));
    }

    fn install(
        &mut self,
        plan: RouterPlan,
        standing: Standing,
        datapath: Option<&mut Datapath>,
        orders: &Orders,
    ) {
        let mut datapath = datapath;
        if let Some(datapath) = datapath.as_deref_mut()
            && let Some(router) = self.heirloom(&plan, datapath)
        {
            self.adopt(router, plan, standing, datapath, orders);
            return;
        }
        let Some(router) = self.free_slot() else {
            log::error!(
                "({}) is one router too many: {MAX_ROUTERS} can run",
                plan.name
            );
            return;
        };
        if let Some(datapath) = datapath {
            describe(datapath, router, &plan);
        }
        orders.send(Order::Install(router, Box::new(plan.clone())));
        orders.send(Order::Tell(router, Event::StandingChanged(standing)));
        orders.send(Order::Tell(router, Event::Startup));
        self.routers.insert(
            router,
            Known {
                plan,
                standing: Some(standing),
            },
        );
    }

    /// Slot of the router of `plan`, if a previous process has left it there and others hear no
    /// difference.
    fn heirloom(&self, plan: &RouterPlan, datapath: &Datapath) -> Option<RouterId> {
        let router = *self.inherited.get(&plan.framing.key(plan.ifindex))?;
        speaks_alike(datapath.records().record(router), plan).then_some(router)
    }

    /// Carries on with a router of a previous process.
    fn adopt(
        &mut self,
        router: RouterId,
        plan: RouterPlan,
        standing: Standing,
        datapath: &mut Datapath,
        orders: &Orders,
    ) {
        let inheritance = inheritance(datapath.records().record(router));
        orders.send(Order::Inherit(router, Box::new(plan.clone())));
        orders.send(Order::Tell(router, Event::StandingChanged(standing)));
        orders.send(Order::Tell(router, Event::Adopt(inheritance)));
        // The data path knows all of this already, unless the configuration has changed.
        describe(datapath, router, &plan);
        self.inherited.retain(|_, slot| *slot != router);
        self.routers.insert(
            router,
            Known {
                plan,
                standing: Some(standing),
            },
        );
    }

    fn free_slot(&self) -> Option<RouterId> {
        let taken = |router: &RouterId| {
            self.routers.contains_key(router)
                || self.leaving.contains_key(router)
                || self.inherited.values().any(|slot| slot == router)
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

fn carries(plan: &RouterPlan, address: Ipv4Addr) -> bool {
    addresses(plan).any(|carried| carried == address)
}

fn addresses(plan: &RouterPlan) -> impl Iterator<Item = Ipv4Addr> {
    plan.addresses.iter().map(|carried| carried.address.address)
}

/// Tells the data path of a router: its adverts, its peers, its addresses.
fn describe(datapath: &mut Datapath, router: RouterId, plan: &RouterPlan) {
    said(datapath.set_router(plan.framing.key(plan.ifindex), router));
    if plan.framing.check_unicast_source {
        for peer in plan.framing.destinations() {
            said(datapath.set_peer(router, *peer));
        }
    }
    for address in addresses(plan) {
        said(datapath.set_address(address, router));
    }
}

/// A map that is full or gone costs the data path, not the election.
fn said(result: Result<(), MapError>) {
    if let Err(error) = result {
        log::error!("the data path does not follow: {error}");
    }
}
