//! Virtual addresses that somebody else takes off an interface.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::plan::CarriedAddress;
use super::routers::Routers;
use crate::datapath::VirtualAddress;
use crate::net::address::{AddressChange, Operation};
use crate::net::link::{Link, Links};
use crate::vrrp::RouterId;

/// What takes `strays` off the interfaces that they are on.
pub(super) fn removals(strays: &[VirtualAddress], links: &Links) -> Vec<AddressChange> {
    assigned(links)
        .filter(|(ifindex, address, _)| strays.iter().any(|stray| stray.is(*address, *ifindex)))
        .map(|(ifindex, address, prefix_len)| {
            AddressChange::plain(Operation::Remove, ifindex, address, prefix_len)
        })
        .collect()
}

/// Interface, address and length of the mask of every address there is.
fn assigned(links: &Links) -> impl Iterator<Item = (u32, IpAddr, u8)> {
    let on_link = |link: &Link| {
        let on_link = |(address, prefix_len)| (link.ifindex, address, prefix_len);
        link.every_address().map(on_link).collect::<Vec<_>>()
    };
    links.iter().flat_map(on_link)
}

/// Virtual addresses that were last seen on their interfaces.
#[derive(Debug, Default)]
pub(super) struct Presence(BTreeSet<(u32, IpAddr, u8)>);

impl Presence {
    /// Looks again. Returns the routers of which an address has gone since the last look, whoever
    /// has taken it off.
    pub(super) fn look(&mut self, routers: &Routers, links: &Links) -> Vec<RouterId> {
        let before = std::mem::replace(&mut self.0, assigned(links).collect());
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
