//! TCP (RFC 9293): as much as it takes to refuse a segment.

use super::checksum::{PseudoHeader, Sum};
use super::{ParseError, at_least, octet, octets, put, word};
use crate::wire::ipv4::PROTOCOL_TCP;

/// Octets of a header without options.
pub const HEADER_LEN: usize = 20;
/// Where the checksum is.
pub const CHECKSUM: usize = field::CHECKSUM;

/// Control bits.
pub mod flag {
    /// No more data from the sender.
    pub const FIN: u8 = 0x01;
    /// Synchronize sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// The acknowledgment number means something.
    pub const ACK: u8 = 0x10;
}

mod field {
    pub(super) const SOURCE: usize = 0;
    pub(super) const DESTINATION: usize = 2;
    pub(super) const SEQUENCE: usize = 4;
    pub(super) const ACKNOWLEDGMENT: usize = 8;
    pub(super) const DATA_OFFSET: usize = 12;
    pub(super) const FLAGS: usize = 13;
    pub(super) const WINDOW: usize = 14;
    pub(super) const CHECKSUM: usize = 16;
    pub(super) const URGENT: usize = 18;

    pub(super) const NO_OPTIONS: u8 = 0x50;
}

/// View of the fixed part of a header.
#[derive(Clone, Copy, Debug)]
pub struct Header<T>(T);

impl<T: AsRef<[u8]>> Header<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`HEADER_LEN`], [`ParseError::Length`] if it says that it is
    /// shorter than that.
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        let header = Self(at_least(buffer, HEADER_LEN)?);
        if header.header_len() < HEADER_LEN {
            return Err(ParseError::Length);
        }
        Ok(header)
    }

    /// Port of the sender.
    #[inline(always)]
    pub fn source(&self) -> u16 {
        word(self.0.as_ref(), field::SOURCE)
    }

    /// Port of the receiver.
    #[inline(always)]
    pub fn destination(&self) -> u16 {
        word(self.0.as_ref(), field::DESTINATION)
    }

    /// Sequence number.
    #[inline(always)]
    pub fn sequence(&self) -> u32 {
        u32::from_be_bytes(octets(self.0.as_ref(), field::SEQUENCE))
    }

    /// Acknowledgment number, which means something with [`flag::ACK`].
    #[inline(always)]
    pub fn acknowledgment(&self) -> u32 {
        u32::from_be_bytes(octets(self.0.as_ref(), field::ACKNOWLEDGMENT))
    }

    /// Octets of the header, options included: 20 to 60.
    #[inline(always)]
    pub fn header_len(&self) -> usize {
        usize::from(octet(self.0.as_ref(), field::DATA_OFFSET) >> 4) * 4
    }

    /// Bits of [`flag`].
    #[inline(always)]
    pub fn flags(&self) -> u8 {
        octet(self.0.as_ref(), field::FLAGS)
    }
}

/// Meaning of a segment without options and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// Port of the sender.
    pub source: u16,
    /// Port of the receiver.
    pub destination: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number.
    pub acknowledgment: u32,
    /// Bits of [`flag`].
    pub flags: u8,
}

impl Repr {
    /// The reset by which a host that knows of no connection answers `segment`, which is `len`
    /// octets long with its header (RFC 9293 section 3.10.7.1). `None` if it must not: a reset is
    /// not answered, nor a segment shorter than its header.
    #[must_use]
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "IPv4's payloads end below 2^16"
    )]
    pub fn reset_for<T: AsRef<[u8]>>(segment: &Header<T>, len: usize) -> Option<Self> {
        let flags = segment.flags();
        let data = len.checked_sub(segment.header_len())? as u32;
        if flags & flag::RST != 0 {
            return None;
        }
        let controls = u32::from(flags & flag::SYN != 0) + u32::from(flags & flag::FIN != 0);
        let (sequence, acknowledgment, flags) = if flags & flag::ACK != 0 {
            (segment.acknowledgment(), 0, flag::RST)
        } else {
            let next = segment.sequence().wrapping_add(data + controls);
            (0, next, flag::RST | flag::ACK)
        };
        Some(Self {
            source: segment.destination(),
            destination: segment.source(),
            sequence,
            acknowledgment,
            flags,
        })
    }

    /// Octets that [`Self::emit`] writes.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        HEADER_LEN
    }

    /// Writes the segment, with a window of 0, to the front of `buffer`, which has room for it.
    #[inline(always)]
    pub fn emit(&self, buffer: &mut [u8], pseudo: PseudoHeader) {
        put(buffer, field::SOURCE, self.source.to_be_bytes());
        put(buffer, field::DESTINATION, self.destination.to_be_bytes());
        put(buffer, field::SEQUENCE, self.sequence.to_be_bytes());
        put(
            buffer,
            field::ACKNOWLEDGMENT,
            self.acknowledgment.to_be_bytes(),
        );
        put(buffer, field::DATA_OFFSET, [field::NO_OPTIONS]);
        put(buffer, field::FLAGS, [self.flags]);
        put(buffer, field::WINDOW, [0; 2]);
        put(buffer, field::CHECKSUM, [0; 2]);
        put(buffer, field::URGENT, [0; 2]);
        let header = buffer.get(..HEADER_LEN).unwrap_or_default();
        let checksum = pseudo_sum(pseudo).octets(header).finish();
        put(buffer, field::CHECKSUM, checksum.to_be_bytes());
    }
}

