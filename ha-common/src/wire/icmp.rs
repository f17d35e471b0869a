//! ICMP (RFC 792): "port unreachable".

use super::checksum::Sum;
use super::put;

/// Octets of the header.
pub const HEADER_LEN: usize = 8;
/// Where the checksum is.
pub const CHECKSUM: usize = field::CHECKSUM;
/// Octets behind the IP header of a packet that are quoted.
pub const QUOTED_LEN: usize = 8;

mod field {
    pub(super) const TYPE_CODE: usize = 0;
    pub(super) const CHECKSUM: usize = 2;
    pub(super) const UNUSED: usize = 4;

    /// Type 3, code 3.
    pub(super) const PORT_UNREACHABLE: [u8; 2] = [3, 3];
}

/// The header of "port unreachable", which a quotation follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortUnreachable {
    checksum: u16,
}

impl PortUnreachable {
    /// The header in front of a quotation with this sum.
    #[must_use]
    #[inline(always)]
    pub const fn quoting(quotation: Sum) -> Self {
        let [a, b] = field::PORT_UNREACHABLE;
        Self {
            checksum: quotation.word([a, b, 0, 0]).finish(),
        }
    }

    /// The checksum.
    #[must_use]
    #[inline(always)]
    pub const fn checksum(&self) -> u16 {
        self.checksum
    }

    /// Octets that [`Self::emit`] writes: the header.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        HEADER_LEN
    }

    /// Writes the header to the front of `buffer`, which has room for it.
    #[inline(always)]
    pub fn emit(&self, buffer: &mut [u8]) {
        put(buffer, field::TYPE_CODE, field::PORT_UNREACHABLE);
        put(buffer, field::CHECKSUM, self.checksum.to_be_bytes());
        put(buffer, field::UNUSED, [0; 4]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_covers_the_quotation() {
        let mut message = [7; HEADER_LEN + 28];
        let (header, quotation) = message.split_at_mut(HEADER_LEN);
        PortUnreachable::quoting(Sum::default().octets(quotation)).emit(header);
        assert_eq!(message[..2], [3, 3]);
        assert_eq!(message[4..8], [0; 4]);
        assert_eq!(Sum::default().octets(&message).finish(), 0);
    }
}
