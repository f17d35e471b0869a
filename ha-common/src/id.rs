//! Identifiers of RFC 9568: address family, VRID, Priority, Virtual Router MAC Address.

use core::fmt;
use core::net::IpAddr;

/// Protocol of a Virtual Router: one runs IPv4 or IPv6, never both (RFC 9568 section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// Octets of an address.
    #[must_use]
    #[inline(always)]
    pub const fn address_len(self) -> usize {
        match self {
            Self::Ipv4 => 4,
            Self::Ipv6 => 16,
        }
    }
}

impl From<IpAddr> for Family {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// What makes an address one: for one of a link its device as well, for there it is another one on each
/// (RFC 4291 section 2.5.6).
#[must_use]
pub fn scoped<D>(address: IpAddr, device: D) -> (IpAddr, Option<D>) {
    let is_of_link = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    (address, is_of_link.then_some(device))
}

/// Virtual Router Identifier, 1-255 (RFC 9568 section 5.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vrid(u8);

impl Vrid {
    /// The lowest identifier.
    pub const MIN: Self = Self(1);

    /// `None` for 0, which no Virtual Router may use.
    #[must_use]
    pub const fn new(id: u8) -> Option<Self> {
        if id == 0 { None } else { Some(Self(id)) }
    }

    /// The value on the wire.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Priority of a router in the election (RFC 9568 section 5.2.4): 255 owns the addresses, 0 leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u8);

impl Priority {
    /// The Active router has stopped participating.
    pub const LEAVING: Self = Self(0);
    /// The default of a router that does not own the addresses.
    pub const DEFAULT: Self = Self(100);
    /// The IPvX Address Owner.
    pub const OWNER: Self = Self(255);

    /// Any value on the wire is a priority.
    #[must_use]
    pub const fn new(value: u8) -> Self {
        Self(value)
    }

    /// The value on the wire.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Virtual Router MAC Address for IPv4, `00-00-5E-00-01-{VRID}` (RFC 9568 section 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualMac([u8; 6]);

impl VirtualMac {
    /// The address that stands for `vrid` on an IPv4 link.
    #[must_use]
    pub const fn ipv4(vrid: Vrid) -> Self {
        Self([0x00, 0x00, 0x5e, 0x00, 0x01, vrid.get()])
    }

    /// The six octets in transmission order.
    #[must_use]
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_virtual_router_has_vrid_zero() {
        assert_eq!(Vrid::new(0), None);
        assert_eq!(Vrid::new(255).map(Vrid::get), Some(255));
    }

    #[test]
    fn virtual_mac_ends_in_the_vrid() {
        let vrid = Vrid::new(51).expect("51 is a VRID");
        assert_eq!(VirtualMac::ipv4(vrid).octets(), [0, 0, 0x5e, 0, 1, 51]);
    }
}
