//! What the data path is told of routers: whose an advert is, an address, and a peer.
//!
//! A router that goes, or changes, takes nothing away that another one has by then.

use std::collections::{BTreeMap, BTreeSet};

use ha_common::abi::RouterKey;

use super::{RouterPlan, addresses, said};
use crate::datapath::{Datapath, VirtualAddress};
use crate::vrrp::RouterId;

/// What it was told, whether there is a data path or not.
#[derive(Debug, Default)]
pub(super) struct Told {
    routers: BTreeMap<RouterKey, RouterId>,
    /// Who carries an address. It moves with the last of them.
    carriers: BTreeMap<VirtualAddress, Vec<RouterId>>,
}

impl Told {
    /// Tells of a router: its adverts, its peers, its addresses.
    pub(super) fn describe(
        &mut self,
        datapath: Option<&mut Datapath>,
        router: RouterId,
        plan: &RouterPlan,
    ) {
        let key = plan.framing.key(plan.ifindex);
        self.routers.insert(key, router);
        for address in addresses(plan) {
            self.carry(address, router);
        }
        if let Some(datapath) = datapath {
            said(datapath.set_router(key, router));
            for (peer, ttl) in plan.framing.peers() {
                said(datapath.set_peer(router, peer, ttl));
            }
            for address in addresses(plan) {
                said(datapath.set_address(address, router));
            }
        }
    }

    /// A router has ended.
    pub(super) fn forget(
        &mut self,
        mut datapath: Option<&mut Datapath>,
        router: RouterId,
        plan: &RouterPlan,
    ) {
        self.forget_adverts(datapath.as_deref_mut(), router, plan);
        self.forget_addresses(datapath.as_deref_mut(), router, addresses(plan));
        forget_peers(datapath, router, plan, None);
    }

    /// A router does not carry `addresses` any more.
    pub(super) fn forget_addresses(
        &mut self,
        mut datapath: Option<&mut Datapath>,
        router: RouterId,
        addresses: impl IntoIterator<Item = VirtualAddress>,
    ) {
        for address in addresses {
            let next = self.release(address, router);
            if let Some(datapath) = datapath.as_deref_mut() {
                said(match next {
                    Some(next) => datapath.set_address(address, next),
                    None => datapath.remove_address(address),
                });
            }
        }
    }

    /// Who else carries one of `addresses`.
    pub(super) fn others(
        &self,
        router: RouterId,
        addresses: &[VirtualAddress],
    ) -> BTreeSet<RouterId> {
        let carriers = addresses
            .iter()
            .filter_map(|address| self.carriers.get(address));
        let others = carriers.flatten().copied().filter(|one| *one != router);
        others.collect()
    }

    /// Whether anybody carries `address`.
    pub(super) fn is_carried(&self, address: &VirtualAddress) -> bool {
        self.carriers.contains_key(address)
    }

    /// Another one may have the key already: the same instance that is back, or one that has been
    /// waiting for the interface under its new name.
    fn forget_adverts(
        &mut self,
        datapath: Option<&mut Datapath>,
        router: RouterId,
        plan: &RouterPlan,
    ) {
        let key = plan.framing.key(plan.ifindex);
        if self.routers.get(&key) != Some(&router) {
            return;
        }
        self.routers.remove(&key);
        if let Some(datapath) = datapath {
            said(datapath.remove_router(key));
        }
    }

    fn carry(&mut self, address: VirtualAddress, router: RouterId) {
        let carriers = self.carriers.entry(address).or_default();
        carriers.retain(|one| *one != router);
        carriers.push(router);
    }

    /// Returns who it moves with from now on.
    fn release(&mut self, address: VirtualAddress, router: RouterId) -> Option<RouterId> {
        let carriers = self.carriers.get_mut(&address)?;
        carriers.retain(|one| *one != router);
        let last = carriers.last().copied();
        if last.is_none() {
            self.carriers.remove(&address);
        }
        last
    }
}

/// Peers of `before` that `after` does not have may not speak to the router any more.
pub(super) fn forget_peers(
    datapath: Option<&mut Datapath>,
    router: RouterId,
    before: &RouterPlan,
    after: Option<&RouterPlan>,
) {
    let Some(datapath) = datapath else {
        return;
    };
    let stay = after.into_iter().flat_map(|plan| plan.framing.peers());
    let stay: BTreeSet<_> = stay.map(|(peer, _)| peer).collect();
    for (peer, _) in before.framing.peers() {
        if !stay.contains(&peer) {
            said(datapath.remove_peer(router, peer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_moves_with_the_last_of_those_that_carry_it() {
        let mut told = Told::default();
        let [one, other] = [RouterId(3), RouterId(1)];
        let address = VirtualAddress::new([192, 0, 2, 100].into(), 0);
        told.carry(address, one);
        told.carry(address, other);
        assert_eq!(told.others(one, &[address]), BTreeSet::from([other]));
        assert_eq!(told.release(address, one), Some(other));
        assert_eq!(
            told.release(address, one),
            Some(other),
            "it has none to give"
        );
        told.carry(address, one);
        assert_eq!(told.release(address, one), Some(other));
        assert_eq!(told.release(address, other), None);
        assert!(!told.is_carried(&address));
    }
}
