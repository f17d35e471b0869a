//! Virtual addresses that somebody else takes off an interface.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::plan::CarriedAddress;
use super::routers::Routers;
use crate::net::address::{AddressChange, Operation};
use crate::net::link::{Address, Link, Links};
use crate::vrrp::RouterId;

/// What takes `strays` off the interfaces that they are on.
pub(super) fn removals(strays: &[Ipv4Addr], links: &Links) -> Vec<AddressChange> {
    let assigned = |link: &Link| {
        let ifindex = link.ifindex;
        let addresses = link.addresses.clone().into_iter();
        addresses.map(move |one| (ifindex, one))
    };
    links
        .iter()
        .flat_map(assigned)
        .filter(|(_, one)| strays.contains(&one.address))
        .map(|(ifindex, one)| {
            AddressChange::plain(Operation::Remove, ifindex, one.address, one.prefix_len)
        })
        .collect()
}

/// Virtual addresses that were last seen on their interfaces.
#[derive(Debug, Default)]
pub(super) struct Presence(BTreeSet<(u32, Ipv4Addr, u8)>);

impl Presence {
    /// Looks again. Returns the routers of which an address has gone since the last look, whoever
    /// has taken it off.
    pub(super) fn look(&mut self, routers: &Routers, links: &Links) -> Vec<RouterId> {
        let present = links.iter().flat_map(|link| {
            let on_link = |one: &Address| (link.ifindex, one.address, one.prefix_len);
            link.addresses.iter().map(on_link)
        });
        let before = std::mem::replace(&mut self.0, present.collect());
        let gone: BTreeSet<_> = before.difference(&self.0).collect();
        let has_lost = |carried: &CarriedAddress| {
            let address = &carried.address;
            gone.contains(&(carried.ifindex, address.address, address.prefix_len))
        };
        let losers = routers
            .iter()
            .filter(|(_, known)| known.plan.addresses.iter().any(has_lost));
        losers.map(|(router, _)| router).collect()
    }
}
