//! What the program tells the daemon at once.

use core::net::{IpAddr, Ipv6Addr};

use super::mapped;
use crate::time::Nanos;

/// What a [`Notice`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// An advert ended the ownership of the router in `slot`.
    Fenced,
    /// Someone else announced an address that the router in `slot` owns. At most one a second
    /// for each router, so that a flood leaves room in the ring for the other kind.
    Conflict,
}

/// An event that the program tells the daemon through the ring buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Notice {
    at: u64,
    slot: u32,
    kind: u32,
    address: [u8; 16],
}

impl Notice {
    /// `address` is the sender of the advert, or the address announced.
    #[must_use]
    #[inline(always)]
    pub const fn new(kind: NoticeKind, slot: u32, at: Nanos, address: IpAddr) -> Self {
        let kind = match kind {
            NoticeKind::Fenced => 1,
            NoticeKind::Conflict => 2,
        };
        Self {
            at: at.get(),
            slot,
            kind,
            address: mapped(address),
        }
    }

    /// Reads a notice as it stands in the ring; `None` if it is not one of this ABI.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
        let notice = Self {
            at: u64::from_ne_bytes(bytes.get(0..8)?.try_into().ok()?),
            slot: u32::from_ne_bytes(word(8)?),
            kind: u32::from_ne_bytes(word(12)?),
            address: bytes.get(16..32)?.try_into().ok()?,
        };
        notice.kind().map(|_| notice)
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> Option<NoticeKind> {
        match self.kind {
            1 => Some(NoticeKind::Fenced),
            2 => Some(NoticeKind::Conflict),
            _ => None,
        }
    }

    /// Which router.
    #[must_use]
    pub const fn slot(&self) -> u32 {
        self.slot
    }

    /// When the packet was seen.
    #[must_use]
    pub const fn at(&self) -> Nanos {
        Nanos::new(self.at)
    }

    /// Sender of the advert, or the address announced.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        Ipv6Addr::from_octets(self.address).to_canonical()
    }
}

const _: () = assert!(size_of::<Notice>() == 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_names_an_address_of_either_family() {
        for address in ["192.0.2.1", "2001:db8::1"] {
            let address: IpAddr = address.parse().expect("an address");
            let notice = Notice::new(NoticeKind::Conflict, 1, Nanos::new(2), address);
            assert_eq!(notice.address(), address);
        }
    }

    #[test]
    fn a_notice_of_unknown_kind_is_refused() {
        assert_eq!(Notice::from_bytes(&[0xff; 32]), None);
        assert_eq!(Notice::from_bytes(&[0; 7]), None);
    }
}
