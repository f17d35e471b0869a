//! Ethernet II frames.

use super::{ParseError, at_least, octets, put, word};

/// Octets of the header.
pub const HEADER_LEN: usize = 14;
/// Octets of an address.
pub const ADDRESS_LEN: usize = 6;

/// Everyone on the link.
pub const BROADCAST: [u8; ADDRESS_LEN] = [0xff; ADDRESS_LEN];
/// Where 224.0.0.18, the group of VRRP routers, lives on Ethernet.
pub const VRRP_GROUP: [u8; ADDRESS_LEN] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12];
/// Where ff02::12, the group of VRRP routers of IPv6, lives on Ethernet (RFC 2464 section 7).
pub const VRRP_GROUP_IPV6: [u8; ADDRESS_LEN] = [0x33, 0x33, 0x00, 0x00, 0x00, 0x12];

/// EtherType of IPv4.
pub const TYPE_IPV4: u16 = 0x0800;
/// EtherType of ARP.
pub const TYPE_ARP: u16 = 0x0806;
/// EtherType of IPv6.
pub const TYPE_IPV6: u16 = 0x86dd;

mod field {
    pub(super) const DESTINATION: usize = 0;
    pub(super) const SOURCE: usize = 6;
    pub(super) const TYPE: usize = 12;
}

/// View of a frame, or of its header alone.
///
/// ```text
/// | destination (6) | source (6) | EtherType (2) | payload ...
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Frame<T>(T);

impl<T: AsRef<[u8]>> Frame<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`HEADER_LEN`].
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        at_least(buffer, HEADER_LEN).map(Self)
    }

    /// Whom the frame is for.
    #[inline(always)]
    pub fn destination(&self) -> [u8; ADDRESS_LEN] {
        octets(self.0.as_ref(), field::DESTINATION)
    }

    /// Who has sent it.
    #[inline(always)]
    pub fn source(&self) -> [u8; ADDRESS_LEN] {
        octets(self.0.as_ref(), field::SOURCE)
    }

    /// What the payload is.
    #[inline(always)]
    pub fn ethertype(&self) -> u16 {
        word(self.0.as_ref(), field::TYPE)
    }

    /// Everything behind the header, padding included.
    pub fn payload(&self) -> &[u8] {
        self.0.as_ref().get(HEADER_LEN..).unwrap_or_default()
    }
}

/// Writes the two addresses to the front of `buffer`, which has room for them. Whatever stands
/// between them and the payload (EtherType, VLAN tags) stays.
#[inline(always)]
pub fn emit_addresses(
    buffer: &mut [u8],
    destination: [u8; ADDRESS_LEN],
    source: [u8; ADDRESS_LEN],
) {
    put(buffer, field::DESTINATION, destination);
    put(buffer, field::SOURCE, source);
}

/// Meaning of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// Whom the frame is for.
    pub destination: [u8; ADDRESS_LEN],
    /// Who has sent it.
    pub source: [u8; ADDRESS_LEN],
    /// What the payload is.
    pub ethertype: u16,
}

impl Repr {
    /// Every header has a meaning.
    #[inline(always)]
    pub fn parse<T: AsRef<[u8]>>(frame: &Frame<T>) -> Self {
        Self {
            destination: frame.destination(),
            source: frame.source(),
            ethertype: frame.ethertype(),
        }
    }

    /// Octets that [`Self::emit`] writes.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        HEADER_LEN
    }

    /// Writes the header to the front of `buffer`, which has room for it.
    #[inline(always)]
    pub fn emit(&self, buffer: &mut [u8]) {
        emit_addresses(buffer, self.destination, self.source);
        put(buffer, field::TYPE, self.ethertype.to_be_bytes());
    }
}
