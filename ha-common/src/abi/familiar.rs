//! The advert that the daemon knows by heart.

use crate::wire::vrrp;

/// Sender and VRRP header of an advert: two valid adverts that agree in these say the same, for the
/// header has their priority, interval and number of addresses, and a checksum over all of it and
/// the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Familiar {
    /// Source address.
    pub source: [u8; 4],
    /// The header, as on the wire.
    pub header: [u8; vrrp::HEADER_LEN],
}

/// Tells a source address from no source.
const PRESENT: u64 = 1 << 32;

impl Familiar {
    /// Two words; the second of them is 0 for nothing.
    #[inline]
    pub(super) const fn pack(self) -> (u64, u64) {
        let source = u32::from_le_bytes(self.source) as u64;
        (u64::from_le_bytes(self.header), PRESENT | source)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the source is the lower half"
    )]
    #[inline]
    pub(super) const fn unpack(header: u64, source: u64) -> Option<Self> {
        if source & PRESENT == 0 {
            return None;
        }
        Some(Self {
            source: (source as u32).to_le_bytes(),
            header: header.to_le_bytes(),
        })
    }
}
