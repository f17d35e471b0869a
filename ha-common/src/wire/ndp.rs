//! Neighbor Discovery (RFC 4861): the fixed part of messages about one address.

use super::{ParseError, at_least, octet, octets};

/// Octets of a message without its options.
pub const MESSAGE_LEN: usize = 24;

/// Neighbor Solicitation: who has the target address?
pub const SOLICITATION: u8 = 135;
/// Neighbor Advertisement: the target address is at the hardware address that is told.
pub const ADVERTISEMENT: u8 = 136;
/// Router Solicitation, the first kind of message.
const FIRST: u8 = 133;
/// Redirect, the last kind of message.
const LAST: u8 = 137;

mod field {
    pub(super) const TYPE: usize = 0;
    pub(super) const TARGET: usize = 8;
}

/// Whether neighbours learn from an ICMPv6 message of this type who sends it.
#[inline(always)]
#[must_use]
pub const fn is_discovery(kind: u8) -> bool {
    matches!(kind, FIRST..=LAST)
}

/// View of the fixed part of a solicitation or an advertisement.
///
/// ```text
/// | type (1) | code (1) | checksum (2) | flags, reserved (4) | target (16) | options ...
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Message<T>(T);

impl<T: AsRef<[u8]>> Message<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`MESSAGE_LEN`].
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        at_least(buffer, MESSAGE_LEN).map(Self)
    }

    /// Type of the message.
    #[inline(always)]
    pub fn kind(&self) -> u8 {
        octet(self.0.as_ref(), field::TYPE)
    }

    /// The address that it is about.
    #[inline(always)]
    pub fn target(&self) -> [u8; 16] {
        octets(self.0.as_ref(), field::TARGET)
    }
}
