//! A virtual address as the data path tells it from others.

use std::net::{IpAddr, Ipv6Addr};

use ha_common::abi::{AddressEntry, Ipv6Key};
use ha_common::scoped;

use super::maps::{MapError, Maps};
use crate::vrrp::RouterId;

/// An address, and for one of a link its interface: there it is another one on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualAddress {
    address: IpAddr,
    scope: Option<u32>,
}

impl VirtualAddress {
    /// `address` on the interface `ifindex`.
    #[must_use]
    pub fn new(address: IpAddr, ifindex: u32) -> Self {
        let (address, scope) = scoped(address, ifindex);
        Self { address, scope }
    }

    /// Whether `address` on the interface `ifindex` is this one.
    #[must_use]
    pub fn is(&self, address: IpAddr, ifindex: u32) -> bool {
        *self == Self::new(address, ifindex)
    }

    fn key(&self, address: Ipv6Addr) -> Ipv6Key {
        Ipv6Key::new(address.octets(), self.scope.unwrap_or_default())
    }
}

impl Maps {
    pub(super) fn set_address(
        &mut self,
        address: VirtualAddress,
        router: RouterId,
    ) -> Result<(), MapError> {
        let entry = AddressEntry::new(router.0);
        match address.address {
            IpAddr::V4(ipv4) => self.addresses.insert(ipv4.octets(), entry),
            IpAddr::V6(ipv6) => self.ipv6_addresses.insert(address.key(ipv6), entry),
        }
    }

    pub(super) fn remove_address(&mut self, address: VirtualAddress) -> Result<(), MapError> {
        match address.address {
            IpAddr::V4(ipv4) => self.addresses.remove(ipv4.octets()),
            IpAddr::V6(ipv6) => self.ipv6_addresses.remove(address.key(ipv6)),
        }
    }

    pub(super) fn known_addresses(&self) -> Result<Vec<(VirtualAddress, RouterId)>, MapError> {
        let ipv4 = self.addresses.entries()?.into_iter();
        let ipv4 = ipv4.map(|(address, entry)| (VirtualAddress::new(address.into(), 0), entry));
        let ipv6 = self.ipv6_addresses.entries()?.into_iter();
        let ipv6 = ipv6.map(|(key, entry)| {
            let address = VirtualAddress::new(key.address().into(), key.scope());
            (address, entry)
        });
        let slots = ipv4.chain(ipv6);
        let known = slots.map(|(address, entry)| (address, RouterId(entry.slot())));
        Ok(known.collect())
    }
}
