//! Routers that a previous process has left in the data path.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ha_common::abi::RouterKey;

use super::said;
use super::told::Told;
use crate::datapath::{Datapath, VirtualAddress};
use crate::vrrp::RouterId;

/// Those that nobody has taken over yet, and what belongs to the others.
#[derive(Debug)]
pub(super) struct Legacy {
    routers: BTreeMap<RouterKey, RouterId>,
    /// Whose addresses were on interfaces, whoever has the slot now.
    installed: BTreeSet<RouterId>,
}

impl Legacy {
    /// What is in `datapath`; `None` if that is nothing.
    pub(super) fn find(datapath: &Datapath) -> Option<Self> {
        let routers = datapath.routers().unwrap_or_else(|error| {
            said(Err(error));
            Vec::new()
        });
        let records = datapath.records();
        let slots = routers.iter().map(|(_, router)| *router);
        let installed = slots.filter(|router| records.record(*router).installed());
        let installed = installed.collect();
        (!routers.is_empty()).then(|| Self {
            routers: routers.into_iter().collect(),
            installed,
        })
    }

    /// Slot of the router that hears the adverts of `key`.
    pub(super) fn slot(&self, key: RouterKey) -> Option<RouterId> {
        self.routers.get(&key).copied()
    }

    /// Whether `router` is one that nobody has taken over.
    pub(super) fn has(&self, router: RouterId) -> bool {
        self.routers.values().any(|slot| *slot == router)
    }

    /// Somebody takes `router` over.
    pub(super) fn hand_on(&mut self, router: RouterId) {
        self.routers.retain(|_, slot| *slot != router);
    }

    /// Ends what nobody has taken over: routers, peers that none of ours has, and addresses that
    /// nobody was `told` of. Returns those that may be on interfaces.
    pub(super) fn end(
        self,
        datapath: &mut Datapath,
        told: &Told,
        peers: &BTreeSet<(RouterId, IpAddr)>,
    ) -> Vec<VirtualAddress> {
        let records = datapath.records();
        for (key, router) in self.routers {
            records.record(router).reset();
            said(datapath.remove_router(key));
        }
        end_peers(datapath, peers);
        let addresses = datapath.addresses().unwrap_or_default();
        let strays = addresses.into_iter();
        let strays: Vec<_> = strays
            .filter(|(address, _)| !told.is_carried(address))
            .collect();
        for (address, _) in &strays {
            said(datapath.remove_address(*address));
        }
        let ours = strays.into_iter();
        let ours = ours.filter(|(_, slot)| self.installed.contains(slot));
        ours.map(|(address, _)| address).collect()
    }
}

fn end_peers(datapath: &mut Datapath, ours: &BTreeSet<(RouterId, IpAddr)>) {
    let peers = datapath.peers().unwrap_or_default();
    for (router, peer) in peers.into_iter().filter(|peer| !ours.contains(peer)) {
        said(datapath.remove_peer(router, peer));
    }
}