/// What the checksum field holds while the checksum of a segment without options and data is left
/// to the network card: the sum of the pseudo-header.
#[must_use]
#[inline(always)]
pub fn open_checksum(pseudo: PseudoHeader) -> u16 {
    !pseudo_sum(pseudo).finish()
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "20 octets")]
fn pseudo_sum(pseudo: PseudoHeader) -> Sum {
    Sum::pseudo(pseudo, PROTOCOL_TCP, HEADER_LEN as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PSEUDO: PseudoHeader = PseudoHeader::Included {
        source: [192, 0, 2, 1],
        destination: [192, 0, 2, 100],
    };

    /// The reset for a segment from port 4000 to 80 with sequence number 2^32 - 1.
    fn reset(flags: u8, acknowledgment: u32, len: usize) -> Option<Repr> {
        let segment = Repr {
            source: 4000,
            destination: 80,
            sequence: u32::MAX,
            acknowledgment,
            flags,
        };
        let mut octets = [0; HEADER_LEN];
        segment.emit(&mut octets, PSEUDO);
        Repr::reset_for(&Header::new_checked(octets).ok()?, len)
    }

    #[test]
    fn without_an_acknowledgment_all_of_the_segment_is_acknowledged() {
        let expected = |acknowledgment| {
            Some(Repr {
                source: 80,
                destination: 4000,
                sequence: 0,
                acknowledgment,
                flags: flag::RST | flag::ACK,
            })
        };
        assert_eq!(reset(flag::SYN, 7, 20), expected(0));
        assert_eq!(reset(flag::SYN | flag::FIN, 7, 20), expected(1));
        assert_eq!(reset(0, 7, 30), expected(9));
    }

    #[test]
    fn with_one_the_reset_is_what_the_sender_expects_next() {
        let expected = Repr {
            source: 80,
            destination: 4000,
            sequence: 7,
            acknowledgment: 0,
            flags: flag::RST,
        };
        assert_eq!(reset(flag::ACK, 7, 30), Some(expected));
        assert_eq!(reset(flag::ACK | flag::SYN, 7, 20), Some(expected));
    }

    #[test]
    fn resets_and_what_contradicts_itself_are_not_answered() {
        assert_eq!(reset(flag::RST, 7, 20), None);
        assert_eq!(reset(flag::RST | flag::ACK, 7, 20), None);
        assert_eq!(reset(flag::SYN, 7, 19), None);
        assert!(Header::new_checked([0x4f; HEADER_LEN]).is_err());
    }

    #[test]
    fn a_card_that_sums_from_the_open_checksum_ends_at_the_closed_one() {
        let segment = Repr {
            source: 80,
            destination: 4000,
            sequence: 1,
            acknowledgment: 2,
            flags: flag::RST,
        };
        let mut closed = [0; HEADER_LEN];
        segment.emit(&mut closed, PSEUDO);
        let mut open = closed;
        put(&mut open, CHECKSUM, open_checksum(PSEUDO).to_be_bytes());
        let summed = Sum::default().octets(&open).finish();
        assert_eq!(summed, word(&closed, CHECKSUM));
        assert_eq!(pseudo_sum(PSEUDO).octets(&closed).finish(), 0);
    }
}
