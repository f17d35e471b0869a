//! Neighbor Discovery (RFC 4861): messages about one address.

use super::checksum::Sum;
use super::{ParseError, at_least, ethernet, ipv6, octet, octets, put};

/// Octets of a message without its options.
pub const MESSAGE_LEN: usize = 24;
/// Octets of a message with a hardware address and no other option.
pub const ADDRESSED_LEN: usize = MESSAGE_LEN + 8;
/// Hop limit of all messages, proof that no router has forwarded them (RFC 4861 section 7.1).
pub const HOP_LIMIT: u8 = 255;

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
    pub(super) const CODE: usize = 1;
    pub(super) const CHECKSUM: usize = 2;
    pub(super) const FLAGS: usize = 4;
    pub(super) const TARGET: usize = 8;
    pub(super) const OPTION: usize = 24;
    pub(super) const MAC: usize = 26;

    /// Type and length, in units of eight octets, of the hardware address of who sends a message.
    pub(super) const SOURCE_MAC: [u8; 2] = [1, 1];
    /// The same of the target's.
    pub(super) const TARGET_MAC: [u8; 2] = [2, 1];
    pub(super) const ROUTER: u8 = 0x80;
    pub(super) const SOLICITED: u8 = 0x40;
    pub(super) const OVERRIDE: u8 = 0x20;
}

/// Whether neighbours learn from an ICMPv6 message of this type who sends it.
#[inline(always)]
#[must_use]
pub const fn is_discovery(kind: u8) -> bool {
    matches!(kind, FIRST..=LAST)
}

/// Whether an ICMPv6 message of this type is about one neighbour: a solicitation or an advertisement.
#[inline(always)]
#[must_use]
pub const fn is_about_one(kind: u8) -> bool {
    matches!(kind, SOLICITATION | ADVERTISEMENT)
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

    /// Code of the message, which has none but 0.
    #[inline(always)]
    pub fn code(&self) -> u8 {
        octet(self.0.as_ref(), field::CODE)
    }

    /// The address that it is about.
    #[inline(always)]
    pub fn target(&self) -> [u8; 16] {
        octets(self.0.as_ref(), field::TARGET)
    }
}

/// View of a solicitation that says where its sender is, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Solicitation<T>(T);

impl<T: AsRef<[u8]>> Solicitation<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`ADDRESSED_LEN`], [`ParseError::Type`] if it is none, or has
    /// another option than the sender's hardware address.
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        let message = Self(at_least(buffer, ADDRESSED_LEN)?);
        let buffer = message.0.as_ref();
        let is_solicitation = octet(buffer, field::TYPE) == SOLICITATION;
        if is_solicitation && octets(buffer, field::OPTION) == field::SOURCE_MAC {
            Ok(message)
        } else {
            Err(ParseError::Type)
        }
    }

    /// Hardware address of the sender.
    #[inline(always)]
    pub fn sender_mac(&self) -> [u8; ethernet::ADDRESS_LEN] {
        octets(self.0.as_ref(), field::MAC)
    }

    /// # Errors
    /// [`ParseError::Checksum`] if it is wrong behind a header with this [`pseudo`] sum.
    #[inline(always)]
    pub fn verify_checksum(&self, pseudo: Sum) -> Result<(), ParseError> {
        let message = self.0.as_ref().first_chunk::<ADDRESSED_LEN>();
        match message.map(|message| pseudo.octets(message).finish()) {
            Some(0) => Ok(()),
            _ => Err(ParseError::Checksum),
        }
    }
}

/// What the checksum of a message of [`ADDRESSED_LEN`] covers of the header in front of it.
#[inline(always)]
#[must_use]
pub fn pseudo(source: [u8; 16], destination: [u8; 16]) -> Sum {
    let len = ADDRESSED_LEN as u16;
    Sum::ipv6_pseudo(source, destination, ipv6::PROTOCOL_ICMPV6, len)
}

/// Meaning of an advertisement that answers a solicitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertisement {
    /// The address that was asked for.
    pub target: [u8; 16],
    /// Where it is.
    pub mac: [u8; ethernet::ADDRESS_LEN],
    /// Whoever is there forwards packets.
    pub is_router: bool,
}

impl Advertisement {
    /// Octets that [`Self::emit`] writes.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        ADDRESSED_LEN
    }

    /// Writes the advertisement to the front of `buffer`, which has room for it. Who hears it is to
    /// forget what it knew of the target before. The header in front of it has this [`pseudo`] sum.
    #[inline(always)]
    pub fn emit(&self, buffer: &mut [u8], pseudo: Sum) {
        let router = if self.is_router { field::ROUTER } else { 0 };
        let flags = router | field::SOLICITED | field::OVERRIDE;
        put(buffer, field::TYPE, [ADVERTISEMENT, 0, 0, 0]);
        put(buffer, field::FLAGS, [flags, 0, 0, 0]);
        put(buffer, field::TARGET, self.target);
        put(buffer, field::OPTION, field::TARGET_MAC);
        put(buffer, field::MAC, self.mac);
        if let Some(message) = buffer.first_chunk::<ADDRESSED_LEN>() {
            let checksum = pseudo.octets(message).finish();
            put(buffer, field::CHECKSUM, checksum.to_be_bytes());
        }
    }
}
