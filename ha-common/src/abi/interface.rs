//! What the programs must know of an interface to answer there.

use super::INTERFACE_SLOTS;

/// Value of [`super::map::INTERFACES`]: an interface, its own hardware address, and whether it forwards
/// IPv6. Without one the programs take every frame for ours and answer nothing.
///
/// One word, so that it changes in one piece: the address, above it which of the interfaces that
/// share a slot it is of, and one bit for a router. Of two interfaces whose indices are a multiple of [`INTERFACE_SLOTS`]
/// apart, the one that was told of last has the slot; at the other one the kernel answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct InterfaceEntry(u64);

impl InterfaceEntry {
    /// The interface `ifindex` with the hardware address `mac`, which is a router to IPv6's hosts, or
    /// not.
    #[must_use]
    pub const fn new(ifindex: u32, mac: [u8; 6], is_router: bool) -> Self {
        let [a, b, c, d, e, f] = mac;
        let router = if is_router { ROUTER } else { 0 };
        let [high, low] = (sharer(ifindex) | router).to_be_bytes();
        Self(u64::from_be_bytes([high, low, a, b, c, d, e, f]))
    }

    /// Where the entry of `ifindex` is.
    #[must_use]
    #[inline(always)]
    pub const fn slot(ifindex: u32) -> u32 {
        ifindex % INTERFACE_SLOTS
    }

    /// The hardware address, if this is the entry of `ifindex`.
    #[must_use]
    #[inline(always)]
    pub const fn mac_of(self, ifindex: u32) -> Option<[u8; 6]> {
        let [high, low, mac @ ..] = self.0.to_be_bytes();
        if self.0 != 0 && u16::from_be_bytes([high, low]) & !ROUTER == sharer(ifindex) {
            Some(mac)
        } else {
            None
        }
    }

    /// Whether it forwards IPv6.
    #[must_use]
    #[inline(always)]
    pub const fn is_router(self) -> bool {
        let [high, low, ..] = self.0.to_be_bytes();
        u16::from_be_bytes([high, low]) & ROUTER != 0
    }
}

/// The bit of a router.
const ROUTER: u16 = 1 << 15;

/// Which of the interfaces that share a slot.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a host counts its interfaces to far below 2^27"
)]
const fn sharer(ifindex: u32) -> u16 {
    (ifindex / INTERFACE_SLOTS) as u16 & !ROUTER
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];

    #[test]
    fn an_entry_is_of_one_of_those_that_share_its_slot() {
        let (one, other) = (7, 7 + 3 * INTERFACE_SLOTS);
        assert_eq!(InterfaceEntry::slot(one), InterfaceEntry::slot(other));
        let entry = InterfaceEntry::new(other, MAC, false);
        assert_eq!(entry.mac_of(other), Some(MAC));
        let router = InterfaceEntry::new(other, MAC, true);
        assert_eq!(router.mac_of(other), Some(MAC));
        assert_eq!(router.mac_of(one), None);
        assert_eq!(
            [entry, router].map(InterfaceEntry::is_router),
            [false, true]
        );
        assert_eq!(entry.mac_of(one), None);
        assert_eq!(InterfaceEntry::default().mac_of(one), None);
    }
}
